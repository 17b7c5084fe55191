package conformance

import "net/http"

// columnChecks are about what becomes of the cells of a file.
func columnChecks() []check {
	return []check{
		{"14.1", "types are guessed", "The cells of a CSV file decide a column's type, and a single one can.", 0, typesAreGuessed},
		{"14.2", "leading zeros go", "Leading zeros are lost, unless quoted cells are not guessed.", 0, leadingZeros},
		{"14.3", "empty cells", "An empty cell is NULL in a column of numbers, and an empty text in one of text.", 0, emptyCells},
		{"14.4", "points from two columns", "Columns called latitude and longitude become points.", 0, pointsFromColumns},
		{"14.5", "names of columns", "Names of columns are rewritten, and reserved words get a `_` before them.", 0, namesOfColumns},
		{"14.6", "columns of every dataset", "Every dataset has `cartodb_id`, `the_geom` and `the_geom_webmercator`.", 0, columnsOfAll},
		{"14.7", "lines and polygons are multiple", "Lines and polygons become multiple lines and polygons, and of several points only the first stays.", 0, multiple},
		{"14.8", "delimiters", "Semicolons and tabs separate as commas do.", 0, delimiters},
	}
}

// types are a dataset's columns with their CARTO types.
func (p *probe) types(name string) map[string]string {
	p.Helper()
	all := map[string]string{}
	columns, _ := p.get("/api/v1/tables/" + p.name(name))["schema"].([]any)
	for _, column := range columns {
		all[column.([]any)[0].(string)] = column.([]any)[1].(string)
	}
	return all
}

func typesAreGuessed(p *probe) {
	p.load(p.name("d.csv"), "i,f,b,d,s,na,mixed\n1,1.5,true,2020-01-31,x,1,1\n2,2,false,2020-02-01,y,NA,x\n")
	got := p.types("d")
	for column, want := range map[string]string{"i": "number", "f": "number", "b": "boolean", "d": "date", "s": "string", "na": "string", "mixed": "string"} {
		p.same(column, want, got[column])
	}
}

func leadingZeros(p *probe) {
	p.load(p.name("d.csv"), "zip\n04109\n01067\n")
	p.same("guessed", 4109.0, p.cell("SELECT zip FROM "+p.name("d")+" WHERE cartodb_id = 1"))
	p.load(p.name("e.csv"), "zip,town\n\"04109\",Leipzig\n\"01067\",Dresden\n", "quoted_fields_guessing", "false")
	p.same("quoted", "04109", p.cell("SELECT zip FROM "+p.name("e")+" WHERE cartodb_id = 1"))
}

func emptyCells(p *probe) {
	p.load(p.name("d.csv"), "n,s\n1,x\n,\n")
	p.same("the second row", []any{object{"n": nil, "s": ""}}, p.query("SELECT n, s FROM "+p.name("d")+" WHERE cartodb_id = 2"))
}

func pointsFromColumns(p *probe) {
	p.load(p.name("d.csv"), "name,latitude,longitude\na,40.4,-3.7\n")
	p.same("the point", "POINT(-3.7 40.4)", p.cell("SELECT ST_AsText(the_geom) FROM "+p.name("d")))
	p.load(p.name("e.csv"), "name,x,y\na,1,2\n")
	p.same("x and y", nil, p.cell("SELECT the_geom FROM "+p.name("e")))
}

func namesOfColumns(p *probe) {
	p.load(p.name("d.csv"), "Full Name,End,Oid\nx,y,1\n")
	got := p.types("d")
	for _, column := range []string{"full_name", "_end", "oid_"} {
		if _, there := got[column]; !there {
			p.Errorf("there is no %s in %v", column, got)
		}
	}
}

func columnsOfAll(p *probe) {
	p.load(p.name("d.csv"), "a\n1\n")
	p.same("status", http.StatusOK, p.send("GET", ask("SELECT cartodb_id, the_geom, the_geom_webmercator FROM "+p.name("d")), nil).Status)
	p.same("as tables show them", map[string]string{"cartodb_id": "number", "the_geom": "geometry", "a": "number"}, p.types("d"))
}

func multiple(p *probe) {
	for geometry, want := range map[string]string{
		`{"type":"LineString","coordinates":[[0,0],[1,1]]}`:            "MULTILINESTRING((0 0,1 1))",
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`: "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
		`{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`:            "POINT(1 2)",
	} {
		job := p.load(p.name("g.geojson"), `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":`+geometry+`}]}`)
		p.same(geometry, want, p.cell("SELECT ST_AsText(the_geom) FROM "+job["table_name"].(string)))
	}
}

func delimiters(p *probe) {
	for file, content := range map[string]string{"semi.csv": "a;b\n1;x\n2;y\n", "tab.tsv": "a\tb\n1\tx\n2\ty\n", "comma.csv": "a,b\n1,x\n2,y\n"} {
		job := p.load(p.name(file), content)
		p.same(file, []any{object{"a": 2.0, "b": "y"}}, p.query("SELECT a, b FROM "+job["table_name"].(string)+" WHERE cartodb_id = 2"))
	}
}
