package fault

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kinds says of each kind what its value is and how it is read.
var kinds = []struct {
	kind  Kind
	value string // as it is written in a list of kinds
	read  func(r *Rule, value string) error
}{
	{Status, "=N", readStatus},
	{Empty, "=N", readStatus},
	{Limit, "[=DURATION]", optional(readWait)},
	{Redirect, "", nil},
	{Refuse, "", nil},
	{Lose, "[=N]", optional(readStatus)},
	{Reset, "[=BYTES]", optional(readBytes)},
	{Truncate, "[=BYTES]", optional(readBytes)},
	{Delay, "=DURATION", readWait},
	{Drip, "=DURATION", readWait},
	{Slots, "", nil},
	{Locked, "", nil},
	{View, "", nil},
	{Stuck, "=STATE[:DURATION]", readStuck},
	{Crash, "[=after]", optional(readAfter)},
	{Head, "=N", readStatus},
	{Source, "=N", readStatus},
	{Unnamed, "", nil},
	{Unregistered, "", nil},
	{Drift, "=add|drop|retype[:COLUMN]", readDrift},
}

// Kinds lists how each kind is written in a rule, with what follows it.
func Kinds() []string {
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = string(k.kind) + k.value
	}
	return list
}

// Parse reads KIND[=VALUE][@METHOD][/PATH][+SKIP][*TIMES][%PERCENT], such as "lose@POST/api/v1/imports*1" or "status=502".
func Parse(text string) (Rule, error) {
	r := Rule{}
	rest := text
	var err error
	for _, part := range []struct {
		mark string
		to   *int
	}{{"%", &r.Percent}, {"*", &r.Times}, {"+", &r.Skip}} {
		if err == nil {
			rest, err = cutNumber(rest, part.mark, part.to)
		}
	}
	if err == nil && r.Percent > 100 {
		err = fmt.Errorf("%d percent is more than all", r.Percent)
	}
	if err == nil {
		err = r.parseHead(rest)
	}
	if err != nil {
		return r, fmt.Errorf("fault %q: %w", text, err)
	}
	return r, nil
}

// parseHead reads all but the numbers at the end.
func (r *Rule) parseHead(text string) error {
	if i := strings.IndexByte(text, '/'); i >= 0 {
		text, r.Path = text[:i], text[i:]
	}
	text, r.Method, _ = strings.Cut(text, "@")
	if strings.Trim(r.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("the method %q must be in capitals", r.Method)
	}
	kind, value, valued := strings.Cut(text, "=")
	for _, k := range kinds {
		switch {
		case string(k.kind) != kind:
			continue
		case k.read == nil && valued:
			return fmt.Errorf("%s takes no value", kind)
		}
		r.Kind = k.kind
		if k.read == nil {
			return nil
		}
		return k.read(r, value)
	}
	return fmt.Errorf("unknown kind %q; kinds are %s", kind, strings.Join(Kinds(), ", "))
}

// cutNumber takes a number behind the last mark off the end of a text.
func cutNumber(text, mark string, to *int) (string, error) {
	i := strings.LastIndex(text, mark)
	if i < 0 {
		return text, nil
	}
	n, err := strconv.Atoi(text[i+1:])
	if err != nil || n < 0 {
		return "", fmt.Errorf("%q is no count", text[i+1:])
	}
	*to = n
	return text[:i], nil
}

// optional reads a value that may be left out.
func optional(read func(*Rule, string) error) func(*Rule, string) error {
	return func(r *Rule, value string) error {
		if value == "" {
			return nil
		}
		return read(r, value)
	}
}

func readStatus(r *Rule, value string) (err error) {
	if r.Status, err = strconv.Atoi(value); err != nil || r.Status < 400 || r.Status > 599 {
		return errors.New("the status must be between 400 and 599")
	}
	return nil
}

func readWait(r *Rule, value string) (err error) {
	if r.Wait, err = time.ParseDuration(value); err != nil || r.Wait < 0 {
		return errors.New("the delay must be a duration such as 2s")
	}
	return nil
}

func readBytes(r *Rule, value string) (err error) {
	if r.Bytes, err = strconv.Atoi(value); err != nil || r.Bytes <= 0 {
		return errors.New("the bytes must be a number above 0")
	}
	return nil
}

// states are those in which an import or a run can be stuck.
var states = []string{"pending", "uploading", "unpacking", "importing", "guessing", "stuck", "queued", "syncing"}

func readStuck(r *Rule, value string) error {
	state, wait, timed := strings.Cut(value, ":")
	if r.How = state; !slices.Contains(states, state) {
		return fmt.Errorf("the state must be one of %s", strings.Join(states, ", "))
	}
	if !timed {
		return nil
	}
	if err := readWait(r, wait); err != nil || r.Wait == 0 {
		return errors.New("the time must be a duration such as 30s; without it, it is for ever")
	}
	return nil
}

func readAfter(r *Rule, value string) error {
	if r.How = value; value != "after" {
		return errors.New(`a crash comes before anything changed, or "after"`)
	}
	return nil
}

func readDrift(r *Rule, value string) error {
	r.How, r.Column, _ = strings.Cut(value, ":")
	if !slices.Contains([]string{"add", "drop", "retype"}, r.How) {
		return errors.New("columns drift by add, drop or retype")
	}
	return nil
}

// String writes the rule as Parse reads it.
func (r Rule) String() string {
	var b strings.Builder
	b.WriteString(string(r.Kind))
	if value := r.value(); value != "" {
		b.WriteString("=" + value)
	}
	if r.Method != "" {
		b.WriteString("@" + r.Method)
	}
	b.WriteString(r.Path)
	for _, part := range []struct {
		mark string
		n    int
	}{{"+", r.Skip}, {"*", r.Times}, {"%", r.Percent}} {
		if part.n != 0 {
			fmt.Fprintf(&b, "%s%d", part.mark, part.n)
		}
	}
	return b.String()
}

func (r Rule) value() string {
	value := r.How
	switch {
	case r.Status != 0:
		value = strconv.Itoa(r.Status)
	case r.Bytes != 0:
		value = strconv.Itoa(r.Bytes)
	case r.Kind == Drift && r.Column != "":
		value += ":" + r.Column
	case r.Kind == Stuck && r.Wait != 0:
		value += ":" + r.Wait.String()
	case r.Kind != Stuck && r.Wait != 0 || r.Kind == Delay || r.Kind == Drip:
		value = r.Wait.String()
	}
	return value
}
