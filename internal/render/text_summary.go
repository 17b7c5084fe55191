package render

import (
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

// summary counts the verbs; an action that does two things counts for both.
func (t *text) summary(p plan.Plan) {
	var parts []string
	ever, some := summed(p)
	for _, v := range ever {
		parts = append(parts, fmt.Sprintf("%s to %s", count(int64(p.Count(v))), v))
	}
	for _, v := range some {
		if n := p.Count(v); n > 0 {
			parts = append(parts, fmt.Sprintf("%s to %s", count(int64(n)), v))
		}
	}
	if n := p.Count(plan.Blocked); n > 0 {
		parts = append(parts, count(int64(n))+" blocked")
	}
	t.line(0, span{strong, "Plan: " + strings.Join(parts, ", ") + "."})
	t.dangers(p)
	t.quota(p.Quota)
	if t.verbose {
		t.asDeclared(p)
	}
}

// dangers counts the steps that cannot be taken back.
func (t *text) dangers(p plan.Plan) {
	published := int64(p.Publishing())
	var datasets, connections, synchronizations, lossy int64
	for _, a := range p.Actions {
		switch {
		case !a.Destroys || a.Verb == plan.Blocked:
		case !a.Does(plan.Delete):
			lossy++
		case a.Kind == plan.KindConnection:
			connections++
		case a.Kind == plan.KindSynchronization:
			synchronizations++
		default:
			datasets++
		}
	}
	for _, d := range []struct {
		n               int64
		noun, one, many string
	}{
		{published, "dataset", "becomes more public", "become more public"},
		{datasets, "dataset", "is deleted", "are deleted"},
		{lossy, "dataset", "loses data for good", "lose data for good"},
		{connections, "connection", "is deleted", "are deleted"},
		{synchronizations, "synchronization", "is deleted", "are deleted"},
	} {
		switch {
		case d.n == 1:
			t.line(0, span{alarm, "1 " + d.noun + " " + d.one + "."})
		case d.n > 1:
			t.line(0, span{alarm, plural(d.n, d.noun) + " " + d.many + "."})
		}
	}
}

// quota says what the plan takes of what the account may still hold, if that is
// half of it or if everything is to be said.
func (t *text) quota(q plan.Quota) {
	if left := q.DatasetsLeft; left != nil && (t.verbose || q.Datasets > 0 && 2*q.Datasets >= *left) {
		t.line(0, span{plain, "Of " + plural(int64(*left), "dataset") + " that the account has room for, the plan takes " + count(int64(q.Datasets)) + "."})
	}
	if left := q.BytesLeft; left != nil && (t.verbose || q.Bytes > 0 && 2*q.Bytes >= *left) {
		t.line(0, span{plain, "Of " + size(*left) + " of storage left, the plan imports files of " + size(q.Bytes) + "."})
	}
}
