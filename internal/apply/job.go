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

	fetched *data.Look // at what a URL gave, which the plan has not seen
}

// A step is one part of an action. Each may be nil: a step that cannot tell
// whether it is done is simply done again.
type step struct {
	look   func(context.Context) (done bool, err error)
	do     func(context.Context) error
	verify func(context.Context) error
}

// carryOut checks that the live objects are as the plan saw them, and takes the
// steps. It returns the step that failed, "" for the check.
func (j *job) carryOut(ctx context.Context) (plan.Step, error) {
	if err := j.unmoved(ctx); err != nil {
		return "", err
	}
	for _, name := range j.a.Steps {
		s, ok := j.steps()[name]
		if !ok {
			panic(fmt.Sprintf("apply: the plan has a step %q that nobody knows", name))
		}
		j.event(name, "begun", "")
		if err := s.take(ctx); err != nil {
			return name, err
		}
	}
	return "", nil
}

func (s step) take(ctx context.Context) error {
	if s.look != nil {
		if done, err := s.look(ctx); err != nil || done {
			return err
		}
	}
	if err := s.do(ctx); err != nil {
		return err
	}
	if s.verify != nil {
		return s.verify(ctx)
	}
	return nil
}

// steps says how each step of a plan is taken.
func (j *job) steps() map[plan.Step]step {
	return map[plan.Step]step{
		plan.StepCreateConnection: {look: j.connectionThere, do: j.createConnection},
		plan.StepUpdateConnection: {do: j.updateConnection},
		plan.StepDeleteConnection: {do: j.deleteConnection},

		plan.StepStage:     {look: j.stagedBefore, do: j.stage, verify: j.checkStaged},
		plan.StepPublish:   {look: j.published, do: j.publish},
		plan.StepOverwrite: {do: j.overwrite},
		plan.StepRename:    {look: j.named, do: j.rename},
		plan.StepMetadata:  {do: j.writeMetadata},
		plan.StepRestrict:  {look: j.asPrivate, do: j.setPrivacy},
		plan.StepPrivacy:   {look: j.asPrivate, do: j.setPrivacy},
		plan.StepShare:     {do: j.share},
		plan.StepDelete:    {do: j.deleteDataset},

		plan.StepAttach:   {look: j.attached, do: j.attach},
		plan.StepRefresh:  {do: j.refresh},
		plan.StepDetach:   {do: j.detach},
		plan.StepSyncName: {do: j.nameSync},
		plan.StepSync:     {do: j.updateSync},
		plan.StepRevive:   {do: j.revive},
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
	e.At, e.Action = time.Now(), j.a
	j.Options.Progress(e)
}

// note adds something that a reader of the report should know.
func (j *job) note(format string, args ...any) {
	j.result.Notes = append(j.result.Notes, fmt.Sprintf(format, args...))
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
