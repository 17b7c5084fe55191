package conformance

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var (
	accountURL = flag.String("account", "", "base `URL` of the account to ask, whose master key is in CARTO_API_KEY; an embedded sandbox by default")
	adminURL   = flag.String("admin", "", "`URL` of the admin route, if the account is a sandbox that offers one")
	sourceURL  = flag.String("source-url", "", "`URL` of a CSV file that the account can fetch")
	invade     = flag.Bool("invasive", false, "ask also what may disturb jobs of the account that are not the test's own")
)

// A check proves one fact about an account.
type check struct {
	section string // the fact's number in docs/what-carto-does.md
	name    string // what the subtest is called
	fact    string // the fact's first sentence there
	needs   needs
	run     func(*probe)
}

// A topic is the checks of one file.
type topic struct {
	name   string
	checks []check
}

func topics() []topic {
	return []topic{
		{"transport", transportChecks()},
		{"imports", slices.Concat(importChecks(), collisionChecks(), queryImportChecks())},
		{"names", nameChecks()},
		{"synchronizations", needing(scheduled, synchronizationChecks(), scheduleChecks())},
		{"datasets", slices.Concat(listChecks(), datasetChecks(), permissionChecks())},
		{"users", userChecks()},
		{"sql", sqlChecks()},
		{"codes", codeChecks()},
		{"connectors", needing(connecting, connectorChecks())},
		{"columns", slices.Concat(columnChecks(), formatChecks())},
	}
}

// needing joins checks that have a need in common.
func needing(n needs, lists ...[]check) []check {
	all := slices.Concat(lists...)
	for i := range all {
		all[i].needs |= n
	}
	return all
}

// needs are what a check cannot do without, besides the account.
type needs uint

const (
	source     needs = 1 << iota // the URL of a CSV file that the account can fetch
	ownSource                    // a web server of the test's own that the account can reach
	admin                        // time and faults in our hands
	invasive                     // leave to disturb jobs that are not the test's own
	members                      // an organization with another member
	warehouse                    // a connector's provider whose tables are known
	smallLimit                   // limits that a test can exceed
	private                      // the right to private datasets
	scheduled                    // the right to synchronizations
	connecting                   // the right to connectors
)

// missing says why the account cannot be asked what needs n, nothing if it can.
func (a *account) missing(n needs) string {
	var why []string
	for _, need := range []struct {
		need needs
		have bool
		why  string
	}{
		{source, a.csvURL != "" || a.web != nil, "the account can fetch no source of ours; name one with -source-url"},
		{ownSource, a.web != nil, "the account is not on this machine, so it cannot fetch from a server of the test's own"},
		{admin, a.admin != "", "time and faults are not in our hands; a sandbox offers them at its admin route"},
		{invasive, a.invade, "it may disturb jobs that are not the test's own; allow it with -invasive"},
		{members, a.member != "", "the account has no organization with another member"},
		{private, a.may["private_tables"], "the account may have no private datasets"},
		{scheduled, a.may["sync_tables"], "the account may have no synchronizations"},
		{connecting, a.may["connectors"], "the account may use no connectors"},
		{warehouse, a.provider != "", "no provider of connectors is known to hold tables"},
		{smallLimit, a.fileLimit > 0 && a.fileLimit <= 4<<20, "the account's limits are too wide to be exceeded by a test"},
	} {
		if n&need.need != 0 && !need.have {
			why = append(why, need.why)
		}
	}
	return strings.Join(why, "; ")
}

func TestConformance(t *testing.T) {
	a := connect(t)
	before := a.inventory(t)
	for _, topic := range topics() {
		t.Run(topic.name, func(t *testing.T) {
			for _, c := range topic.checks {
				t.Run(c.section+" "+c.name, func(t *testing.T) { a.prove(t, c) })
			}
		})
	}
	a.leaveNothing(t)
	if after := a.inventory(t); *accountURL == "" && !slices.Equal(before, after) {
		t.Errorf("the account is not as it was before\nbefore: %v\nafter:  %v", before, after)
	}
}

// prove runs a check, and quotes its fact if it fails.
func (a *account) prove(t *testing.T, c check) {
	if why := a.missing(c.needs); why != "" {
		t.Skip(why)
	}
	a.count++
	p := &probe{T: t, account: a, prefix: fmt.Sprintf("%s_%d_", a.token, a.count)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what an account promises, %s: %s", c.section, c.fact)
		}
	})
	c.run(p)
}

// connect is the account that the flags name, else the embedded sandbox.
func connect(t *testing.T) *account {
	t.Helper()
	if *accountURL == "" {
		a, _ := embedded(t)
		inhabit(t, a)
		return a
	}
	key := os.Getenv("CARTO_API_KEY")
	if key == "" {
		t.Fatal("-account needs the account's master key in CARTO_API_KEY")
	}
	a := newAccount(t, *accountURL, key)
	a.csvURL, a.invade = *sourceURL, *invade
	a.admin = strings.TrimRight(*adminURL, "/") // such as http://127.0.0.1:8080/_sandbox
	return a
}
