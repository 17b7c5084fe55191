package apply_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// second gives a dataset of [manyKinds] another synchronization, as an attempt
// to attach one does that was cut off.
func (a *account) second(change func(id string)) {
	a.t.Helper()
	status, answer := a.raw(http.MethodPost, "/api/v1/synchronizations",
		map[string]any{"url": "http://files.sandbox.test/air_export.csv", "interval": 3600, "checksum": plan.SyncMarker("city", "air")})
	_, rest, found := strings.Cut(answer, `"id":"`)
	if status != http.StatusOK || !found {
		a.t.Fatalf("%d %s", status, answer)
	}
	later(a.t, time.Minute) // in which its first import ends
	change(rest[:36])
}

// TestSurplusSynchronizationsAreCleared: whatever second synchronization there
// is of ours, one apply leaves the dataset with one.
func TestSurplusSynchronizationsAreCleared(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*account, string)
	}{
		{"attached to the same dataset", func(a *account, id string) {
			made := a.dataset("air_export").ID
			a.raw(http.MethodPut, "/api/v1/synchronizations/"+id, map[string]any{"visualization_id": a.dataset("air").ID, "name": "air"})
			if err := a.client.DeleteDataset(a.t.Context(), made); err != nil {
				a.t.Fatal(err)
			}
		}},
		{"that made a staging dataset", func(a *account, _ string) {
			a.raw(http.MethodPut, "/api/v1/viz/"+a.dataset("air_export").ID, map[string]any{"id": a.dataset("air_export").ID, "name": plan.StagingName("city", "air", "0123456789abcdef")})
		}},
		{"whose first import failed", func(a *account, id string) {
			a.raw(http.MethodPut, "/api/v1/synchronizations/"+id, map[string]any{"visualization_id": nil, "name": nil, "state": "failure"})
			if err := a.client.DeleteDataset(a.t.Context(), a.dataset("air_export").ID); err != nil {
				a.t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := everyKind(t)
				a.apply()
				a.second(func(id string) { c.change(a, id) })
				a.converges("done heal air")
				var left []string
				for _, s := range a.syncs() {
					left = append(left, s.Name)
				}
				slices.Sort(left)
				if diff := cmp.Diff([]string{"air", "sales"}, left); diff != "" || a.dataset("air").Synchronization == nil {
					t.Errorf("air has %v; wanted -, got +:\n%s", a.dataset("air").Synchronization, diff)
				}
				if diff := cmp.Diff([]string{"air", "birds", "orders", "sales", "trees"}, a.names()); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}

// TestSurplusFirstImportIsNotCutOff: it would make a dataset that nothing marks as
// ours.
func TestSurplusFirstImportIsNotCutOff(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		second := ""
		a.second(func(id string) {
			second = id
			a.raw(http.MethodPut, "/api/v1/synchronizations/"+id, map[string]any{"visualization_id": nil, "name": nil, "state": "failure"})
			if err := a.client.DeleteDataset(t.Context(), a.dataset("air_export").ID); err != nil {
				t.Fatal(err)
			}
		})
		in := a.input(t.Context())
		p := plan.Compute(in)
		a.raw(http.MethodPut, "/api/v1/synchronizations/"+second, map[string]any{"state": "syncing"})
		got := strings.Join(results(a.carryOut(t.Context(), in, p)), ", ")
		want := `failed heal air: heal dataset "air": clear_synchronizations: the first import of synchronization ` + second +
			", which an earlier run began, is still under way; apply again when it has ended"
		expect(t, "results", want, got)
		if !slices.ContainsFunc(a.syncs(), func(s carto.Synchronization) bool { return s.ID == second }) {
			t.Error("the synchronization is gone")
		}
	})
}
