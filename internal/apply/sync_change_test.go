package apply_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// changes calls act with the body of each request that changes a synchronization, and looked after each read that follows one.
func (a *account) changes(act func(id string, body map[string]any), looked func(id string)) {
	changed := false
	a.before.set(func(r *http.Request) {
		_, id, ok := strings.Cut(r.URL.Path, "/api/v1/synchronizations/")
		switch {
		case !ok:
		case r.Method == http.MethodPut:
			text, err := io.ReadAll(r.Body)
			if err != nil {
				a.t.Error(err)
			}
			r.Body = io.NopCloser(strings.NewReader(string(text)))
			var body map[string]any
			if err := json.Unmarshal(text, &body); err != nil {
				a.t.Error(err)
			}
			changed = true
			act(id, body)
		case r.Method == http.MethodGet && changed && looked != nil:
			looked(id)
		}
	})
}

// put changes a synchronization past everything that watches the client.
func (a *account) put(id string, body map[string]any) {
	a.t.Helper()
	if status, text := a.raw(http.MethodPut, "/api/v1/synchronizations/"+id, body); status != http.StatusOK {
		a.t.Error(status, text)
	}
}

// TestChangesThatAWorkerOverwritesAreRepeated: what a run wrote back over a change is seen, the change is sent again, and given
// up in words where that never helps.
func TestChangesThatAWorkerOverwritesAreRepeated(t *testing.T) {
	withFlags := strings.Replace(air(airURL, "1h"), "sync: {interval: 1h}", "sync: {interval: 1h}, import: {content_guessing: true}", 1)
	for _, c := range []struct {
		name, then string
		old        map[string]any
		overwrites int
		want       string
	}{
		{"interval, once", air(airURL, "2h"), map[string]any{"interval": 3600}, 1, "done update air"},
		{"interval, always", air(airURL, "2h"), map[string]any{"interval": 3600}, 99, "overwrote the change 3 times; apply again"},
		{"flags, once", withFlags, map[string]any{"content_guessing": false}, 1, "done update air"},
		{"flags, always", withFlags, map[string]any{"content_guessing": false}, 99, "overwrote the change 3 times; apply again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.serve("air_export.csv", airText)
				a.manifest(air(airURL, "1h"))
				a.converges("done create air")
				a.manifest(c.then)
				sent, left := 0, c.overwrites
				a.changes(func(string, map[string]any) { sent++ }, func(id string) {
					if left > 0 && sent > c.overwrites-left {
						left--
						a.put(id, c.old)
					}
				})
				got := results(a.apply())
				if len(got) != 1 || !strings.Contains(got[0], c.want) || sent != min(c.overwrites+1, 3) {
					t.Errorf("after %d changes: %q", sent, got)
				}
				a.before.set(nil)
				if c.overwrites == 1 {
					a.inSync()
				}
			})
		})
	}
}

// TestChangesWaitForARun: what is sent during a run would be lost.
func TestChangesWaitForARun(t *testing.T) {
	each(t, func(t *testing.T) {
		a := monthly(t)
		later(t, time.Hour)
		a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "syncing", Wait: 5 * time.Minute, Times: 1})
		if now, err := a.client.SyncNow(t.Context(), a.dataset("air").Synchronization.ID); !now || err != nil {
			t.Fatal(now, err)
		}
		synctest.Wait()
		a.manifest(strings.Replace(hourly, "30d", "15d", 1))
		var states []string
		a.changes(func(id string, _ map[string]any) {
			_, text := a.raw(http.MethodGet, "/api/v1/synchronizations/"+id, nil)
			var s struct{ State string }
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				t.Error(err)
			}
			states = append(states, s.State)
		}, nil)
		began := time.Now()
		a.converges("done update air")
		if waited := time.Since(began); waited < 4*time.Minute || waited > 10*time.Minute {
			t.Errorf("it waited for %s", waited)
		}
		if diff := cmp.Diff([]string{string(carto.SyncSuccess)}, states); diff != "" {
			t.Errorf("states when changes were sent: wanted -, got +:\n%s", diff)
		}
	})
}

// TestChangedSourceIsFetchedAnew: a changed URL goes with the item that is downloaded in its place, and with the validators
// emptied, which would call the source unchanged; other changes leave all of that alone.
func TestChangedSourceIsFetchedAnew(t *testing.T) {
	const other = "http://files.sandbox.test/air2.csv"
	for _, c := range []struct {
		name, then string
		want       []string
	}{
		{"source", air(other, "1h"), []string{"checksum", "etag", "modified_at", "run_at", "service_item_id", "url"}},
		{"interval", air(airURL, "2h"), []string{"interval"}},
		{"flags", strings.Replace(air(airURL, "1h"), "sync: {interval: 1h}", "sync: {interval: 1h}, import: {type_guessing: false}", 1),
			[]string{"content_guessing", "quoted_fields_guessing", "type_guessing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.serve("air_export.csv", airText)
				a.serve("air2.csv", airText)
				a.manifest(air(airURL, "1h"))
				a.converges("done create air")
				a.manifest(c.then)
				var sent map[string]any
				a.changes(func(_ string, body map[string]any) { sent = body }, nil)
				a.converges("done update air")
				keys := slices.DeleteFunc(slices.Sorted(maps.Keys(sent)), func(k string) bool { return k == "id" })
				if diff := cmp.Diff(c.want, keys); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				if c.name == "source" && (sent["url"] != other || sent["service_item_id"] != other || sent["etag"] != nil || sent["checksum"] != "" || sent["modified_at"] != nil) {
					t.Errorf("sent %v", sent)
				}
			})
		})
	}
}
