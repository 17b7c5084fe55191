package conformance

import (
	"math"
	"strings"
)

// formatChecks are about files that are no text.
func formatChecks() []check {
	return []check{
		{"14.11", "spreadsheets", "The first sheet of a spreadsheet becomes a dataset, as if it were a CSV file.", 0, spreadsheets},
		{"14.12", "Shapefiles", "A Shapefile comes as an archive of its `.shp`, `.shx` and `.dbf`.", 0, shapefiles},
		{"14.13", "projections", "The `.prj` of a Shapefile says in which coordinates it is, and without one they are degrees.", 0, projections},
	}
}

func spreadsheets(p *probe) {
	job := p.load(p.name("d.xlsx"), xlsx(
		`<row r="1">`+inline("name")+inline("code")+inline("open")+inline("day")+inline("note")+`</row>`+
			`<row r="2">`+inline("Plaza")+inline("007")+`<c t="b"><v>1</v></c><c s="1"><v>43861</v></c>`+inline("a&#10;b")+`</row>`+
			`<row r="3">`+inline("Retiro")+`<c><v>8</v></c><c t="b"><v>0</v></c><c s="1"><v>43862</v></c>`+inline("c")+`</row>`,
		`<row r="1">`+inline("other")+`</row><row r="2">`+inline("x")+`</row>`))
	p.same("one dataset", object{"table_name": p.name("d"), "tables_created_count": 1.0}, pick(job, "table_name tables_created_count"))
	got := p.types("d")
	for column, want := range map[string]string{"name": "string", "code": "number", "open": "boolean", "day": "date", "note": "string", "other": ""} {
		p.same(column, want, got[column])
	}
	p.same("the first row", []any{object{"name": "Plaza", "code": 7.0, "open": true, "day": "2020-01-31T00:00:00Z", "note": "ab"}},
		p.query("SELECT name, code, open, day, note FROM "+p.name("d")+" WHERE cartodb_id = 1"))
}

func shapefiles(p *probe) {
	shp, shx := points([2]float64{-3.7, 40.4}, [2]float64{-3.68, 40.41})
	dbf := dbase([]string{"name C", "docks N", "day D"}, []string{"Plaza", "12", "20200131"}, []string{"Retiro", "20", "20200201"})
	job := p.load(p.name("archive.zip"), zipped(p.name("d.shp"), shp, p.name("d.shx"), shx, p.name("d.dbf"), dbf))
	p.same("called after its .shp", p.name("d"), job["table_name"])
	p.same("rows", []any{
		object{"name": "Plaza", "docks": 12.0, "day": "2020-01-31T00:00:00Z", "g": "POINT(-3.7 40.4)"},
		object{"name": "Retiro", "docks": 20.0, "day": "2020-02-01T00:00:00Z", "g": "POINT(-3.68 40.41)"},
	}, p.query("SELECT name, docks, day, ST_AsText(the_geom) AS g FROM "+p.name("d")+" ORDER BY cartodb_id"))
	whole := map[string]string{".shp": shp, ".shx": shx, ".dbf": dbf}
	for _, missing := range []string{".shx", ".dbf"} {
		var files []string
		for extension, content := range whole {
			if extension != missing {
				files = append(files, p.name("e"+extension), content)
			}
		}
		p.Log("without", missing)
		p.failed(p.upload(p.name("e.zip"), zipped(files...)), 1006)
	}
}

// etrs89utm30 is the projection of Spain's maps, as a .prj spells it: metres east and north of a point 500 km west of where
// the meridian of 3 degrees west crosses the equator.
const etrs89utm30 = `PROJCS["ETRS_1989_UTM_Zone_30N",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],` +
	`PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],` +
	`PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-3.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`

func projections(p *probe) {
	shp, shx := points([2]float64{500000, 4427757.219})
	dbf := dbase([]string{"a N"}, []string{"1"})
	p.load(p.name("d.zip"), zipped(p.name("d.shp"), shp, p.name("d.shx"), shx, p.name("d.dbf"), dbf, p.name("d.prj"), etrs89utm30))
	for axis, want := range map[string]float64{"X": -3, "Y": 40} {
		got, _ := p.cell("SELECT ST_" + axis + "(the_geom) AS v FROM " + p.name("d")).(float64)
		if math.Abs(got-want) > 1e-6 {
			p.Errorf("%s is %v, not %v", strings.ToLower(axis), got, want)
		}
	}
	shp, shx = points([2]float64{1, 2})
	p.load(p.name("e.zip"), zipped(p.name("e.shp"), shp, p.name("e.shx"), shx, p.name("e.dbf"), dbf))
	p.same("without a projection", "POINT(1 2)", p.cell("SELECT ST_AsText(the_geom) FROM "+p.name("e")))
}
