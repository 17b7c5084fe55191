package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A run that another one keeps from beginning says what it planned: that is still to be done.
func TestHeldLeaseAsJSON(t *testing.T) {
	s := shareAccount(t)
	lease := s.taken("ana")
	defer lease.Release(t.Context())
	code, doc := runJSON(t.Context(), t, "apply", "--auto-approve", "--lease-timeout", "0", "--account", s.account, manifestOfTwo(t))
	diagnostics, _ := doc["diagnostics"].([]any)
	actions, _ := doc["actions"].([]any)
	if code != exitFailed || len(diagnostics) != 1 {
		t.Fatalf("exit code %d: %v", code, doc)
	}
	want := []any{"lease_held", 2, true, nil}
	got := []any{diagnostics[0].(map[string]any)["code"], len(actions), doc["changes_pending"], doc["result"]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
