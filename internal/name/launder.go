package name

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A ColumnError says that CARTO's importer fails because of a column's name.
type ColumnError struct {
	Code    int    // CARTO's import error code; 99999 where the job ends without one
	Column  string // as it stands in the file
	Problem string
}

func (e *ColumnError) Error() string {
	return fmt.Sprintf("column %q: %s (import error %d); rename the column in the file", e.Column, e.Problem, e.Code)
}

// Launder gives the column names that the converter (GDAL's ogr2ogr, of which
// 3.6 was measured) creates for the headers of a file: spaces around a header
// are cut, an empty one becomes field_N, ASCII letters become lower case,
// "-", "#" and "'" become "_", a name that is there already gets 2, 3, ...
// appended, and PostgreSQL cuts at 63 bytes. The error is a [*ColumnError]:
// 2005 when two columns still have one name, 2001 for PostgreSQL's own column
// names.
func Launder(headers []string) ([]string, error) {
	trimmed := make([]string, len(headers))
	inFile := make(map[string]bool, len(headers))
	for i, h := range headers {
		h = strings.Trim(h, " ")
		if h == "" {
			h = "field_" + strconv.Itoa(i+1)
		}
		trimmed[i] = h
		inFile[asciiLower(h)] = true
	}
	created := make(map[string]bool, len(headers)) // as the converter remembers them, uncut
	exists := make(map[string]bool, len(headers))  // as PostgreSQL sees them
	names := make([]string, len(headers))
	for i, h := range trimmed {
		long := launder(unlikeOthers(h, created, inFile))
		short := cut(long)
		switch {
		case systemColumns[short]:
			return nil, &ColumnError{2001, headers[i], "PostgreSQL keeps this name for itself"}
		case exists[short]:
			return nil, &ColumnError{2005, headers[i], "another column gets the same name"}
		}
		created[long], exists[short] = true, true
		names[i] = short
	}
	return names, nil
}

// unlikeOthers appends a number to a header when the columns created so far have
// its name. The header is compared as it stands in the file, the columns as they
// were laundered: that is why "a_b,a-b" ends in error 2005 and "a-b,a_b" does not.
func unlikeOthers(header string, created, inFile map[string]bool) string {
	if !created[asciiLower(header)] {
		return header
	}
	for n := 2; ; n++ {
		numbered := header + strconv.Itoa(n)
		key := asciiLower(numbered)
		if !created[key] && !inFile[key] {
			return numbered
		}
	}
}

func launder(header string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '#' || r == '\'' {
			return '_'
		}
		return r
	}, asciiLower(header))
	if name == "oid" {
		return "oid_"
	}
	return name
}

// cut shortens a name to 63 bytes without cutting a character in two.
func cut(name string) string {
	if len(name) <= MaxLength {
		return name
	}
	end := MaxLength
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
