package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/render"
)

// deleteFlags are what the commands that delete have in common.
type deleteFlags struct {
	nameArgs
	AutoApprove bool `group:"output" help:"Do not ask. Needed where nobody sits at a terminal."`
	handFlags
}

// A deletion is a command that deletes things of one kind.
type deletion[T any] struct {
	kind    string                                              // what a thing is
	keeping string                                              // what stays, for the question
	doomed  func(context.Context, *hand, []string) ([]T, error) // what the names mean, unless something forbids it: then none
	name    func(T) string
	delete  func(context.Context, *hand, T) error // adds what came of it to the table
}

// deleteNamed finds out what would go, asks, and deletes. It goes on after a failure:
// what failed is reported at the end, by name.
func deleteNamed[T any](ctx context.Context, a *app, f deleteFlags, d deletion[T]) error {
	table := render.Table{Kind: d.kind, Columns: []render.Column{{Key: "name"}, {Key: "outcome"}, {Key: "id"}}}
	if !f.AutoApprove && !a.canConfirm() {
		return usage("add --auto-approve", "%s delete asks before it does anything, and there is no terminal to ask at", d.kind)
	}
	names, err := f.read(a)
	if err != nil {
		return err
	}
	return a.byHand(ctx, f.handFlags, writes, table, func(ctx context.Context, h *hand) error {
		doomed, err := d.doomed(ctx, h, names)
		if err != nil || len(doomed) == 0 {
			return err
		}
		if err := d.approve(ctx, h, f, doomed); err != nil {
			return err
		}
		h.begun("things were deleted", fmt.Sprintf("what is still there is listed by cartosync %s list", d.kind))
		var failed []error
		for _, one := range doomed {
			if ctx.Err() != nil {
				return errors.Join(append(failed, context.Cause(ctx))...)
			}
			if err := d.delete(ctx, h, one); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", d.name(one), err))
			}
		}
		return errors.Join(failed...)
	})
}

// approve asks unless that is not wanted. Only a yes is no error.
func (d deletion[T]) approve(ctx context.Context, h *hand, f deleteFlags, doomed []T) error {
	if f.AutoApprove {
		return nil
	}
	var names []string
	for _, one := range doomed {
		names = append(names, d.name(one))
	}
	yes, err := h.ask(ctx, fmt.Sprintf("Delete %s from %s%s: %s?", plural(len(doomed), d.kind), h.account, d.keeping, several(names)))
	if err == nil && !yes {
		err = errors.New("nothing was deleted: the answer was not yes")
	}
	return err
}
