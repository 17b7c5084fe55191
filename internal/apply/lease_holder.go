package apply

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Holder says who holds a lease, to people and to other runs.
type Holder struct {
	User string `json:"user,omitempty"`
	Host string `json:"host,omitempty"`
	Run  string `json:"run,omitempty"` // in CI: where to read about the run
	process
	ID string `json:"id"` // of this run alone
}

// A process is one of this machine, told from another that has its number: from
// one that had it earlier by when it began, from those of other containers by
// their namespace, and of other machines by when they were started. What a
// system does not say is "".
type process struct {
	PID       int    `json:"pid"`
	Boot      string `json:"boot,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Began     string `json:"began,omitempty"`
}

// NewHolder is the holder for this run: the process adds itself.
func NewHolder(user, host, run string) Holder {
	return Holder{User: user, Host: host, Run: run, process: thisProcess(), ID: unique()}
}

// text is the holder as a lease's row has it.
func (h Holder) text() string {
	text, err := json.Marshal(h)
	if err != nil {
		panic(fmt.Sprintf("apply: a holder cannot be written: %v", err)) // it is texts and a number
	}
	return string(text)
}

// unique is a text that no other run has.
func unique() string { return strings.ToLower(rand.Text()) }

// parseHolder reads a row's holder; ok is false if it is not written as we do.
func parseHolder(text string) (h Holder, ok bool) {
	err := json.Unmarshal([]byte(text), &h)
	return h, err == nil && h.ID != ""
}

// describeHolder is who holds a lease, in words that stay short whatever the row
// says: it is the server's, and anybody with the account's key may write to it.
func describeHolder(text string) string {
	h, ok := parseHolder(text)
	if !ok {
		return cut(text)
	}
	who := cut(strings.Trim(h.User+"@"+h.Host, "@"))
	if who == "" {
		who = "somebody"
	}
	if h.PID > 0 {
		who += fmt.Sprintf(" (process %d)", h.PID)
	}
	if h.Run != "" {
		who += ", " + cut(h.Run)
	}
	return who
}

// cut shortens a text to what fits into a message.
func cut(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// gone reports whether the holder is a process of this machine that has ended.
// It is false whenever that cannot be told for sure: then the lease has to stand
// still for as long as anybody's.
func (h Holder) gone(here Holder) bool {
	known := h.Boot != "" && h.Namespace != "" && h.Began != "" && h.PID > 0
	return known && h.Host == here.Host && h.Boot == here.Boot && h.Namespace == here.Namespace && h.process.ended()
}
