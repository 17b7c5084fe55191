package conformance

import (
	"net/http"
	"strings"
)

const imports = "/api/v1/imports"

// importChecks are about jobs.
func importChecks() []check {
	return []check{
		{"2.1", "a job is stored", "`POST /api/v1/imports` answers 200 with `item_queue_id` and `success`, which says that a job was stored and nothing else.", 0, jobIsStored},
		{"2.2", "a job that succeeded", "A job that has succeeded shows the table's id and name, and no error.", 0, jobThatSucceeded},
		{"2.3", "success is missing until the end", "The key `success` is missing until the job has ended.", ownSource, successIsMissing},
		{"2.4", "a job that failed", "A job that has failed shows a code and its text, and for a URL what its server said.", ownSource, jobThatFailed},
		{"2.5", "unknown jobs", "A job that does not exist is a 500, an id that is no UUID an empty 404.", 0, unknownJobs},
		{"2.6", "the list of jobs", "`GET /api/v1/imports` lists the ids of unfinished jobs alone, newest first.", ownSource | invasive, listOfJobs},
		{"2.7", "the list fails what waits", "Listing fails the jobs that have waited for more than an hour, with 6671.", ownSource | invasive | admin, listFailsWaiting},
		{"2.8", "reading fails what is stuck", "Reading a job that no worker has any more, five minutes after it was stored, fails it with 6671.", admin, readingFailsStuck},
		{"2.9", "collision_strategy is checked", "`collision_strategy` is `skip`, `overwrite` or missing; an empty one is refused.", 0, strategyIsChecked},
		{"2.10", "privacy is checked", "`privacy` is `public`, `private` or `link` in any case; anything else is refused.", private, privacyIsChecked},
		{"2.11", "flags are true in two ways", "The guessing of types is on unless it is `false`, a map is made only for `true`.", 0, flags},
		{"2.12", "visualization_id is a map", "`visualization_id` is that of the map which `create_vis` asks for, never the dataset's.", 0, visualizationIsMap},
		{"2.13", "URLs are checked", "A URL must be http, https or ftp, and is refused otherwise.", 0, urlsAreChecked},
		{"2.14", "shapes of parameters", "A connector that is no object and a `service_item_id` that is no text are refused.", 0, shapesOfParameters},
		{"2.15", "slots", "With all its slots in use an account answers 429 without `Retry-After`.", ownSource, slots},
		{"2.16", "an archive shows one table", "An archive with several tables makes a dataset of each, and the job names one of them.", 0, archiveShowsOne},
		{"2.17", "a file must be a file", "A `file` or `filename` that is plain text is refused.", 0, fileMustBeFile},
		{"2.18", "the file's name is kept", "Of an upload's file name directories are dropped and spaces become `_`.", 0, fileNameIsKept},
		{"2.19", "sources have an order", "`url` comes before `connector`, both before a file, and `table_copy` and `sql` before all.", 0, sourcesHaveOrder},
		{"2.20", "limits", "A file above the account's limit fails with 6666, more rows than it allows fail with 6668.", smallLimit, limits},
		{"2.21", "a day", "Jobs that were stored more than a day ago are not in the list, even while they run.", ownSource | invasive | admin, listOfADay},
	}
}

const (
	jobKeys = "id user_id table_id data_type table_name state error_code queue_id tables_created_count synchronization_id type_guessing " +
		"quoted_fields_guessing content_guessing create_visualization visualization_id user_defined_limits get_error_text display_name original_url warnings is_raster"
	endedKeys    = jobKeys + " success"
	completeKeys = endedKeys + " any_table_raster derived_visualization_id"
)

func jobIsStored(p *probe) {
	got := p.send("POST", imports, object{})
	p.same("status and type", []any{200, "application/json; charset=utf-8"}, []any{got.Status, got.Type})
	stored := p.decode(got)
	p.keys("the answer", "item_queue_id success", stored)
	p.same("success", true, stored["success"])
	job := p.ended(stored["item_queue_id"])
	p.failed(job, 1010)
	p.same("the code that has no text", nil, job["get_error_text"])
}

func jobThatSucceeded(p *probe) {
	name := p.name("stations")
	job := p.load(name+".csv", stations)
	p.keys("the job", completeKeys, job)
	want := object{"state": "complete", "success": true, "error_code": nil, "get_error_text": nil, "table_name": name, "data_type": "file", "tables_created_count": 1.0,
		"display_name": name + ".csv", "warnings": nil, "is_raster": false, "type_guessing": true, "quoted_fields_guessing": true, "content_guessing": false,
		"create_visualization": false, "user_defined_limits": `{"twitter_credits_limit":0}`, "synchronization_id": nil}
	for key, value := range want {
		p.same(key, value, job[key])
	}
	p.same("queue_id", job["id"], job["queue_id"])
	p.same("the dataset's table", job["table_id"], dig(p.viz(name), "table", "id"))
}

// slow is a source that is not delivered before its release, which comes at the end of the check at the latest.
func (p *probe) slow(path, body string) (f *file, release func()) {
	f = p.web.serve(path, body)
	gate := make(chan struct{})
	open := false
	p.web.change(f, func(f *file) { f.gate = gate })
	release = func() {
		if !open {
			open = true
			close(gate)
			p.web.change(f, func(f *file) { f.gate = nil })
		}
	}
	p.Cleanup(release)
	return f, release
}

func successIsMissing(p *probe) {
	f, release := p.slow("/"+p.name("slow.csv"), "a\n1\n")
	id := p.ok("POST", imports, object{"url": f.URL})["item_queue_id"]
	<-f.waiting
	job := p.job(id)
	p.keys("a job that runs", jobKeys, job)
	p.same("its result", object{"table_id": nil, "table_name": nil, "tables_created_count": nil, "error_code": nil}, pick(job, "table_id table_name tables_created_count error_code"))
	release()
	p.complete(p.ended(id))
}

func jobThatFailed(p *probe) {
	gone := p.web.url + "/" + p.name("gone.csv")
	job := p.post(object{"url": gone})
	p.keys("the job", endedKeys+" http_response_code http_response_code_message", job)
	p.failed(job, 1100)
	p.same("what the source said", object{"http_response_code": "404", "http_response_code_message": "Not Found", "data_type": "url", "original_url": gone, "tables_created_count": nil},
		pick(job, "http_response_code http_response_code_message data_type original_url tables_created_count"))
	p.keys("the text", "title what_about source", job["get_error_text"])
	p.same("whose fault", "user", dig(job, "get_error_text", "source"))
}

func unknownJobs(p *probe) {
	p.refused(p.send("GET", imports+"/not-a-uuid", nil), http.StatusNotFound, "")
	p.same("a UUID", http.StatusInternalServerError, p.send("GET", imports+"/"+nobody, nil).Status)
}

func listOfJobs(p *probe) {
	f, release := p.slow("/"+p.name("slow.csv"), "a\n1\n")
	first := p.ok("POST", imports, object{"url": f.URL})["item_queue_id"]
	second := p.ok("POST", imports, object{"url": f.URL})["item_queue_id"]
	list := p.get(imports)
	p.keys("the list", "imports success", list)
	p.same("unfinished jobs", []any{second, first}, list["imports"])
	release()
	p.complete(p.ended(first))
	p.complete(p.ended(second))
	p.same("finished jobs", []any{}, p.get(imports)["imports"])
}

func strategyIsChecked(p *probe) {
	for _, bad := range []string{"", "append", "OVERWRITE"} {
		p.refused(p.send("POST", imports, object{"collision_strategy": bad}), http.StatusBadRequest, `{"errors":{"imports":"collision_strategy Invalid collision strategy"}}`)
	}
}

func privacyIsChecked(p *probe) {
	p.refused(p.send("POST", imports, object{"privacy": "secret"}), http.StatusBadRequest,
		`{"errors":{"imports":"Unknown value 'secret' for 'privacy'. Allowed values are: private, public and link"}}`)
	for asked, want := range map[string]string{"PRIVATE": "PRIVATE", "Public": "PUBLIC", "link": "LINK"} {
		p.same(asked, want, p.dataset(p.load(p.name(strings.ToLower(asked)+".csv"), "a\n1\n", "privacy", asked))["privacy"])
	}
}

func flags(p *probe) {
	job := p.load(p.name("x.csv"), "a\n1\n", "type_guessing", "0", "quoted_fields_guessing", "false", "create_vis", "1")
	p.same("the job", object{"type_guessing": true, "quoted_fields_guessing": false, "create_visualization": false}, pick(job, "type_guessing quoted_fields_guessing create_visualization"))
	job = p.load(p.name("y.csv"), "a\n1\n", "type_guessing", "false")
	p.same("without guessing", "1", p.cell("SELECT a FROM "+job["table_name"].(string)))
}

func visualizationIsMap(p *probe) {
	job := p.load(p.name("plain.csv"), "a\n1\n")
	p.same("without a map", object{"visualization_id": nil, "derived_visualization_id": nil}, pick(job, "visualization_id derived_visualization_id"))
	job = p.load(p.name("mapped.csv"), stations, "create_vis", "true")
	shown, made := job["visualization_id"].(string)
	if !made {
		p.Fatalf("no map was made: %v", job)
	}
	p.same("both keys", shown, job["derived_visualization_id"])
	p.same("its type", "derived", p.viz(shown)["type"])
	if shown == p.dataset(job)["id"] {
		p.Error("it is the dataset's")
	}
}

func urlsAreChecked(p *probe) {
	for _, bad := range []string{"file:///etc/passwd", "gopher://example.com/x.csv", "not a url", "//example.com/x.csv"} {
		p.refused(p.send("POST", imports, object{"url": bad}), http.StatusBadRequest, `{"errors":{"imports":"Invalid URL, cannot connect dataset: `+bad+`"}}`)
	}
}

func shapesOfParameters(p *probe) {
	p.same("a connector", http.StatusBadRequest, p.send("POST", imports, object{"connector": "hive"}).Status)
	p.refused(p.send("POST", imports, object{"service_item_id": object{"id": 1}}), http.StatusBadRequest, `{"errors":{"imports":"service_item_id field should be empty or a string"}}`)
}

func archiveShowsOne(p *probe) {
	one, two := p.name("one"), p.name("two")
	job := p.load(p.name("both.zip"), zipped(one+".csv", "a\n1\n", two+".csv", "b\n2\n", "readme.txt", "hello"))
	p.same("how many", 2.0, job["tables_created_count"])
	if shown := job["table_name"]; shown != one && shown != two {
		p.Errorf("it shows %v", shown)
	}
	for _, name := range []string{one, two} {
		table, _ := dig(p.viz(name), "table", "id").(string)
		p.dispose(table)
	}
}

func fileMustBeFile(p *probe) {
	for _, key := range []string{"file", "filename"} {
		got := p.send("POST", imports, object{key: "x.csv"})
		if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "tempfile") {
			p.Errorf("%s: %d %s", key, got.Status, got.Body)
		}
	}
}

func fileNameIsKept(p *probe) {
	job := p.load(p.name("two words.csv"), "a\n1\n")
	p.same("display_name", p.name("two_words.csv"), job["display_name"])
	job = p.load("some/where/"+p.name("deep.csv"), "a\n1\n")
	p.same("display_name", p.name("deep.csv"), job["display_name"])
}

func sourcesHaveOrder(p *probe) {
	name := p.name("x")
	p.load(name+".csv", "a\n1\n")
	job := p.post(form{"file", p.name("y.csv"), "b\n2\n", []string{"table_copy", name, "sql", "SELECT 3 AS c", "table_name", p.name("copy")}})
	p.same("the job", object{"state": "complete", "data_type": "query", "table_name": p.name("copy")}, pick(job, "state data_type table_name"))
	p.same("its rows", []any{object{"a": 1.0}}, p.query("SELECT a FROM "+p.name("copy")))
	p.refused(p.send("POST", imports, form{"file", p.name("y.csv"), "b\n2\n", []string{"url", "file:///x.csv"}}), http.StatusBadRequest,
		`{"errors":{"imports":"Invalid URL, cannot connect dataset: file:///x.csv"}}`)
}

func limits(p *probe) {
	row := "a line of some length to fill a file\n"
	p.failed(p.upload(p.name("wide.csv"), "a\n"+strings.Repeat(row, int(p.fileLimit)/len(row)+1)), 6666)
	p.failed(p.upload(p.name("long.csv"), "a\n"+strings.Repeat("1\n", int(p.rowLimit)+1)), 6668)
}
