package conformance

// queryImportChecks are about datasets that are made of others.
func queryImportChecks() []check {
	return []check{
		{"5.1", "a dataset from a query", "`sql` with `table_name` makes a dataset of a query's rows, and counts no table.", 0, fromQuery},
		{"5.2", "a copy", "`table_copy` makes a copy of a dataset, and beats `sql`.", private, fromTable},
		{"5.3", "overwriting by a query", "`sql` with `overwrite` replaces a dataset's rows and columns without comparing them, and reports no table.", 0, overwriteByQuery},
		{"5.4", "the target must exist", "It fails with 8003 when there is no dataset of that very name.", 0, targetMustExist},
		{"5.5", "skip by raw name", "With `skip` it does nothing if the name is taken, and says 1022.", 0, skipByQuery},
		{"5.6", "a query that fails", "A query that fails is 8003.", 0, badQuery},
	}
}

func fromQuery(p *probe) {
	p.load(p.name("d.csv"), stations)
	job := p.complete(p.post(object{"sql": "SELECT name, docks FROM " + p.name("d") + " WHERE docks > 15", "table_name": p.name("big")}))
	p.same("the job", object{"data_type": "query", "table_name": p.name("big"), "tables_created_count": 0.0}, pick(job, "data_type table_name tables_created_count"))
	p.same("its rows", []any{object{"name": "Retiro"}}, p.query("SELECT name FROM "+p.name("big")))
	p.same("its type", "table", p.dataset(job)["type"])
}

func fromTable(p *probe) {
	p.load(p.name("d.csv"), stations)
	job := p.complete(p.post(object{"table_copy": p.name("d"), "sql": "SELECT 1 AS one", "table_name": p.name("copy"), "privacy": "private"}))
	p.same("its rows", 2.0, p.cell("SELECT count(*) FROM "+p.name("copy")))
	p.same("its privacy", "PRIVATE", p.dataset(job)["privacy"])
}

func overwriteByQuery(p *probe) {
	job := p.load(p.name("d.csv"), stations)
	before := p.dataset(job)
	again := p.complete(p.post(object{"sql": "SELECT name FROM " + p.name("d") + " LIMIT 1", "table_name": p.name("d"), "collision_strategy": "overwrite"}))
	p.same("the job", object{"table_id": nil, "tables_created_count": 0.0, "table_name": p.name("d"), "data_type": "query", "error_code": nil},
		pick(again, "table_id tables_created_count table_name data_type error_code"))
	p.same("the dataset", pick(before, kept), pick(p.viz(p.name("d")), kept))
	p.same("its rows", 1.0, p.cell("SELECT count(*) FROM "+p.name("d")))
	for _, column := range p.get("/api/v1/tables/" + p.name("d"))["schema"].([]any) {
		if column.([]any)[0] == "docks" {
			p.Error("the column that the query left out is still there")
		}
	}
}

func targetMustExist(p *probe) {
	p.failed(p.post(object{"sql": "SELECT 1 AS a", "table_name": p.name("nope"), "collision_strategy": "overwrite"}), 8003)
	p.load(p.name("d.csv"), "a\n1\n")
	p.failed(p.post(object{"sql": "SELECT 1 AS a", "table_name": p.name("D"), "collision_strategy": "overwrite"}), 8003)
}

func skipByQuery(p *probe) {
	p.load(p.name("d.csv"), "a\n1\n")
	job := p.post(object{"sql": "SELECT 2 AS a", "table_name": p.name("d"), "collision_strategy": "skip"})
	p.same("the job", object{"state": "complete", "error_code": 1022.0, "tables_created_count": 0.0}, pick(job, "state error_code tables_created_count"))
	p.same("the rows", 1.0, p.cell("SELECT a FROM "+p.name("d")))
}

func badQuery(p *probe) {
	p.failed(p.post(object{"sql": "SELECT nope FROM " + p.name("nowhere"), "table_name": p.name("x")}), 8003)
	p.failed(p.post(object{"table_copy": p.name("nowhere"), "table_name": p.name("x")}), 8003)
}
