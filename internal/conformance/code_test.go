package conformance

import (
	"encoding/json"
	"net/http"
)

// codeChecks are about why imports fail.
func codeChecks() []check {
	return []check{
		{"10.1", "codes of files", "What is wrong with a file is said by a code, and by a title, an explanation and whose fault it is.", 0, codesOfFiles},
		{"10.2", "codes of URLs", "What is wrong with a URL is said by a code, and what its server answered.", ownSource, codesOfURLs},
	}
}

func codesOfFiles(p *probe) {
	const point = `{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}`
	geojson, _ := json.Marshal(object{"a": 1})
	for _, c := range []struct {
		what, file, content string
		code                float64
	}{
		{"nothing in it", "empty.csv", "", 1005},
		{"a type that nobody knows", "x.doc", "hello", 1002},
		{"an archive that is none", "x.zip", "no archive", 1003},
		{"an archive without anything to import", "y.zip", zipped("picture.png", "x"), 1002},
		{"JSON that is no GeoJSON", "x.geojson", string(geojson), 1002},
		{"a cartodb_id twice", "id.csv", "cartodb_id,a\n1,x\n1,y\n", 2011},
		{"a Shapefile without its other files", "shape.zip", zipped("roads.shp", "x"), 1006},
	} {
		job := p.upload(p.name(c.file), c.content)
		p.Log(c.what)
		p.failed(job, c.code)
		p.keys("its text", "title what_about source", job["get_error_text"])
		p.same("whose fault", "user", dig(job, "get_error_text", "source"))
	}
	p.same("a good one", "complete", p.upload(p.name("good.geojson"), `{"type":"FeatureCollection","features":[`+point+`]}`)["state"])
}

func codesOfURLs(p *probe) {
	for status, code := range map[int]float64{http.StatusNotFound: 1100, http.StatusUnauthorized: 1101, http.StatusInternalServerError: 1001, http.StatusForbidden: 1001} {
		f := p.serve("x.csv", "a\n1\n")
		p.web.change(f, func(f *file) { f.status = status })
		p.failed(p.post(object{"url": f.URL}), code)
	}
	p.failed(p.post(object{"url": "http://does-not-exist.invalid/" + p.name("x.csv")}), 1102)
}
