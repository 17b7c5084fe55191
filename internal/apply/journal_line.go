package apply

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/cartosync/cartosync/internal/plan"
)

const (
	journalFormat  = "cartosync journal"
	journalVersion = 1

	maxJournal = 8 << 20  // bytes: ten thousand imports are less
	maxLine    = 64 << 10 // bytes: longer ones leave the names of columns out
)

// A header is the first line.
type header struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Account  string `json:"account"`
	Project  string `json:"project"`
	Embedded bool   `json:"embedded,omitempty"`
}

// A line is any other. All but the first kind name a request by its id alone.
type line struct {
	Event string `json:"event"`
	plan.Pending
	Unsound bool `json:"unsound,omitempty"`
}

const (
	eventBegin = "begin"
	eventMade  = "made"
	eventDone  = "done"
)

// A journalState is what the lines of a file come to.
type journalState struct {
	open    map[string]plan.Pending
	order   []string
	lines   int
	damaged int // lines
}

var (
	// errReplaceable is part of errors on a file that may be thrown away.
	errReplaceable = errors.New("it is begun anew")

	crcTable = crc32.MakeTable(crc32.Castagnoli)
)

// encode is a line as it stands in the file: a checksum, and JSON.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(text, crcTable), text), nil
}

// decode reads a line without its end. It reports whether the line is whole and
// one of ours.
func decode(text []byte, v any) bool {
	sum, rest, found := bytes.Cut(text, []byte{' '})
	n, err := strconv.ParseUint(string(sum), 16, 32)
	return found && err == nil && len(sum) == 8 && uint32(n) == crc32.Checksum(rest, crcTable) && json.Unmarshal(rest, v) == nil
}

// encodeLine leaves out of a line what only makes a check more thorough, if it
// would be long.
func encodeLine(l line) ([]byte, error) {
	text, err := encode(l)
	if err == nil && len(text) > maxLine && l.Expect != nil {
		short := *l.Expect
		short.Columns = nil
		l.Expect = &short
		text, err = encode(l)
	}
	return text, err
}

// check says what is wrong with the first line of a file.
func (h header) check(first []byte) error {
	var have header
	switch {
	case !decode(first, &have) || have.Format != journalFormat:
		return fmt.Errorf("it is no journal: %w", errReplaceable)
	case have.Version != journalVersion:
		return fmt.Errorf("it is of version %d and this program knows version %d; run the other program, or delete the file", have.Version, journalVersion)
	case have != h:
		return fmt.Errorf("it is that of project %q in the account %q; delete the file", have.Project, have.Account)
	}
	return nil
}

// parse reads a whole file. A last line that was cut off, as by the end of a
// process, is none; other lines that are damaged are left out, and the error says
// so beside what the rest comes to.
func (h header) parse(text []byte) (journalState, error) {
	s := journalState{open: map[string]plan.Pending{}}
	first, rest, whole := bytes.Cut(text, []byte{'\n'})
	if !whole && len(text) < maxLine { // empty, or cut off at its birth
		return s, nil
	}
	if err := h.check(first); err != nil {
		return s, err
	}
	for len(rest) > 0 {
		var one []byte
		one, rest, whole = bytes.Cut(rest, []byte{'\n'})
		var l line
		switch {
		case !whole: // cut off
		case decode(one, &l):
			s.take(l)
			s.lines++
		default:
			s.damaged++
		}
	}
	return s, nil
}
