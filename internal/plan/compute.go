package plan

import (
	"cmp"
	"slices"
)

// Ask names the live datasets whose rows and columns Compute needs: those whose
// contents a reimport or an adoption would replace. The answers go into
// [Input.Details].
func Ask(in Input) []Question {
	in.Details = nil
	c := newComputer(in)
	c.compute()
	slices.SortFunc(c.questions, func(a, b Question) int { return cmp.Compare(a.Name, b.Name) })
	return slices.Compact(c.questions)
}

// Compute compares what is declared with what is there. Every declared dataset
// and connection yields one action, verb none included; what is ours and no
// longer declared yields one when it is pruned or forgotten, and a note
// otherwise.
func Compute(in Input) Plan {
	c := newComputer(in)
	c.compute()
	return c.plan
}

// A computer is one computation of a plan.
type computer struct {
	*index
	matched   map[string]match
	claimed   map[string]bool // ids of live datasets that belong to a declared one
	cleared   map[string]bool // ids of synchronizations and datasets that an action deletes or goes on with
	headIndex map[string]*liveDataset
	questions []Question
	plan      Plan
}

func newComputer(in Input) *computer {
	c := &computer{index: newIndex(in), claimed: map[string]bool{}, cleared: map[string]bool{}}
	c.matched = c.matches()
	for _, m := range c.matched {
		c.claimed[m.live.ID] = true
	}
	c.plan = Plan{
		Account: in.Account.URL,
		User:    in.Account.User,
		ReadAt:  in.Account.ReadAt,
		Slots:   max(1, in.Account.Limits.ImportSlots),
	}
	for _, m := range in.Desired {
		c.plan.Projects = append(c.plan.Projects, m.Project)
	}
	return c
}

func (c *computer) compute() {
	var actions []Action
	for _, m := range c.in.Desired {
		actions = append(actions, c.connections(m)...)
	}
	for _, w := range c.wants {
		actions = append(actions, c.dataset(w))
	}
	for _, m := range c.in.Desired {
		actions = append(actions, c.undeclared(m)...)
		actions = append(actions, c.abandonedImports(m, false)...)
		actions = append(actions, c.leftStaging(m, actions)...)
	}
	actions = c.selected(actions)
	c.guardConnections(actions)
	c.guardNames(actions)
	c.guardQuota(actions)
	c.guardNames(actions) // again: a renaming that has no room leaves its name taken
	c.guardMassDelete(actions)
	park(actions)
	c.guardUsedConnections(actions)
	c.noteWarnings(actions)
	c.noteLeftovers()
	order(actions, c.in.Options.PruneFirst)
	c.awaitDoomed(actions)
	c.settleReplaced()
	c.plan.Actions, c.plan.Quota, c.plan.Settled = actions, c.takes(actions), c.settled
}

// dataset decides what one declared dataset needs.
func (c *computer) dataset(w *wanted) Action {
	m := c.matched[w.d.Name]
	switch m.relation {
	case absent:
		return c.create(w)
	case ambiguous:
		a := c.action(w, m.live)
		a.Verb = Update
		return a.blocked(ConflictAmbiguous,
			quoted("datasets %q and %q may both be %q, by their markers or by renamed_from", m.live.Name, m.other.Name, w.d.Name),
			"remove the tags that begin \"cartosync:\" from the one that is not, or remove renamed_from")
	case staged:
		return c.resume(w, m)
	case foreign, renamedFrom:
		return c.takeOver(w, m)
	}
	return c.existing(w, m)
}

// selected keeps the actions that --target and --exclude leave, and the
// connections that those need.
func (c *computer) selected(actions []Action) []Action {
	o := c.in.Options
	if len(o.Targets) == 0 && len(o.Excludes) == 0 {
		return actions
	}
	needed := map[string]bool{}
	chosen := func(name string) bool {
		return (len(o.Targets) == 0 || slices.Contains(o.Targets, name)) && !slices.Contains(o.Excludes, name)
	}
	for _, w := range c.wants {
		if chosen(w.d.Name) && w.d.Source.Connector != nil {
			needed[w.project+" "+w.d.Source.Connector.Connection] = true
		}
	}
	return slices.DeleteFunc(actions, func(a Action) bool {
		if a.Kind == KindConnection {
			return !needed[a.Project+" "+a.Connection]
		}
		return !chosen(a.Dataset)
	})
}
