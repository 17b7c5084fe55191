package conformance

// collisionChecks are about names that are taken, and what collision_strategy makes of them.
func collisionChecks() []check {
	return []check{
		{"4.1", "a new dataset by default", "Without `collision_strategy` an import always makes a new dataset.", 0, newByDefault},
		{"4.2", "overwrite needs the predicted name", "Overwriting replaces the dataset whose name the import would get if it were free, and makes a new one if there is none.", 0, overwriteByName},
		{"4.3", "overwrite keeps the dataset", "Overwriting keeps the dataset's ids, its maps, metadata and privacy; rows are new.", private, overwriteKeeps},
		{"4.4", "overwrite reads no privacy", "`privacy` is not read when a dataset is overwritten.", private, overwriteReadsNoPrivacy},
		{"4.5", "old columns must stay", "Every column of the old table must come back in the same family of types, or the job fails with 2012 and nothing has changed.", 0, oldColumns},
		{"4.6", "new columns may come", "Columns that the old table does not have are welcome.", 0, newColumns},
		{"4.7", "skip", "With `skip` an import whose name is taken is complete, with the code 1022 and without a table.", 0, skip},
		{"4.8", "skip compares raw names", "`skip` compares names as they were before they were rewritten, so that a name that is rewritten is imported again.", 0, skipComparesRaw},
		{"4.9", "connectors never overwrite", "A connector's import takes `overwrite` and ignores it.", warehouse, connectorsNeverOverwrite},
		{"4.10", "synchronizations never overwrite", "A new synchronization reads neither `collision_strategy` nor `privacy`.", ownSource | private | scheduled, syncsNeverOverwrite},
		{"4.11", "archives overwrite by halves", "Overwriting with an archive of several tables fails with 99999 after the first table was replaced.", 0, archivesByHalves},
	}
}

func newByDefault(p *probe) {
	first := p.load(p.name("a.csv"), "a\n1\n")
	second := p.load(p.name("a.csv"), "a\n2\n")
	if first["table_id"] == second["table_id"] {
		p.Error("the dataset is the same")
	}
	p.same("the first one's rows", 1.0, p.cell("SELECT a FROM "+p.name("a")))
}

func overwriteByName(p *probe) {
	job := p.load(p.name("Not There.csv"), "a\n1\n", "collision_strategy", "overwrite")
	p.same("without a target", p.name("not_there"), job["table_name"])
	again := p.load(p.name("not  there.csv"), "a\n2\n", "collision_strategy", "overwrite")
	p.same("with one", pick(job, "table_id table_name"), pick(again, "table_id table_name"))
	p.same("its rows", 2.0, p.cell("SELECT a FROM "+p.name("not_there")))
}

// kept are the parts of a dataset that an overwrite leaves alone.
const kept = "id name map_id privacy tags description title license source attributions display_name"

func overwriteKeeps(p *probe) {
	job := p.load(p.name("d.csv"), stations)
	before := p.changed(p.dataset(job), object{"tags": []string{"B", "a"}, "description": "d", "privacy": "link", "title": "t", "license": "mit", "source": "s", "attributions": "me", "display_name": "D"})
	shown := p.ok("POST", "/api/v1/viz", object{"type": "derived", "name": p.name("map"), "tables": []string{p.name("d")}})
	again := p.load(p.name("d.csv"), "name,docks,lat,lon\nSol,1,40,-3\n", "collision_strategy", "overwrite")
	p.same("the job", object{"table_id": job["table_id"], "table_name": job["table_name"], "tables_created_count": 1.0}, pick(again, "table_id table_name tables_created_count"))
	p.same("the dataset", pick(before, kept), pick(p.dataset(again), kept))
	p.same("its rows", []any{object{"name": "Sol", "docks": 1.0}}, p.query("SELECT name, docks FROM "+p.name("d")))
	p.same("its map", p.name("map"), p.viz(shown["id"])["name"])
}

func overwriteReadsNoPrivacy(p *probe) {
	p.load(p.name("d.csv"), "a\n1\n", "privacy", "private")
	job := p.load(p.name("d.csv"), "a\n2\n", "collision_strategy", "overwrite", "privacy", "public")
	p.same("privacy", "PRIVATE", p.dataset(job)["privacy"])
}

func oldColumns(p *probe) {
	job := p.load(p.name("d.csv"), "n,s\n1,x\n2,y\n")
	for what, content := range map[string]string{"a missing column": "n\n1\n", "a number that became text": "n,s\none,x\n", "text that became a number": "n,s\n1,2\n"} {
		failed := p.upload(p.name("d.csv"), content, "collision_strategy", "overwrite")
		p.Log(what)
		p.failed(failed, 2012)
	}
	p.same("the rows", 2.0, p.cell("SELECT count(*) FROM "+p.name("d")))
	p.same("the dataset", job["table_id"], dig(p.viz(p.name("d")), "table", "id"))
	p.same("an integer that became a fraction", "complete", p.upload(p.name("d.csv"), "n,s\n1.5,x\n", "collision_strategy", "overwrite")["state"])
}

func newColumns(p *probe) {
	p.load(p.name("d.csv"), "n\n1\n")
	p.load(p.name("d.csv"), "n,lat,lon\n1,40,-3\n", "collision_strategy", "overwrite")
	p.same("a new one", 40.0, p.cell("SELECT lat FROM "+p.name("d")))
}

func skip(p *probe) {
	p.load(p.name("d.csv"), "a\n1\n")
	job := p.upload(p.name("d.csv"), "a\n2\n", "collision_strategy", "skip")
	p.same("the job", object{"state": "complete", "success": true, "error_code": 1022.0, "table_id": nil, "tables_created_count": 0.0, "table_name": nil},
		pick(job, "state success error_code table_id tables_created_count table_name"))
	p.keys("its text", "title what_about source", job["get_error_text"])
	p.same("the rows", 1.0, p.cell("SELECT a FROM "+p.name("d")))
}

func skipComparesRaw(p *probe) {
	p.load(p.name("two words.csv"), "a\n1\n")
	p.same("a name of two words", "complete", p.upload(p.name("two-words.csv"), "a\n1\n", "collision_strategy", "skip")["state"])
	p.same("the copy", p.name("two_words_1"), p.viz(p.name("two_words_1"))["name"])
}

func connectorsNeverOverwrite(p *probe) {
	body := object{"connector": object{"connection_id": p.connection("db"), "schema": "public", "table": "orders", "import_as": p.name("orders")}, "collision_strategy": "overwrite"}
	p.complete(p.post(body))
	p.same("again", p.name("orders_1"), p.complete(p.post(body))["table_name"])
}

func syncsNeverOverwrite(p *probe) {
	p.load(p.name("d.csv"), "a\n1\n", "privacy", "public")
	f := p.web.serve("/"+p.name("d.csv"), "a\n2\n")
	y := p.synchronize(object{"url": f.URL, "interval": 3600, "collision_strategy": "overwrite", "privacy": "public"})
	job := p.complete(p.ended(dig(y, "data_import", "item_queue_id")))
	p.same("its name", p.name("d_1"), job["table_name"])
	p.same("its privacy", "PRIVATE", p.dataset(job)["privacy"])
}

func archivesByHalves(p *probe) {
	one, two := p.name("one"), p.name("two")
	p.load(one+".csv", "a\n1\n")
	p.load(two+".csv", "a\n1\n")
	job := p.upload(p.name("both.zip"), zipped(one+".csv", "a\n2\n", two+".csv", "a\n2\n"), "collision_strategy", "overwrite")
	p.failed(job, 99999)
	replaced := 0
	for _, name := range []string{one, two} {
		if p.cell("SELECT a FROM "+name) == 2.0 {
			replaced++
		}
	}
	p.same("how many were replaced", 1, replaced)
}
