package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// withAir runs a test in a bubble, against a sandbox whose file host has air.csv.
func withAir(t *testing.T, content string, f func(t *testing.T, a *api, change func(content string))) {
	files := t.TempDir()
	change := func(content string) { write(t, files, "air.csv", content) }
	change(content)
	inBubble(t, sandbox.Config{Serve: files, Admin: true}, func(t *testing.T, a *api) { f(t, a, change) })
}

// advance lets the account's time pass and every run end that falls due.
func (a *api) advance(d time.Duration) (runs int) {
	a.t.Helper()
	runs, err := a.s.Advance(a.t.Context(), d)
	if err != nil {
		a.t.Fatal(err)
	}
	return runs
}

// inject adds faults.
func (a *api) inject(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		r, err := fault.Parse(text)
		if err != nil {
			a.t.Fatal(err)
		}
		a.s.Inject(r)
	}
}

// try makes a request that may get no answer.
func (a *api) try(method, path string, body object) (*http.Response, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, "http://sandbox.test"+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(a.user, a.key)
	return a.client.Do(r)
}

func (a *api) count(table string) any {
	a.t.Helper()
	return dig(a.query("SELECT count(*) FROM " + table)[0], "count")
}

const quarter = 15*time.Minute + time.Second

// An account without synchronizations answers as a wrong key is answered: 401 and nothing more. Only the list works.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func TestTrap4NoSynchronizationsLooksLikeABadKey(t *testing.T) {
	files, dir := t.TempDir(), t.TempDir()
	write(t, files, "air.csv", "a\n1\n")
	before, err := sandbox.Open(t.Context(), sandbox.Config{Dir: dir, Serve: files})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := clientOf(t, before).synchronize(object{"url": airURL})
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	a := open(t, sandbox.Config{Dir: dir, Serve: files, NoSynchronizations: true})
	path := "/api/v1/synchronizations"
	for _, request := range []struct{ method, path string }{
		{"POST", path}, {"GET", path + "/" + id}, {"PUT", path + "/" + id}, {"DELETE", path + "/" + id}, {"GET", path + "/" + id + "/sync_now"}, {"PUT", path + "/" + id + "/sync_now"},
	} {
		got := a.send(request.method, request.path, object{"url": airURL})
		fact(t, request.method+" "+request.path, []any{401, ""}, []any{got.Status, got.Body})
	}
	fact(t, "the list", 1.0, a.get(path)["total_entries"])
	fact(t, "users/me tells them apart", false, dig(a.get("/api/v1/users/me"), "actions", "sync_tables"))
	a.advance(90 * time.Minute) // between two runs
	for _, y := range a.get(path)["synchronizations"].([]any) {
		fact(t, "its runs fail", object{"state": "failure", "error_code": 1011.0, "error_message": "Unauthorized"}, pick(y.(object), "state", "error_code", "error_message"))
	}
}

// A synchronization takes no collision strategy: each POST makes another dataset. So it is for a repeated POST after a
// lost answer.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func TestTrap10And11EachPOSTMakesADatasetAndEvenARefusedOneARow(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		a.inject("lose@POST/api/v1/synchronizations*1")
		if answer, err := a.try("POST", "/api/v1/synchronizations", object{"url": airURL}); err == nil {
			t.Fatalf("the answer was not lost: %v", answer)
		}
		a.synchronize(object{"url": airURL, "collision_strategy": "overwrite"})
		fact(t, "datasets", []any{"air", "air_1"}, names(a.get("/api/v1/viz?type=table&order=name&order_direction=asc")))
		got := a.send("POST", "/api/v1/synchronizations", object{"url": "http://example.org:8080/x.csv"})
		fact(t, "refused", 400, got.Status)
		states := map[any]int{}
		for _, y := range a.get("/api/v1/synchronizations")["synchronizations"].([]any) {
			states[y.(object)["state"]]++
		}
		fact(t, "rows", map[any]int{"success": 2, "created": 1}, states)
	})
}

// A failed first import leaves the requested table_name as the synchronization's name, and the next run that succeeds
// replaces whatever dataset bears it.
// Source: CartoDB/cartodb: app/models/data_import.rb (update_synchronization), app/models/synchronization/adapter.rb.
func TestTrap12FailedFirstImportLaterReplacesAnUnrelatedDataset(t *testing.T) {
	withAir(t, "b\n1\n", func(t *testing.T, a *api, _ func(string)) {
		a.load("precious.csv", "a\n1\n2\n3\n")
		kept := a.get("/api/v1/viz/precious")
		a.inject("source=404/air.csv*1")
		id, job := a.synchronize(object{"url": airURL, "table_name": "precious", "interval": 900})
		fact(t, "first import", object{"state": "failure", "error_code": 1100.0, "table_name": "precious"}, pick(job, "state", "error_code", "table_name"))
		fact(t, "the name stays", object{"state": "failure", "name": "precious", "visualization_id": nil}, pick(a.sync(id), "state", "name", "visualization_id"))
		a.advance(quarter)
		fact(t, "rows of the unrelated dataset", 1.0, a.count("precious"))
		fact(t, "it is the same dataset", kept["id"], a.get("/api/v1/viz/precious")["id"])
		fact(t, "and the synchronization is content", "success", a.sync(id)["state"])
	})
}

// Without table_name, a failed first import leaves no name: ten runs fail, and none makes the dataset.
// Source: CartoDB/cartodb: app/models/data_import.rb, app/models/synchronization/adapter.rb.
func TestTrap13And21FailedFirstImportIsNeverCuredAndDiesAfterTenRuns(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		a.inject("source=404/air.csv*1")
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		fact(t, "no name", object{"state": "failure", "name": nil, "retried_times": 0.0}, pick(a.sync(id), "state", "name", "retried_times"))
		fact(t, "runs in a day", 10, a.advance(24*time.Hour))
		dead := a.sync(id)
		fact(t, "an ordinary failure, but for the count", object{"state": "failure", "error_code": 9999.0, "error_message": "", "retried_times": 10.0},
			pick(dead, "state", "error_code", "error_message", "retried_times"))
		fact(t, "datasets", 0.0, a.get("/api/v1/viz?type=table")["total_entries"])
		fact(t, "sync_now still runs it", true, a.ok("PUT", "/api/v1/synchronizations/"+id+"/sync_now", nil)["enqueued"])
		a.advance(0)
		again := a.sync(id)
		fact(t, "and it neither counts on nor plans another run", pick(dead, "state", "retried_times", "run_at"), pick(again, "state", "retried_times", "run_at"))
	})
}

// What fails before there is an importer is told to the import only: the synchronization stays queued for ever, and even
// sync_now takes it up no sooner than 15 minutes later. Later failures are told to it.
// Source: CartoDB/cartodb: app/models/data_import.rb (new_importer, store_results).
func TestTrap14EarlyFailureLeavesItQueued(t *testing.T) {
	t.Parallel()
	warehouse := t.TempDir()
	write(t, warehouse, "default/air.csv", "a\n1\n")
	tests := []struct {
		name   string
		config sandbox.Config
		body   object
		code   float64
		state  string
	}{
		{"too big by what the source says", sandbox.Config{ImportFileSize: 3}, object{"url": airURL}, 6666, "queued"},
		{"a disabled provider", sandbox.Config{}, object{"connector": object{"provider": "hive", "table": "air", "connection": object{"server": "h"}}}, 1501, "queued"},
		{"a service that is not connected", sandbox.Config{}, object{"service_name": "dropbox", "service_item_id": "/air.csv"}, 1012, "queued"},
		{"the quota of datasets", sandbox.Config{TableQuota: 1}, object{"url": airURL}, 8002, "failure"},
		{"no room", sandbox.Config{StorageQuota: 1}, object{"url": airURL}, 8001, "failure"},
		{"missing parameters", sandbox.Config{Connectors: map[string]string{"hive": warehouse}}, object{"connector": object{"provider": "hive", "connection": object{"server": "h"}}}, 1502, "failure"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := t.TempDir()
			write(t, files, "air.csv", "a\n1\n")
			test.config.Serve = files
			inBubble(t, test.config, func(t *testing.T, a *api) {
				if test.config.TableQuota > 0 {
					a.load("other.csv", "a\n1\n")
				}
				id, job := a.synchronize(test.body)
				fact(t, "import", test.code, job["error_code"])
				fact(t, "synchronization", test.state, a.sync(id)["state"])
				if test.state != "queued" {
					return
				}
				fact(t, "runs in a day", 0, a.advance(24*time.Hour))
				fact(t, "still", object{"state": "queued", "error_code": nil}, pick(a.sync(id), "state", "error_code"))
				fact(t, "sync_now", true, a.ok("PUT", "/api/v1/synchronizations/"+id+"/sync_now", nil)["enqueued"])
			})
		})
	}
}

// Renaming a dataset leaves its synchronization behind, which fails once the source changes, or replaces whatever took the
// old name. The tables endpoint looks it up by name, the others by id.
// Source: CartoDB/cartodb: app/models/table.rb, app/models/synchronization/adapter.rb, app/models/table/relator.rb.
func TestTrap15And25RenamedDatasetLosesItsSynchronization(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, change func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		v := a.get("/api/v1/viz/air")
		a.ok("PUT", "/api/v1/viz/air", object{"id": v["id"], "name": "ocean"})
		a.advance(quarter)
		fact(t, "unchanged, nothing is noticed", "success", a.sync(id)["state"])
		fact(t, "by id it is there", id, dig(a.get("/api/v1/viz/ocean"), "synchronization", "id"))
		fact(t, "by name it is not", nil, a.get("/api/v1/tables/ocean")["synchronization"])
		change("a\n1\n2\n")
		a.advance(quarter)
		fact(t, "changed", object{"state": "failure", "error_code": 9999.0, "error_message": ""}, pick(a.sync(id), "state", "error_code", "error_message"))
		a.load("air.csv", "mine\n1\n2\n3\n4\n")
		a.advance(quarter)
		fact(t, "the dataset that took the name", 2.0, a.count("air"))
		fact(t, "the one that is meant", 1.0, a.count("ocean"))
		fact(t, "by name the wrong one has it", id, dig(a.get("/api/v1/tables/air"), "synchronization", "id"))
	})
}

// Once a recurring run has filled service_item_id, url alone means nothing.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb (get_downloader).
func TestTrap16URLAloneChangesNothing(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		path := "/api/v1/synchronizations/" + id
		fact(t, "before the first run", nil, a.sync(id)["service_item_id"])
		a.advance(quarter)
		fact(t, "after it", airURL, a.sync(id)["service_item_id"])
		elsewhere := "http://files.sandbox.test/elsewhere.csv"
		a.ok("PUT", path, object{"url": elsewhere, "etag": nil, "modified_at": nil})
		a.advance(quarter)
		fact(t, "the old source is read", "success", a.sync(id)["state"])
		a.ok("PUT", path, object{"service_item_id": elsewhere, "etag": nil, "modified_at": nil})
		a.advance(quarter)
		fact(t, "the new one is, and is not there", 1100.0, a.sync(id)["error_code"])
	})
}

// PUT takes any attribute, whatever it breaks: short intervals, another owner, another id.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb, app/models/table/relator.rb.
func TestTrap17PUTTakesAnything(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		id, _ := a.synchronize(object{"url": airURL})
		path := "/api/v1/synchronizations/" + id
		a.ok("PUT", path, object{"interval": 60})
		fact(t, "the tables endpoint stumbles over a short interval", 500, a.send("GET", "/api/v1/tables/air", nil).Status)
		a.ok("PUT", path, object{"interval": 900})
		fact(t, "and no longer", 200, a.send("GET", "/api/v1/tables/air", nil).Status)
		fact(t, "connector means nothing", a.sync(id)["service_item_id"], a.ok("PUT", path, object{"connector": object{"provider": "hive"}})["service_item_id"])
		a.ok("PUT", path, object{"id": unknown, "state": "banana"})
		fact(t, "another id is another row", 2.0, a.get("/api/v1/synchronizations")["total_entries"])
		fact(t, "with any state", "banana", a.sync(unknown)["state"])
		a.ok("PUT", path, object{"user_id": unknown})
		fact(t, "given away", 401, a.send("GET", path, nil).Status)
	})
}

// A run writes back at its end all that it knew at its beginning: what was PUT meanwhile is lost, a deleted row returns.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb, services/data-repository/backend/sequel.rb.
func TestTrap18And19RunWritesBackWhatItKnew(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		path := "/api/v1/synchronizations/" + id
		a.inject("stuck=syncing:10m@PUT/api/v1/synchronizations*2")
		a.advance(quarter)
		fact(t, "under way", "syncing", a.sync(id)["state"])
		fact(t, "a PUT is taken", 7200.0, a.ok("PUT", path, object{"interval": 7200, "name": "other"})["interval"])
		a.advance(10 * time.Minute)
		fact(t, "and lost", object{"state": "success", "interval": 900.0, "name": "air"}, pick(a.sync(id), "state", "interval", "name"))
		a.advance(15 * time.Minute)
		fact(t, "under way again", "syncing", a.sync(id)["state"])
		fact(t, "deleted", []int{204, 404}, []int{a.send("DELETE", path, nil).Status, a.send("GET", path, nil).Status})
		a.advance(10 * time.Minute)
		fact(t, "back", object{"state": "success", "name": "air"}, pick(a.sync(id), "state", "name"))
	})
}

// Deleting a synchronization during its first import fails the import, although its table is there.
// Source: CartoDB/cartodb: app/models/data_import.rb (update_synchronization).
func TestTrap19DeletedDuringItsFirstImport(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		a.inject("stuck=importing:1m@POST/api/v1/synchronizations*1")
		made := a.ok("POST", "/api/v1/synchronizations", object{"url": airURL})
		later(0)
		job := dig(made, "data_import", "item_queue_id")
		fact(t, "under way", "importing", a.get("/api/v1/imports/" + job.(string))["state"])
		fact(t, "deleted", 204, a.send("DELETE", "/api/v1/synchronizations/"+made["id"].(string), nil).Status)
		a.advance(2 * time.Minute)
		fact(t, "import", object{"state": "failure", "success": false, "error_code": 99999.0, "table_id": nil}, pick(a.wait(job), "state", "success", "error_code", "table_id"))
		fact(t, "dataset", []any{"air"}, names(a.get("/api/v1/viz?type=table")))
		fact(t, "the row stays away", 0.0, a.get("/api/v1/synchronizations")["total_entries"])
	})
}

// A worker that dies leaves syncing behind for ever: neither the schedule nor sync_now touches it, and one of the three
// runs that a user may have stays taken for two hours. PUT of the state frees it.
// Source: CartoDB/cartodb: services/synchronizer/lib/synchronizer/collection.rb, app/models/synchronization/member.rb.
func TestTrap20ZombieAfterACrash(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, change func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		path := "/api/v1/synchronizations/" + id
		a.advance(quarter) // only now the etag is known
		for i, moment := range []string{"crash", "crash=after"} {
			change("a\n1\n" + strings.Repeat("2\n", i+1))
			a.inject(moment + "@PUT" + path + "*1")
			a.advance(quarter)
			fact(t, moment, object{"state": "syncing", "error_code": nil}, pick(a.sync(id), "state", "error_code"))
			fact(t, "rows", 1.0+2*float64(i), a.count("air"))
			fact(t, "the schedule leaves it alone", 0, a.advance(time.Hour))
			fact(t, "sync_now too", false, a.ok("PUT", path+"/sync_now", nil)["enqueued"])
			a.ok("PUT", path, object{"state": "failure"})
			a.advance(0)
			fact(t, "freed, it runs again", object{"state": "success", "retried_times": 0.0}, pick(a.sync(id), "state", "retried_times"))
			fact(t, "rows", 2.0+float64(i), a.count("air"))
		}
	})
}

// Three runs that died take all that a user may have: nothing runs for two hours, and sync_now says enqueued false.
// Source: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_syncs_amount.rb.
func TestTrap20And22CrashedRunsTakeAllSlots(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		var ids []string
		for range 4 {
			id, _ := a.synchronize(object{"url": airURL, "interval": 900})
			ids = append(ids, id)
		}
		a.inject("crash@PUT/api/v1/synchronizations*3")
		ran := a.sync(ids[3])["ran_at"]
		a.advance(quarter)
		states := map[any]int{}
		for _, id := range ids {
			states[a.sync(id)["state"]]++
		}
		fact(t, "three died, the fourth waits", map[any]int{"syncing": 3, "success": 1}, states)
		a.advance(time.Hour)
		fact(t, "sync_now", false, a.ok("PUT", "/api/v1/synchronizations/"+ids[3]+"/sync_now", nil)["enqueued"])
		fact(t, "it has not run", ran, a.sync(ids[3])["ran_at"])
		a.advance(time.Hour)
		if a.sync(ids[3])["ran_at"] == ran {
			t.Error("after two hours the count must have expired")
		}
	})
}

// sync_now answers 200 whether it enqueued a run or not.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb (can_manually_sync?, should_auto_sync?).
func TestTrap22SyncNowSaysNoWith200(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) string {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-d).Format(time.RFC3339)
	}
	young, old, ahead := ago(time.Minute), ago(time.Hour), ago(-time.Hour)
	tests := []struct {
		name    string
		body    object
		wait    time.Duration
		want    any
		missing bool
	}{
		{"success, ran a moment ago", object{"state": "success", "ran_at": young, "run_at": ahead}, 0, false, false},
		{"success, ran long ago", object{"state": "success", "ran_at": old, "run_at": ahead}, 0, true, false},
		{"failure, ran long ago", object{"state": "failure", "ran_at": old, "run_at": ahead, "retried_times": 10}, 0, true, false},
		{"failure, ran a moment ago", object{"state": "failure", "ran_at": young, "run_at": old, "retried_times": 10}, 0, false, false},
		{"syncing", object{"state": "syncing", "ran_at": old, "run_at": old}, time.Hour, false, false},
		{"created", object{"state": "created", "ran_at": old, "run_at": old}, time.Hour, false, false},
		{"queued just now", object{"state": "queued", "ran_at": old, "run_at": old}, 0, false, false},
		{"queued for long", object{"state": "queued", "ran_at": old, "run_at": old}, quarter, true, false},
		{"no ran_at", object{"state": "failure", "ran_at": nil, "retried_times": 10}, 0, nil, true},
		{"success without run_at", object{"state": "success", "ran_at": old, "run_at": nil}, 0, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
				id, _ := a.synchronize(object{"url": airURL})
				path := "/api/v1/synchronizations/" + id
				a.ok("PUT", path, test.body)
				a.advance(test.wait)
				got := a.send("PUT", path+"/sync_now", nil)
				if test.missing {
					fact(t, "the server stumbles over it", []any{404, ""}, []any{got.Status, got.Body})
					return
				}
				fact(t, "answer", []any{200, fmt.Sprintf(`{"enqueued":%v,"synchronization_id":"%s"}`, test.want, id)}, []any{got.Status, got.Body})
			})
		})
	}
}

// What a client sent is not what it reads.
// Source: CartoDB/cartodb: app/controllers/carto/api/synchronizations_controller.rb, app/models/synchronization/member.rb.
func TestTrap23WhatIsReadDiffersFromWhatWasSent(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		made := a.ok("POST", "/api/v1/synchronizations", object{"url": airURL, "interval": "900"})
		fact(t, "only the answer to POST has data_import", true, made["data_import"] != nil)
		a.wait(dig(made, "data_import", "item_queue_id"))
		keys := []string{"interval", "service_item_id", "checksum", "etag", "log_id", "service_name"}
		first := pick(a.sync(made["id"].(string)), keys...)
		fact(t, "a log after the first import", true, first["log_id"] != nil)
		first["log_id"] = nil
		fact(t, "after the first import", object{"interval": 900.0, "service_item_id": nil, "checksum": "", "etag": nil, "log_id": nil, "service_name": nil}, first)
		a.advance(quarter)
		second := a.sync(made["id"].(string))
		fact(t, "after the first run", []any{airURL, true, second["etag"]}, []any{second["service_item_id"], second["etag"] != nil, second["checksum"]})
		_, there := second["data_import"]
		fact(t, "data_import is gone", false, there)
	})
}

// A source that refuses HEAD counts as unchanged, and what was known of it is forgotten: it is read every second run.
// Source: CartoDB/cartodb: services/datasources/lib/datasources/url/public_url.rb, services/importer/lib/importer/downloader.rb.
func TestTrap24RefusedHeadIsAFalseSuccess(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, change func(string)) {
		a.inject("head=403/air.csv")
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		var got []any
		for i := range 4 {
			change("a\n" + strings.Repeat("1\n", i+2))
			a.advance(quarter)
			y := a.sync(id)
			got = append(got, []any{y["state"], y["etag"] != nil, y["modified_at"] != nil, a.count("air")})
		}
		fact(t, "state, etag, modified_at and rows after each run", []any{
			[]any{"success", false, false, 1.0}, []any{"success", true, true, 3.0}, []any{"success", false, false, 3.0}, []any{"success", true, true, 5.0}}, got)
	})
}

// Privacy cannot be given to a synchronization: its dataset is private, as the account's datasets are.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func TestTrap32SynchronizationTakesNoPrivacy(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		a.synchronize(object{"url": airURL, "privacy": "public"})
		fact(t, "privacy", "PRIVATE", a.get("/api/v1/viz/air")["privacy"])
	})
}

// A run replaces the rows and not the visualization: its updated_at does not move.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb.
func TestTrap49RunDoesNotTouchTheVisualization(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, change func(string)) {
		a.synchronize(object{"url": airURL, "interval": 900})
		before := a.get("/api/v1/viz/air")
		a.advance(quarter)
		change("a\n1\n2\n")
		a.advance(quarter)
		fact(t, "rows", 2.0, a.count("air"))
		fact(t, "updated_at", before["updated_at"], a.get("/api/v1/viz/air")["updated_at"])
	})
}

// Each set of credentials that differs is another stored connection, and nothing takes one away: not the synchronization's
// end, and not a refusal.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func TestTrap51InlineCredentialsPileUpConnections(t *testing.T) {
	warehouse := t.TempDir()
	write(t, warehouse, "default/air.csv", "a\n1\n")
	inBubble(t, sandbox.Config{Connectors: map[string]string{"hive": warehouse}}, func(t *testing.T, a *api) {
		with := func(password string, interval int) object {
			return object{"interval": interval, "connector": object{"provider": "hive", "table": "air", "connection": object{"server": "h", "username": "u", "password": password}}}
		}
		first, _ := a.synchronize(with("one", 900))
		again, _ := a.synchronize(with("one", 900))
		other, _ := a.synchronize(with("two", 900))
		fact(t, "refused", 400, a.send("POST", "/api/v1/synchronizations", with("three", 60)).Status)
		for _, id := range []string{first, again, other} {
			a.send("DELETE", "/api/v1/synchronizations/"+id, nil)
		}
		var list []object
		if err := jsonDecode(a.send("GET", "/api/v4/connections", nil).Body, &list); err != nil {
			t.Fatal(err)
		}
		var stored []any
		for _, connection := range list {
			stored = append(stored, connection["name"])
		}
		slices.SortFunc(stored, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		fact(t, "connections", []any{"hive", "hive_2", "hive_3"}, stored)
	})
}

// A client that forces a synchronization by PUT of the resource without a body gets a 500, and nothing runs.
// Source: CartoDB/carto-python: carto/sync_tables.py.
func TestTrap55PUTWithoutABodyIsNoForce(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		id, _ := a.synchronize(object{"url": airURL})
		a.advance(time.Hour / 2)
		before := a.sync(id)
		fact(t, "status", 500, a.send("PUT", "/api/v1/synchronizations/"+id, "").Status)
		fact(t, "nothing happened", before, a.sync(id))
	})
}
