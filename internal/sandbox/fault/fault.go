// Package fault makes a sandbox fail on demand, as networks, proxies and servers fail: answers are lost, replaced by the
// error page of a proxy, or late; imports get stuck, workers die, sources change their columns.
//
// It promises that a fault hits just the requests that its rule names, in the order in which rules were added, no more
// often than the rule says, and the same ones again for the same seed. What can be done to any handler it does itself, in
// Wrap; of the rest it keeps the rules, and the account asks for them with Take.
package fault

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Kind is what goes wrong.
type Kind string

// Faults of the network and of what stands in front of an account; Wrap carries them out.
const (
	Status   Kind = "status"   // a proxy answers with Status and an HTML page; the account never sees the request
	Empty    Kind = "empty"    // as Status, but with no body, as the account itself refuses a key
	Limit    Kind = "limit"    // 429: with Wait that of the SQL API, which says when to come again, else a proxy's
	Redirect Kind = "redirect" // 301 to the same address under https, as of an install that demands it
	Refuse   Kind = "refuse"   // the connection is cut before the account sees the request
	Lose     Kind = "lose"     // the account carries the request out; the connection is cut, or a page of Status answers
	Reset    Kind = "reset"    // the answer is cut off after Bytes, half of it if 0, and the connection with it
	Truncate Kind = "truncate" // the answer ends after Bytes, half of it if 0, as if that were all
	Delay    Kind = "delay"    // the request waits for Wait first
	Drip     Kind = "drip"     // the answer comes in small pieces, for Wait
)

// Faults of the account itself and of what it imports from; it asks for them with Take.
const (
	Slots        Kind = "slots"        // no import slot is free
	Locked       Kind = "locked"       // a dataset cannot be dropped because somebody reads it just now
	View         Kind = "view"         // a dataset cannot be dropped or replaced because a view reads it
	Stuck        Kind = "stuck"        // an import or a run stays in the state How, for Wait of the account's time or for ever
	Crash        Kind = "crash"        // the worker of an import or a run dies: before anything changed, or after it if How is "after"
	Head         Kind = "head"         // a source answers HEAD with Status
	Source       Kind = "source"       // a source answers GET with Status
	Unnamed      Kind = "unnamed"      // nothing names the file behind a URL, so that it gets a random name
	Unregistered Kind = "unregistered" // a table is loaded and cannot become a dataset
	Drift        Kind = "drift"        // the columns of a source have changed: How is add, drop or retype, Column says which
)

// A Rule says which requests a fault hits.
type Rule struct {
	Kind   Kind
	Status int
	Wait   time.Duration
	Bytes  int
	How    string
	Column string

	Method  string // "" is any
	Path    string // the request's path, without user prefix, begins with it; "" is any
	Skip    int    // how many requests pass first
	Times   int    // how many requests are hit then; 0 is all
	Percent int    // how many of a hundred are hit, drawn at random; 0 is all
}

// fits tells whether a rule is about such a request.
func (r Rule) fits(method, path string) bool {
	return (r.Method == "" || r.Method == method) && strings.HasPrefix(path, r.Path)
}

// A Count is a rule and what became of it.
type Count struct {
	Rule
	Seen int // requests that it is about
	Hits int // those that it hit
}

// spent tells whether a rule has hit as often as it may.
func (c *Count) spent() bool { return c.Times > 0 && c.Hits == c.Times }

// A Set is the faults of one sandbox. The zero value has none and the seed 0; it is safe for concurrent use.
type Set struct {
	mu     sync.Mutex
	counts []*Count
	random *rand.Rand
}

// Seed makes what is drawn at random repeatable.
func (s *Set) Seed(seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.random = newRandom(seed)
}

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// Add puts a rule behind the others.
func (s *Set) Add(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts = append(s.counts, &Count{Rule: r})
}

// Clear removes all rules.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts = nil
}

// Counts lists all rules in their order, those too that have hit as often as they may.
func (s *Set) Counts() []Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Count, len(s.counts))
	for i, c := range s.counts {
		all[i] = *c
	}
	return all
}

// Take finds the first rule of one of the kinds that hits a request, and counts it.
func (s *Set) Take(method, path string, kinds ...Kind) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.counts {
		if c.spent() || !c.fits(method, path) || !slices.Contains(kinds, c.Kind) {
			continue
		}
		if c.Seen++; c.Seen > c.Skip && s.drawn(c.Percent) {
			c.Hits++
			return c.Rule, true
		}
	}
	return Rule{}, false
}

func (s *Set) drawn(percent int) bool {
	return percent == 0 || s.source().IntN(100) < percent
}

func (s *Set) source() *rand.Rand {
	if s.random == nil {
		s.random = newRandom(0)
	}
	return s.random
}

// Bytes are n bytes drawn at random.
func (s *Set) Bytes(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.source().UintN(256))
	}
	return b
}
