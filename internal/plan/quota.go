package plan

import (
	"slices"
)

// storageShare is how much of a file's size CARTO wants to be left of the
// storage quota before it imports the file, be it over an existing dataset.
// Source: CartoDB/cartodb, services/importer/lib/importer/runner.rb.
const storageShare = 0.3

// A Quota is what a plan takes of what the account may still hold.
type Quota struct {
	Datasets     int    `json:"datasets"`                // that it creates
	DatasetsLeft *int   `json:"datasets_left,omitempty"` // that fit before; nil = no limit
	Bytes        int64  `json:"bytes"`                   // of files that it imports, as far as their size is known
	BytesLeft    *int64 `json:"bytes_left,omitempty"`    // of storage; nil = not known
}

// guardQuota blocks what the account's number of datasets or its storage leaves
// no room for.
func (c *computer) guardQuota(actions []Action) {
	c.guardStorage(actions)
	c.guardDatasets(actions)
}

// takes says what the actions that are left take of what the account has room for.
func (c *computer) takes(actions []Action) Quota {
	l := c.in.Account.Limits
	q := Quota{DatasetsLeft: l.RemainingTables}
	if l.RemainingBytes >= 0 {
		q.BytesLeft = &l.RemainingBytes
	}
	for _, a := range actions {
		if a.Kind == KindDataset && a.Verb == Create {
			q.Datasets++
		}
		if sendsFile(a) {
			q.Bytes += a.After.Size
		}
	}
	return q
}

// sendsFile reports whether an action imports contents whose size is known.
func sendsFile(a Action) bool {
	return a.Kind == KindDataset && a.After != nil && (slices.Contains(a.Steps, StepOverwrite) || a.Verb == Create && slices.Contains(a.Steps, StepStage))
}

// needsRoom reports whether an action makes a dataset in passing.
func needsRoom(a Action) bool {
	return slices.ContainsFunc(a.Steps, func(s Step) bool { return s == StepAttach || s == StepRefresh || s == StepTry })
}

func (c *computer) guardStorage(actions []Action) {
	left := c.in.Account.Limits.RemainingBytes
	if left < 0 {
		return
	}
	for i, a := range actions {
		if sendsFile(a) && storageShare*float64(a.After.Size) > float64(left) {
			actions[i] = a.blocked(StorageQuota,
				quoted("%s are to be imported, and the account has %s of storage left (CARTO's error 8001)",
					Counted(a.After.Size, "byte"), Counted(left, "byte")),
				"delete datasets (--prune --prune-first frees those no longer declared), or ask CARTO for more storage")
		}
	}
}

// guardDatasets judges the number of datasets: those that are created, and after
// them those that an existing dataset needs in passing to get a synchronization.
func (c *computer) guardDatasets(actions []Action) {
	remaining := c.in.Account.Limits.RemainingTables
	if remaining == nil {
		return
	}
	room := *remaining
	if c.in.Options.PruneFirst {
		room += countVerb(actions, Delete)
	}
	var created, passing []int
	for i, a := range actions {
		switch {
		case a.Kind != KindDataset:
		case a.Verb == Create:
			created = append(created, i)
		case needsRoom(a):
			passing = append(passing, i)
		}
	}
	byName := func(i, j int) int { return compareNames(actions[i], actions[j]) }
	slices.SortFunc(created, byName)
	slices.SortFunc(passing, byName)
	for n, i := range append(created, passing...) {
		if min(n, len(created)) >= room {
			actions[i] = actions[i].blocked(DatasetQuota,
				quoted("the account has room for %s (CARTO's error 8002)", Counted(int64(max(0, *remaining)), "more dataset")),
				"delete datasets (--prune --prune-first frees those no longer declared), or ask CARTO for a higher quota")
		}
	}
}
