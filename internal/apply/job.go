package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
)

// A job is one action under way, with what it has learnt of the live objects.
type job struct {
	*run
	entry
	a      plan.Action
	result *Result

	live carto.Dataset          // the dataset, as last read or answered
	sync *carto.Synchronization // its synchronization, if the action deals with one

	due time.Time // what the synchronization's next run was set to when it was attached

	acted bool // a step has changed something
	slot  bool // an import slot is held

	begun []string // what the journal knows the job's own requests by
	kept  []string // what of earlier runs is left to the next one
	sent  *upload  // what was sent last

	fetched *data.Look // at what a URL gave, which the plan has not seen
}

// A step is one part of an action: look says whether it is done already, do
// does it and verifies the result. A step without a look is simply done again.
type step struct {
	look func(context.Context) (done bool, err error)
	do   func(context.Context) error
}

// carryOut checks that the live objects are as the plan saw them, and takes the
// steps. It returns the step that failed, "" for the check.
func (j *job) carryOut(ctx context.Context) (plan.Step, error) {
	if err := j.unmoved(ctx); err != nil {
		return "", err
	}
	steps := j.steps()
	for _, name := range j.a.Steps {
		s, ok := steps[name]
		if !ok {
			panic(fmt.Sprintf("apply: the plan has a step %q that nobody knows", name))
		}
		if lasting(name) && stopping(ctx) {
			return name, errStopped
		}
		if lost := j.Lease.Lost(); (lasting(name) || deleting(name)) && lost != nil {
			return name, lost
		}
		j.event(name, "begun", "")
		if s.look != nil {
			done, err := s.look(ctx)
			if err != nil {
				return name, err
			}
			if done {
				continue
			}
		}
		if err := s.do(ctx); err != nil {
			return name, err
		}
		j.acted = true
	}
	return "", nil
}

// steps says how each step of a plan is taken.
func (j *job) steps() map[plan.Step]step {
	return map[plan.Step]step{
		plan.StepCreateConnection: {j.connectionThere, j.createConnection},
		plan.StepUpdateConnection: {nil, j.updateConnection},
		plan.StepDeleteConnection: {nil, j.deleteConnection},

		plan.StepAwait:     {nil, j.awaitImports},
		plan.StepStage:     {j.stagedBefore, j.stage},
		plan.StepTry:       {nil, j.try},
		plan.StepAlter:     {nil, j.alter},
		plan.StepPublish:   {j.published, j.publish},
		plan.StepOverwrite: {j.overwrittenBefore, j.overwrite},
		plan.StepPark:      {j.parked, j.refuseUnparked},
		plan.StepRename:    {j.named, j.rename},
		plan.StepMetadata:  {nil, j.writeMetadata},
		plan.StepRestrict:  {j.asPrivate, j.setPrivacy},
		plan.StepPrivacy:   {j.asPrivate, j.setPrivacy},
		plan.StepShare:     {nil, j.share},
		plan.StepDelete:    {nil, j.deleteDataset},

		plan.StepAttach:   {j.attached, j.attach},
		plan.StepRefresh:  {nil, j.refresh},
		plan.StepDetach:   {nil, j.detach},
		plan.StepRelease:  {nil, j.release},
		plan.StepClear:    {nil, j.clearSurplus},
		plan.StepSyncName: {nil, j.nameSync},
		plan.StepSync:     {nil, j.updateSync},
		plan.StepRevive:   {nil, j.revive},
		plan.StepForce:    {nil, j.force},

		plan.StepDeleteSync: {nil, j.deleteStray},

		plan.StepDeleteStaging: {nil, j.deleteStaging},
	}
}

// event reports progress.
func (j *job) event(s plan.Step, state, detail string) {
	j.emit(Event{Step: s, State: state, Detail: detail})
}

func (j *job) emit(e Event) {
	if j.Options.Progress == nil {
		return
	}
	e.At, e.Action, e.Slot = time.Now(), j.a, j.slot
	j.Options.Progress(e)
}

// note adds something that a reader of the report should know.
func (j *job) note(format string, args ...any) {
	j.result.Notes = append(j.result.Notes, fmt.Sprintf(format, args...))
}

// cleared notes that something was deleted that an earlier run had left.
func (j *job) cleared(format string, args ...any) {
	j.result.Cleared = append(j.result.Cleared, fmt.Sprintf(format, args...))
}

// changed returns the value that a change of the plan gives to a field.
func (j *job) changed(field string) (any, bool) {
	for _, ch := range j.a.Changes {
		if ch.Field == field {
			return ch.After, true
		}
	}
	return nil, false
}

// look is what is known of the source's contents: of a file from the plan, of a
// URL once it was fetched.
func (j *job) look() (data.Look, bool) {
	if j.fetched != nil {
		return *j.fetched, true
	}
	look, ok := j.Looks[j.dataset.Name]
	return look, ok && look.Recognised && !look.Opaque && look.Fault == nil
}
