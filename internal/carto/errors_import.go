package carto

import (
	"strconv"
	"strings"
)

// An ImportError is an import job that failed.
type ImportError struct {
	Import Import
}

// Code is CARTO's error code; 0 where it gave none.
func (e *ImportError) Code() int { return e.Import.Code }

// Explanation says what the code means. A job without a code has the meaning of
// CARTO's own catch-all.
func (e *ImportError) Explanation() Explanation {
	if e.Import.Code == 0 {
		return Explanation{
			Meaning: "the import failed without a reason", Remedy: "try again, and check the source if it stays",
			Class: ClassRetry, Vague: true,
		}
	}
	return Explain(e.Import.Code)
}

// Error is "CODE MEANING: WHAT THE SERVER SAYS; REMEDY", where the middle is
// left out unless it adds something. The caller says which dataset it was.
func (e *ImportError) Error() string {
	x := e.Explanation()
	var b strings.Builder
	if x.Code != 0 {
		b.WriteString(strconv.Itoa(x.Code) + " ")
	}
	b.WriteString(x.Meaning)
	if e.Import.SourceStatus != 0 {
		b.WriteString(" (the source answered " + strconv.Itoa(e.Import.SourceStatus) + ")")
	}
	if said := e.said(); x.Vague && said != "" {
		b.WriteString(": " + said)
	}
	b.WriteString("; " + x.Remedy)
	return b.String()
}

// said is the server's own text.
func (e *ImportError) said() string {
	if e.Import.ErrorText != "" {
		return strings.TrimRight(e.Import.ErrorText, ". ")
	}
	return strings.TrimRight(e.Import.ErrorTitle, ". ")
}

// Temporary reports whether the same import may succeed later.
func (e *ImportError) Temporary() bool { return e.Explanation().Class == ClassRetry }
