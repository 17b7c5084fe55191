package datatest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// A writer's errors are those of memory, which there are none of: must says so loudly.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("datatest: %v", err))
	}
}

// Zip makes a zip of pairs of name and content.
func Zip(pairs ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		must(err)
		_, err = io.WriteString(w, pairs[i+1])
		must(err)
	}
	must(z.Close())
	return b.String()
}

// Gzip packs content.
func Gzip(content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, content)
	must(err)
	must(z.Close())
	return b.String()
}

// Tar makes a tar file of pairs of name and content.
func Tar(pairs ...string) string {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		must(t.WriteHeader(&tar.Header{Name: pairs[i], Mode: 0o600, Size: int64(len(pairs[i+1])), Typeflag: tar.TypeReg}))
		_, err := io.WriteString(t, pairs[i+1])
		must(err)
	}
	must(t.Close())
	return b.String()
}

// packed are archives.
func packed() []File {
	const table = "id,name\n1,Ana\n2,Eva\n"
	const kml = `<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>a</name><Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>`
	return []File{
		{"zipped_by_mac.zip", Zip("stations/", "", "stations/Bike Stations.csv", table, "__MACOSX/stations/._Bike Stations.csv", "\x00\x05\x16\x07", "stations/.DS_Store", "x"),
			"zip , UTF-8\n2 rows: id integer, name text"},
		{"zip_in_zip.zip", Zip("inner.zip", Zip("a.csv", table)),
			"\nfault 1002"},
		{"two_tables.zip", Zip("first.csv", table, "second.csv", "v\n1\n"),
			"zip , UTF-8\n2 rows: id integer, name text\nlayers first, second"},
		{"with_read_me.zip", Zip("README.txt", "hello", "licence.pdf", "%PDF", "described.csv", table),
			"zip , UTF-8\n2 rows: id integer, name text"},
		{"torn.zip", Zip("torn.csv", strings.Repeat(table, 100))[:100],
			"\nfault 1003"},
		{"no_data.zip", Zip("picture.png", "x"),
			"\nfault 1002"},
		{"packed.csv.gz", Gzip(table),
			"gz , UTF-8\n2 rows: id integer, name text"},
		{"packed_tar.tar.gz", Gzip(Tar("export/in_a_tar.csv", table)),
			"gz , UTF-8\n2 rows: id integer, name text"},
		{"plain.tar", Tar("in_a_plain_tar.csv", table),
			"tar , UTF-8\n2 rows: id integer, name text"},
		{"places.kmz", Zip("doc.kml", kml),
			"kml\nopaque"},
		{"places.kml", kml,
			"kml\nopaque"},
		{"not_a_sheet.xlsx", table,
			"xlsx\nfault 2008"},
	}
}
