package apply_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// TestEveryErrorSaysWhatToDo: once, in terms of the command that was run, and
// whatever words the server uses.
func TestEveryErrorSaysWhatToDo(t *testing.T) {
	said := &carto.APIError{Method: "PUT", Path: "/api/v1/viz/x", Status: 400, Messages: []string{"please try again later"}}
	for _, c := range []struct {
		name string
		task plan.Task
		err  error
		want string
	}{
		{"the server's own advice", plan.ToApply, said, "PUT /api/v1/viz/x: 400 Bad Request: please try again later; apply again"},
		{"to destroy", plan.ToDestroy, fmt.Errorf("x: %w", said), "x: PUT /api/v1/viz/x: 400 Bad Request: please try again later; destroy again"},
		{"with a hint", plan.ToApply, &carto.APIError{Method: "GET", Path: "/x", Status: 503, Hint: "see its log"}, "GET /x: 503 Service Unavailable; see its log"},
		{"no answer", plan.ToSync, &carto.TransportError{Method: "GET", Path: "/x", Text: "EOF", Err: errors.New("EOF")}, "GET /x: EOF; sync again"},
		{"a lost lease", plan.ToSync, fmt.Errorf("x: %w", &apply.LeaseLostError{Project: "city", By: "bob"}),
			`x: bob has taken over the lease on project "city", which showed no sign of life for 2m0s; sync again when that has ended`},
		{"the plan is out of date", plan.ToDestroy, &apply.MovedError{Description: "it moved"}, "it moved; plan again and review"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plan.Plan{Task: c.task}
			expect(t, "it says", c.want, apply.Advised(t.Context(), p, c.err).Error())
		})
	}
}
