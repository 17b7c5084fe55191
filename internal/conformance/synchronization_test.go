package conformance

import (
	"net/http"
	"time"
)

// synchronizationChecks are about what an account keeps of a synchronization, and what its requests do at once.
func synchronizationChecks() []check {
	return []check{
		{"6.1", "creating", "`POST /api/v1/synchronizations` answers with the new synchronization, queued, and the job of its first import.", source, createsSync},
		{"6.2", "intervals", "`interval` is a number or its text, 3600 if missing; below 900 nothing is stored.", source, intervals},
		{"6.3", "a refused URL leaves an orphan", "A URL that is refused leaves a synchronization behind that never runs.", 0, orphan},
		{"6.4", "never twice the same", "Every request makes another synchronization and another dataset.", source, neverTwice},
		{"6.5", "the first import links", "When its first import succeeds, a synchronization gets the dataset's name and id, and no validators yet.", source, firstImportLinks},
		{"6.6", "a failed first import", "When it fails, the synchronization fails with its code and keeps the name that it was given, or none.", ownSource, firstImportFails},
		{"6.7", "failures that come too early", "A first import that fails before its download begins leaves the synchronization queued for ever.", ownSource | smallLimit, failsTooEarly},
		{"6.8", "lists", "The list holds all synchronizations of the user, in no order and without pages.", source, listsSyncs},
		{"6.9", "what is not there", "What is not there is an empty 404; a change of an id that is no UUID is a 500.", 0, noSync},
		{"6.10", "anything can be assigned", "A change assigns whatever attributes it holds, unchecked, and ignores keys that it does not know.", source, assignsAnything},
		{"6.11", "the interval moves the next run", "A new `interval` is not checked, and sets `run_at` anew.", source, intervalMovesRun},
		{"6.12", "a short interval breaks tables", "With an interval below 900 `GET /api/v1/tables/ID` of the dataset is a 500.", source, shortIntervalBreaks},
		{"6.13", "a change that is no JSON", "A change that is no JSON is a 500.", source, changeIsNoJSON},
		{"6.14", "deletion leaves the dataset", "Deleting a synchronization leaves its dataset.", source, deletionLeaves},
		{"6.15", "a dataset takes its synchronization along", "Deleting a dataset deletes its synchronization.", source, datasetTakesSync},
		{"6.16", "two links", "A dataset finds its synchronization by id, the tables' endpoint by name, so that they may disagree.", source, twoLinks},
		{"6.17", "not within 15 minutes", "`PUT .../sync_now` answers 200 with `enqueued:false` within 900 seconds after the creation or the last run.", source, notWithin},
	}
}

const syncKeys = "id name interval url state created_at updated_at run_at ran_at modified_at etag checksum log_id error_code error_message retried_times user_id service_name service_item_id " +
	"type_guessing quoted_fields_guessing content_guessing visualization_id from_external_source"

// csv is the URL of a file that the account can fetch.
func (p *probe) csv() string {
	if p.web == nil {
		return p.csvURL
	}
	return p.serve("d.csv", "a\n1\n").URL
}

// serve offers a file under a name of the check's own.
func (p *probe) serve(name, body string) *file { return p.web.serve("/"+p.name(name), body) }

// synced is a synchronization whose first import has succeeded, and its dataset.
func (p *probe) synced(url string, values ...any) (id string, dataset object) {
	p.Helper()
	body := object{"url": url, "interval": 3600}
	for i := 0; i < len(values); i += 2 {
		body[values[i].(string)] = values[i+1]
	}
	y := p.synchronize(body)
	job := p.complete(p.ended(dig(y, "data_import", "item_queue_id")))
	return y["id"].(string), p.dataset(job)
}

func (p *probe) sync(id string) object {
	p.Helper()
	return p.get(synchronizations + "/" + id)
}

func (p *probe) assign(id string, values object) object {
	p.Helper()
	return p.ok("PUT", synchronizations+"/"+id, values)
}

// instant reads a timestamp of the API, whatever its form.
func (p *probe) instant(v any) time.Time {
	p.Helper()
	text, _ := v.(string)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	p.Fatalf("%q is no instant", text)
	return time.Time{}
}

func createsSync(p *probe) {
	url := p.csv()
	y := p.synchronize(object{"url": url, "interval": "3600"})
	p.keys("the answer", syncKeys+" data_import", y)
	p.keys("its import", "endpoint item_queue_id", y["data_import"])
	p.same("the endpoint", imports, dig(y, "data_import", "endpoint"))
	want := object{"name": nil, "interval": 3600.0, "url": url, "state": "queued", "modified_at": nil, "etag": nil, "checksum": "", "log_id": nil, "error_code": nil, "error_message": nil,
		"retried_times": 0.0, "service_name": nil, "service_item_id": nil, "visualization_id": nil, "from_external_source": false, "type_guessing": true, "quoted_fields_guessing": true, "content_guessing": false}
	for key, value := range want {
		p.same(key, value, y[key])
	}
	p.same("the first run", time.Hour, p.instant(y["run_at"]).Sub(p.instant(y["ran_at"])))
	job := p.ended(dig(y, "data_import", "item_queue_id"))
	p.same("the job's synchronization", y["id"], job["synchronization_id"])
	p.keys("as shown", syncKeys, p.sync(y["id"].(string)))
}

func intervals(p *probe) {
	before := p.get(synchronizations)["total_entries"]
	for _, short := range []any{899, "899", 0, "abc", nil} {
		p.refused(p.send("POST", synchronizations, object{"url": p.csv(), "interval": short}), http.StatusBadRequest, `{"errors":"Invalid interval: Sync interval must be at least 15 minutes"}`)
	}
	p.same("how many there are", before, p.get(synchronizations)["total_entries"])
	y := p.synchronize(object{"url": p.csv()})
	p.ended(dig(y, "data_import", "item_queue_id"))
	p.same("without one", 3600.0, y["interval"])
}

func orphan(p *probe) {
	url := "file:///" + p.name("x.csv")
	p.refused(p.send("POST", synchronizations, object{"url": url, "interval": 3600}), http.StatusBadRequest, `{"errors":"Invalid URL, cannot connect dataset: `+url+`"}`)
	var left object
	list, _ := p.get(synchronizations)["synchronizations"].([]any)
	for _, y := range list {
		if dig(y, "url") == url {
			left = y.(object)
			p.discard(left["id"].(string))
		}
	}
	p.same("what is left", object{"state": "created", "name": nil, "visualization_id": nil}, pick(left, "state name visualization_id"))
}

func neverTwice(p *probe) {
	url := p.csv()
	first, one := p.synced(url)
	second, two := p.synced(url)
	if first == second || one["id"] == two["id"] {
		p.Error("the second request changed the first synchronization")
	}
	p.same("the second dataset", one["name"].(string)+"_1", two["name"])
}

func firstImportLinks(p *probe) {
	id, d := p.synced(p.csv())
	y := p.sync(id)
	p.same("the synchronization", object{"state": "success", "name": d["name"], "visualization_id": d["id"], "etag": nil, "checksum": "", "service_item_id": nil, "retried_times": 0.0, "error_code": nil},
		pick(y, "state name visualization_id etag checksum service_item_id retried_times error_code"))
	p.same("the dataset's", id, dig(d, "synchronization", "id"))
	p.keys("as the dataset shows it", syncKeys, d["synchronization"])
}

func firstImportFails(p *probe) {
	gone := p.web.url + "/" + p.name("gone.csv")
	for _, name := range []any{nil, p.name("wanted")} {
		body := object{"url": gone, "interval": 3600}
		if name != nil {
			body["table_name"] = name
		}
		y := p.synchronize(body)
		p.failed(p.ended(dig(y, "data_import", "item_queue_id")), 1100)
		p.same("the synchronization", object{"state": "failure", "error_code": 1100.0, "name": name, "visualization_id": nil, "retried_times": 0.0},
			pick(p.sync(y["id"].(string)), "state error_code name visualization_id retried_times"))
	}
}

func failsTooEarly(p *probe) {
	f := p.serve("big.csv", "a\n")
	p.web.change(f, func(f *file) { f.announced = p.fileLimit + 1 })
	y := p.synchronize(object{"url": f.URL, "interval": 3600})
	p.failed(p.ended(dig(y, "data_import", "item_queue_id")), 6666)
	p.same("the synchronization", object{"state": "queued", "error_code": nil}, pick(p.sync(y["id"].(string)), "state error_code"))
}

func listsSyncs(p *probe) {
	var ids []string
	for range 3 {
		id, _ := p.synced(p.csv())
		ids = append(ids, id)
	}
	list := p.get(synchronizations + "?page=2&per_page=1")
	p.keys("the list", "synchronizations total_entries", list)
	all := list["synchronizations"].([]any)
	p.same("total_entries", float64(len(all)), list["total_entries"])
	seen := map[any]bool{}
	for _, y := range all {
		p.keys("an entry", syncKeys, y)
		seen[dig(y, "id")] = true
	}
	for _, id := range ids {
		if !seen[id] {
			p.Errorf("%s is not in the list", id)
		}
	}
}

func noSync(p *probe) {
	for _, r := range []struct{ method, path string }{
		{"GET", nobody}, {"PUT", nobody}, {"DELETE", nobody}, {"GET", nobody + "/sync_now"}, {"PUT", nobody + "/sync_now"},
	} {
		p.refused(p.send(r.method, synchronizations+"/"+r.path, object{}), http.StatusNotFound, "")
	}
	p.same("no UUID", http.StatusInternalServerError, p.send("PUT", synchronizations+"/x", object{}).Status)
}

func assignsAnything(p *probe) {
	id, _ := p.synced(p.csv())
	values := object{"name": p.name("other"), "state": "failure", "retried_times": 7.0, "error_code": 1001.0, "error_message": "x", "etag": "e", "checksum": "c",
		"service_item_id": "s", "url": "http://example.com/" + p.name("y.csv")}
	body := object{"colour": "red", "user": "x"}
	for key, value := range values {
		body[key] = value
	}
	got := p.assign(id, body)
	p.keys("the answer", syncKeys, got)
	p.same("the answer", values, pick(got, "name state retried_times error_code error_message etag checksum service_item_id url"))
	p.same("as read", values, pick(p.sync(id), "name state retried_times error_code error_message etag checksum service_item_id url"))
}

func intervalMovesRun(p *probe) {
	id, _ := p.synced(p.csv())
	for _, interval := range []any{60.0, "7200"} {
		y := p.assign(id, object{"interval": interval})
		want := map[any]float64{60.0: 60, "7200": 7200}[interval]
		p.same("the interval", want, y["interval"])
		if ahead := p.instant(y["run_at"]).Sub(p.instant(y["updated_at"])); ahead < time.Duration(want-60)*time.Second || ahead > time.Duration(want+60)*time.Second {
			p.Errorf("the next run is %s ahead", ahead)
		}
	}
}

func shortIntervalBreaks(p *probe) {
	id, d := p.synced(p.csv())
	path := "/api/v1/tables/" + dig(d, "table", "id").(string)
	p.same("before", http.StatusOK, p.send("GET", path, nil).Status)
	p.assign(id, object{"interval": 60})
	p.same("after", http.StatusInternalServerError, p.send("GET", path, nil).Status)
	p.assign(id, object{"interval": 3600})
}

func changeIsNoJSON(p *probe) {
	id, _ := p.synced(p.csv())
	for _, body := range []any{nil, raw{"text/plain", "{"}} {
		p.same("status", http.StatusInternalServerError, p.send("PUT", synchronizations+"/"+id, body).Status)
	}
}

func deletionLeaves(p *probe) {
	id, d := p.synced(p.csv())
	p.refused(p.send("DELETE", synchronizations+"/"+id, nil), http.StatusNoContent, "")
	p.refused(p.send("GET", synchronizations+"/"+id, nil), http.StatusNotFound, "")
	p.same("the dataset's", nil, p.viz(d["id"])["synchronization"])
}

func datasetTakesSync(p *probe) {
	id, d := p.synced(p.csv())
	p.same("deleted", http.StatusNoContent, p.send("DELETE", vizPath+"/"+d["id"].(string), nil).Status)
	p.refused(p.send("GET", synchronizations+"/"+id, nil), http.StatusNotFound, "")
}

func twoLinks(p *probe) {
	id, d := p.synced(p.csv())
	table := "/api/v1/tables/" + dig(d, "table", "id").(string)
	p.same("by name", id, dig(p.get(table), "synchronization", "id"))
	renamed := p.changed(d, object{"name": p.name("renamed")})
	p.same("by id", id, dig(renamed, "synchronization", "id"))
	p.same("by name after a rename", nil, p.get(table)["synchronization"])
	p.same("its name", d["name"], p.sync(id)["name"])
}

func notWithin(p *probe) {
	id, _ := p.synced(p.csv())
	path := synchronizations + "/" + id + "/sync_now"
	p.same("the answer", object{"enqueued": false, "synchronization_id": id}, p.ok("PUT", path, nil))
	p.same("the state", object{"state": "success"}, p.get(path))
}
