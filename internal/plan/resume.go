package plan

// resume plans the rest of a creation that an earlier run began: its contents
// are in the account under a temporary name.
func (c *computer) resume(w *wanted, m match) Action {
	a := c.action(w, m.live)
	a.Verb = Resume
	a.because(StagingFound, "an earlier run imported it as %q and did not publish it", m.live.Name)
	a.Staging = m.live.Name
	c.goOn(&a, w)
	c.declareAll(&a, w)
	compareMetadata(&a, w, m.live)
	a.take(importSteps(w)...)
	c.newPublication(&a, w, m.live.Privacy)
	if m.sync != nil { // begun from a manifest that may have changed since
		a.Seen.Synchronization = m.sync
	}
	if m.sync != nil && w.d.Sync != nil {
		c.health(&a, w, *m.sync)
		if c.compareRuns(&a, w, *m.sync) {
			a.take(StepSync)
		}
	}
	return c.canCreate(a.finished(), w)
}
