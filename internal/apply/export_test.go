package apply

import (
	"context"

	"github.com/cartosync/cartosync/internal/plan"
)

// Made lets tests change what a journal holds.
func Made(j *Journal, p plan.Pending) { j.made(p, true) }

// Advised is an error as the report of a plan has it.
func Advised(ctx context.Context, p plan.Plan, err error) error {
	r := run{Input: Input{Plan: p}}
	return r.advised(ctx, err)
}
