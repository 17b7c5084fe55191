package name_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
)

func TestFromURL(t *testing.T) {
	const any = "https://example.org/download/12345"
	tests := []struct {
		name                   string
		url, disposition, kind string
		want                   string // "" means a random name
		dataset                string // checked when not empty
	}{
		// CartoDB/cartodb: services/importer/spec/unit/downloader_spec.rb
		{name: "query after the file", url: "http://www.nacis.org/download/110m/physical/ne_110m_lakes.zip?foo=bar", want: "ne_110m_lakes.zip"},
		{name: "signed S3 address", url: "https://s3.amazonaws.com/XXXX/ne_110m_lakes.csv?AWSAccessKeyId=XXX&Expires=1", want: "ne_110m_lakes.csv"},
		{name: "two extensions", url: "https://example.org/filegeodatabase.gdb.zip", want: "filegeodatabase.gdb.zip", dataset: "filegeodatabase_gdb"},
		{name: "file in the path's parameters", url: "https://manolo.escobar.es/param&myfilenameparam&zip_file.csv.zip&otherinfo", want: "zip_file.csv.zip"},
		{name: "file in the query", url: "http://www.ausstats.abs.gov.au/ausstats/subscriber.nsf/log?openagent&1259030001_MB_2011_ASGC_NSW_csv.zip&1259.0.30.001", want: "1259030001_MB_2011_ASGC_NSW_csv.zip"},
		{name: "no file at all", url: "https://manolo.escobar.es/param&nothing&otherinfo"},
		{name: "quoted disposition", url: any, disposition: `attachment; filename="bar.csv"`, want: "bar.csv"},
		{name: "disposition with more", url: any, disposition: `attachment; filename=map_gaudi3d.geojson; modification-date="Tue, 06 Aug 2013 15:05:35 GMT"`, want: "map_gaudi3d.geojson"},
		{name: "extension from the type", url: any, disposition: "attachment; filename=foowithoutextension", kind: "text/csv", want: "foowithoutextension.csv"},
		{name: "wrong extension", url: any, disposition: "attachment; filename=csvwithwrongextension.xml", kind: "text/csv", want: "csvwithwrongextension.csv"},
		{name: "gzip", url: "https://example.org/ok_data.csv.gz", kind: "application/x-gzip", want: "ok_data.csv.gz"},
		{name: "served as text", url: "https://example.org/clubbing.csv?param=wadus", kind: "text/plain", want: "clubbing.txt", dataset: "clubbing"},
		// What the server's own code gives when it is run.
		{name: "plus is a space", url: "https://example.org/a/my+file.csv", want: "my file.csv", dataset: "my_file"},
		{name: "dots are no word characters", url: "https://example.org/export?file=report.2020.csv", want: "2020.csv", dataset: "table_2020"},
		{name: "percent ends a word", url: "https://example.org/f?name=my%20report.csv", want: "20report.csv", dataset: "table_20report"},
		{name: "SQL API without disposition", url: "https://example.org/api/v2/sql?q=select&format=csv&filename=barrios"},
		{name: "the host carto.com looks like a file", url: "https://u.carto.com/api/v2/sql?q=select&format=csv", want: "u.carto"},
		{name: "file inside the path", url: "https://example.org/foo.csv/download"},
		{name: "format only", url: "https://example.org/export?format=csv"},
		{name: "number only", url: any},
		{name: "type against extension", url: "https://example.org/data.csv", kind: "application/json", want: "data.json"},
		{name: "zip served as text", url: "https://example.org/a.zip", kind: "text/plain", want: "a.txt", dataset: "a"},
		{name: "encoded disposition alone", url: "https://example.org/fall.csv", disposition: "attachment; filename*=UTF-8''x.csv", want: "fall.csv"},
		// Corners of the same code.
		{name: "encoded disposition, random", url: any, disposition: "attachment; filename*=UTF-8''x.csv"},
		{name: "encoded, then plain", url: any, disposition: "attachment; filename*=UTF-8''x.csv; filename=y.csv", want: "y.csv"},
		{name: "empty disposition name", url: "https://example.org/fall.csv", disposition: `attachment; filename=""`, want: "fall.csv"},
		{name: "semicolon inside quotes", url: any, disposition: `attachment; filename="a;b.csv"`, want: "a"},
		{name: "single quotes", url: any, disposition: "attachment;filename='it.csv'", want: "it.csv"},
		{name: "capital extension is found by its looks", url: "https://example.org/ROADS.CSV", want: "ROADS.CSV", dataset: "roads"},
		{name: "type with parameters, in capitals", url: "https://example.org/d.xml?x=d.json", kind: "Text/CSV; charset=utf-8", want: "d.csv"},
		{name: "unknown type", url: "https://example.org/d.geojson", kind: "application/octet-stream", want: "d.geojson"},
		{name: "text/plain keeps GeoJSON", url: "https://example.org/d.geojson", kind: "text/plain", want: "d.geojson"},
		{name: "tar.gz", url: "https://example.org/x?f=all.tar.gz&z", want: "all.tar.gz"},
		{name: "encoded path", url: "https://example.org/a%20b%zz.csv", want: ""},
		{name: "percent in the path", url: "https://example.org/a%20b.csv", want: "a b.csv", dataset: "a_b"},
		{name: "accents", url: "https://example.org/población.csv", want: "población.csv", dataset: "poblaci_n"},
		{name: "accent in the query", url: "https://example.org/q?f=población.csv", want: "B3n.csv"},
		{name: "white space around", url: "  https://example.org/a.csv\n", want: "a.csv"},
		{name: "not a URL", url: "http://[::1", want: ""},
		{name: "no name, known type", url: any, kind: "text/csv"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, ok := name.FromURL(tt.url, tt.disposition, tt.kind)
			type result struct {
				File string
				OK   bool
			}
			if diff := cmp.Diff(result{tt.want, tt.want != ""}, result{file, ok}); diff != "" {
				t.Errorf("FromURL (-want +got):\n%s", diff)
			}
			if tt.dataset != "" && name.FromUpload(file) != tt.dataset {
				t.Errorf("dataset of %q is %q, want %q", file, name.FromUpload(file), tt.dataset)
			}
		})
	}
}

func FuzzFromURL(f *testing.F) {
	f.Add("https://example.org/a.csv?x=%zz", `attachment; filename="b;c"`, "text/csv; q")
	f.Add("::", ";filename=", "application/json")
	f.Fuzz(func(t *testing.T, url, disposition, kind string) {
		if file, ok := name.FromURL(url, disposition, kind); ok == (file == "") {
			t.Errorf("FromURL(%q, %q, %q) = %q, %t", url, disposition, kind, file, ok)
		}
	})
}
