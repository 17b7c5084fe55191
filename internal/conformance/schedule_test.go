package conformance

import (
	"net/http"
	"time"
)

// scheduleChecks are about what synchronizations do as time passes.
func scheduleChecks() []check {
	const need = ownSource | admin
	return []check{
		{"6.18", "sync_now after 15 minutes", "After 900 seconds, or once its time has come, `sync_now` answers `enqueued:true` and queues a run.", need, nowAfter},
		{"6.19", "a run replaces", "A run whose source has changed replaces the dataset's rows and columns and keeps its ids, metadata and privacy.", need, runReplaces},
		{"6.20", "nothing new", "A run whose source tells the same `ETag` and no later `Last-Modified` succeeds and touches nothing.", need, nothingNew},
		{"6.21", "a dead source can succeed", "A source whose headers cannot be read counts as unchanged for one run, with the state `success`.", need, deadSourceSucceeds},
		{"6.22", "failures are counted", "A run that fails notes its code and is tried again after the interval, ten times; a success starts anew.", need, failuresCounted},
		{"6.23", "a name decides", "A run replaces whatever dataset has the synchronization's name, and fails with 9999 if none has.", need, nameDecides},
		{"6.24", "a failed first import comes back", "A failed first import with a `table_name` is tried again, and replaces a dataset of that name.", need, failedComesBack},
		{"6.25", "without a name it never works", "A failed first import without a name never makes a dataset later.", need, neverWorks},
		{"6.26", "the URL moves", "After the first run `service_item_id` holds the URL, and a change of `url` alone does nothing.", need, urlMoves},
		{"6.27", "changes during a run are lost", "The worker writes back all that it loaded, so that a change during a run is lost.", need, changesLost},
		{"6.28", "a deletion during a run is undone", "A synchronization that is deleted during a run comes back.", need, deletionUndone},
		{"6.29", "a crash leaves it syncing", "A worker that dies leaves `syncing` behind, which neither time nor `sync_now` ends.", need, crashLeaves},
		{"6.30", "run_at brings it forward", "A change of `run_at` to a time that has passed lets the next run begin.", need, runAtForward},
		{"6.31", "views hinder a run", "A run fails with 2013 while a view reads the dataset.", need, viewsHinder},
	}
}

// versioned is a source with an ETag.
func (p *probe) versioned(name, body, etag string) *file {
	f := p.serve(name, body)
	p.edit(f, body, etag)
	return f
}

func (p *probe) edit(f *file, body, etag string) {
	p.web.change(f, func(f *file) { f.body, f.etag = body, etag })
}

func nowAfter(p *probe) {
	id, _ := p.synced(p.versioned("d.csv", "a\n1\n", "1").URL)
	p.advance(16 * time.Minute)
	p.same("the answer", object{"enqueued": true, "synchronization_id": id}, p.ok("PUT", synchronizations+"/"+id+"/sync_now", nil))
	p.until("the run has ended", func() bool { return p.sync(id)["state"] == "success" })
	p.same("its validator", "1", p.sync(id)["etag"])
	p.same("at once again", false, p.ok("PUT", synchronizations+"/"+id+"/sync_now", nil)["enqueued"])
}

func runReplaces(p *probe) {
	f := p.versioned("d.csv", "a,b\n1,x\n", "1")
	id, d := p.synced(f.URL)
	before := p.changed(d, object{"tags": []string{"t"}, "description": "d", "privacy": "link"})
	p.ok("POST", sqlPath+"?q="+quoted("ALTER TABLE "+p.name("d")+" ADD COLUMN mine text"), nil)
	p.edit(f, "c\n5\n6\n", "2")
	p.advance(61 * time.Minute)
	p.same("its rows", []any{object{"c": 5.0}, object{"c": 6.0}}, p.query("SELECT c FROM "+p.name("d")+" ORDER BY c"))
	p.same("the dataset", pick(before, kept), pick(p.viz(d["id"]), kept))
	p.same("its table", dig(d, "table", "id"), dig(p.viz(d["id"]), "table", "id"))
	y := p.sync(id)
	p.same("the synchronization", object{"state": "success", "etag": "2", "service_item_id": f.URL, "retried_times": 0.0, "error_code": nil}, pick(y, "state etag service_item_id retried_times error_code"))
	p.same("the next run", time.Hour, p.instant(y["run_at"]).Sub(p.instant(y["ran_at"])).Round(time.Second))
	p.same("the column that was added by hand", http.StatusBadRequest, p.send("GET", ask("SELECT mine FROM "+p.name("d")), nil).Status)
}

func nothingNew(p *probe) {
	f := p.versioned("d.csv", "a\n1\n", "1")
	id, _ := p.synced(f.URL)
	p.advance(61 * time.Minute)
	p.ok("POST", sqlPath+"?q="+quoted("UPDATE "+p.name("d")+" SET a = 7"), nil)
	fetched := p.web.fetches(f)
	p.advance(61 * time.Minute)
	p.same("its rows", 7.0, p.cell("SELECT a FROM "+p.name("d")))
	p.same("how often the source was fetched", fetched, p.web.fetches(f))
	p.same("the state", "success", p.sync(id)["state"])
}

func deadSourceSucceeds(p *probe) {
	f := p.versioned("d.csv", "a\n1\n", "1")
	id, _ := p.synced(f.URL)
	p.advance(61 * time.Minute)
	p.web.change(f, func(f *file) { f.status = http.StatusNotFound })
	p.advance(61 * time.Minute)
	p.same("the first run", object{"state": "success", "etag": nil, "error_code": nil}, pick(p.sync(id), "state etag error_code"))
	p.advance(61 * time.Minute)
	p.same("the second", object{"state": "failure", "error_code": 1100.0, "retried_times": 1.0}, pick(p.sync(id), "state error_code retried_times"))
}

func failuresCounted(p *probe) {
	f := p.serve("d.csv", "a\n1\n")
	id, _ := p.synced(f.URL)
	broken := func(status int) { p.web.change(f, func(f *file) { f.status = status }) }
	broken(http.StatusInternalServerError)
	for range 3 {
		p.advance(61 * time.Minute)
	}
	p.same("after three", object{"state": "failure", "error_code": 1001.0, "retried_times": 3.0}, pick(p.sync(id), "state error_code retried_times"))
	broken(http.StatusOK)
	p.advance(61 * time.Minute)
	p.same("after a success", object{"state": "success", "error_code": nil, "retried_times": 0.0}, pick(p.sync(id), "state error_code retried_times"))
	broken(http.StatusInternalServerError)
	p.advance(15 * time.Hour)
	broken(http.StatusOK)
	p.advance(5 * time.Hour)
	p.same("after too many", object{"state": "failure", "retried_times": 10.0}, pick(p.sync(id), "state retried_times"))
	p.same("by hand", true, p.ok("PUT", synchronizations+"/"+id+"/sync_now", nil)["enqueued"])
	p.until("the run has ended", func() bool { return p.sync(id)["state"] == "success" })
}

func nameDecides(p *probe) {
	f := p.versioned("d.csv", "a\n1\n", "1")
	id, d := p.synced(f.URL)
	p.changed(d, object{"name": p.name("moved")})
	p.edit(f, "a\n2\n", "2")
	p.advance(61 * time.Minute)
	p.same("without a dataset of its name", object{"state": "failure", "error_code": 9999.0}, pick(p.sync(id), "state error_code"))
	p.same("its rows", 1.0, p.cell("SELECT a FROM "+p.name("moved")))
	p.load(p.name("d.csv"), "b\n9\n")
	p.advance(61 * time.Minute)
	p.same("the state", "success", p.sync(id)["state"])
	p.same("an unrelated dataset", 2.0, p.cell("SELECT a FROM "+p.name("d")))
}

func failedComesBack(p *probe) {
	p.load(p.name("mine.csv"), "a\n1\n")
	f := p.serve("other.csv", "b\n2\n")
	p.web.change(f, func(f *file) { f.status = http.StatusInternalServerError })
	y := p.synchronize(object{"url": f.URL, "interval": 3600, "table_name": p.name("mine")})
	p.failed(p.ended(dig(y, "data_import", "item_queue_id")), 1001)
	p.same("its rows before", 1.0, p.cell("SELECT a FROM "+p.name("mine")))
	p.web.change(f, func(f *file) { f.status = http.StatusOK })
	p.advance(61 * time.Minute)
	p.same("its rows after", 2.0, p.cell("SELECT b FROM "+p.name("mine")))
}

func neverWorks(p *probe) {
	f := p.serve("other.csv", "b\n2\n")
	p.web.change(f, func(f *file) { f.status = http.StatusInternalServerError })
	y := p.synchronize(object{"url": f.URL, "interval": 3600})
	p.failed(p.ended(dig(y, "data_import", "item_queue_id")), 1001)
	p.web.change(f, func(f *file) { f.status = http.StatusOK })
	p.advance(3*time.Hour + 30*time.Minute) // between two runs: a run that has begun brings a deleted synchronization back
	got := p.sync(y["id"].(string))
	p.same("the synchronization", object{"state": "failure", "error_code": 9999.0, "name": nil, "visualization_id": nil}, pick(got, "state error_code name visualization_id"))
	p.same("datasets", []string{}, p.names(p.mine("")))
}

func urlMoves(p *probe) {
	old, next := p.versioned("old.csv", "a\n1\n", "1"), p.versioned("next.csv", "a\n2\n", "2")
	id, _ := p.synced(old.URL)
	p.advance(61 * time.Minute)
	p.same("service_item_id", old.URL, p.sync(id)["service_item_id"])
	p.assign(id, object{"url": next.URL})
	p.advance(61 * time.Minute)
	p.same("the URL alone", []any{1.0, 0}, []any{p.cell("SELECT a FROM " + p.name("old")), p.web.fetches(next)})
	p.assign(id, object{"url": next.URL, "service_item_id": next.URL, "etag": nil, "checksum": "", "modified_at": nil})
	p.advance(61 * time.Minute)
	p.same("both", 2.0, p.cell("SELECT a FROM "+p.name("old")))
}

// running is a synchronization whose second run waits for its source until the release.
func (p *probe) running() (id string, release func()) {
	p.Helper()
	f, release := p.slow("/"+p.name("d.csv"), "a\n1\n")
	gate := f.gate
	p.web.change(f, func(f *file) { f.gate = nil })
	id, _ = p.synced(f.URL)
	p.web.change(f, func(f *file) { f.gate, f.body = gate, "a\n2\n" })
	p.jump(61 * time.Minute)
	<-f.waiting
	p.same("its state", "syncing", p.sync(id)["state"])
	return id, release
}

func changesLost(p *probe) {
	id, release := p.running()
	p.same("the answer", 7200.0, p.assign(id, object{"interval": 7200})["interval"])
	release()
	p.until("the run has ended", func() bool { return p.sync(id)["state"] == "success" })
	p.same("the interval", 3600.0, p.sync(id)["interval"])
}

func deletionUndone(p *probe) {
	id, release := p.running()
	p.same("the answer", http.StatusNoContent, p.send("DELETE", synchronizations+"/"+id, nil).Status)
	p.same("at once", http.StatusNotFound, p.send("GET", synchronizations+"/"+id, nil).Status)
	release()
	p.until("it is back", func() bool { return p.send("GET", synchronizations+"/"+id, nil).Status == http.StatusOK })
}

func crashLeaves(p *probe) {
	id, _ := p.synced(p.csv())
	p.inject("crash@PUT" + synchronizations + "/" + id + "*1")
	p.advance(61 * time.Minute)
	p.same("the state", "syncing", p.sync(id)["state"])
	p.advance(24 * time.Hour)
	p.same("by hand", false, p.ok("PUT", synchronizations+"/"+id+"/sync_now", nil)["enqueued"])
	p.same("a day later", "syncing", p.sync(id)["state"])
	p.assign(id, object{"state": "failure"})
	p.advance(61 * time.Minute)
	p.same("repaired", "success", p.sync(id)["state"])
}

func runAtForward(p *probe) {
	f := p.versioned("d.csv", "a\n1\n", "1")
	id, _ := p.synced(f.URL)
	p.edit(f, "a\n2\n", "2")
	p.assign(id, object{"run_at": p.instant(p.sync(id)["ran_at"]).Add(-time.Hour).Format(time.RFC3339)})
	p.until("it has run", func() bool { p.advance(time.Minute); return p.sync(id)["etag"] == "2" })
	p.same("its rows", 2.0, p.cell("SELECT a FROM "+p.name("d")))
}

func viewsHinder(p *probe) {
	f := p.versioned("d.csv", "a\n1\n", "1")
	id, _ := p.synced(f.URL)
	p.edit(f, "a\n2\n", "2")
	p.inject("view@PUT" + synchronizations + "/" + id + "*1")
	p.advance(61 * time.Minute)
	p.same("the synchronization", object{"state": "failure", "error_code": 2013.0}, pick(p.sync(id), "state error_code"))
	p.same("its rows", 1.0, p.cell("SELECT a FROM "+p.name("d")))
}
