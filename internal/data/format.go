package data

import (
	"archive/zip"
	"bytes"
	"context"
	"path"
	"slices"
	"strings"
)

// A Format names how a file is read.
type Format string

// The formats. Those without a reader are recognised only: a file of theirs has
// a size and a hash, but looking inside gives an [*UnsupportedError].
const (
	FormatCSV     Format = "csv" // any delimited text
	FormatGeoJSON Format = "geojson"
	FormatJSON    Format = "json" // an array of objects, which CARTO turns into CSV
	FormatXLSX    Format = "xlsx"
	FormatXLS     Format = "xls"
	FormatODS     Format = "ods"
	FormatSHP     Format = "shp"
	FormatKML     Format = "kml"
	FormatGPX     Format = "gpx"
	FormatGPKG    Format = "gpkg"
	FormatFGDB    Format = "gdb"
	FormatOSM     Format = "osm"
	FormatTAB     Format = "tab"
	FormatTIFF    Format = "tiff"
	FormatZIP     Format = "zip" // archives: zip, kmz, carto, gz, tar, tgz, bz2, rar
	FormatGZ      Format = "gz"
	FormatTAR     Format = "tar"
	FormatBZ2     Format = "bz2"
	FormatRAR     Format = "rar"
	FormatCARTO   Format = "carto"
)

// A format is one entry of the table: to read a further format, write its schema
// function in a file of its own and enter it here.
type format struct {
	name       Format
	extensions []string // as they end a normalised name
	magic      []string // what the content may begin with; empty: not looked at
	wrongMagic int      // CARTO's code when it begins otherwise
	schema     func(context.Context, *Layer, Options) (*Schema, error)
}

// formats is in the order of CARTO's list.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/unp.rb, SUPPORTED_FORMATS.
func formats() []format {
	return []format{
		{name: FormatCSV, extensions: []string{".csv"}, schema: csvSchema},
		{name: FormatGeoJSON, extensions: []string{".geojson", ".js"}, schema: geojsonSchema},
		{name: FormatJSON, extensions: []string{".json"}, schema: jsonSchema},
		{name: FormatSHP, extensions: []string{".shp"}, schema: shpSchema},
		{name: FormatXLSX, extensions: []string{".xlsx"}, magic: []string{"PK\x03\x04", "PK\x05\x06"}, wrongMagic: 2008, schema: xlsxSchema},
		{name: FormatXLS, extensions: []string{".xls"}, magic: []string{"\xd0\xcf\x11\xe0", "PK\x03\x04", "\x09\x08"}, wrongMagic: 2008},
		{name: FormatODS, extensions: []string{".ods"}, magic: []string{"PK\x03\x04"}, wrongMagic: 1002},
		{name: FormatKML, extensions: []string{".kml", ".kmz"}},
		{name: FormatGPX, extensions: []string{".gpx"}},
		{name: FormatGPKG, extensions: []string{".gpkg"}, magic: []string{"SQLite format 3\x00"}, wrongMagic: 1002},
		{name: FormatFGDB, extensions: []string{".gdb", ".fgdb"}},
		{name: FormatOSM, extensions: []string{".osm"}},
		{name: FormatTAB, extensions: []string{".tab"}},
		{name: FormatTIFF, extensions: []string{".tif", ".tiff"}, magic: []string{"II*\x00", "MM\x00*", "II+\x00"}, wrongMagic: 1002},
	}
}

// formatOf finds the format of a normalised file name. CARTO goes by the last
// extension alone.
func formatOf(file string) (format, bool) {
	for _, f := range formats() {
		if slices.ContainsFunc(f.extensions, func(ext string) bool { return strings.HasSuffix(file, ext) }) {
			return f, true
		}
	}
	return format{}, false
}

// Extension is a file name's ending in lower case, with that of what a
// compressed file holds: ".csv.gz".
func Extension(file string) string {
	base := strings.ToLower(path.Base(file))
	ext := path.Ext(base)
	if ext == ".gz" || ext == ".bz2" {
		return path.Ext(strings.TrimSuffix(base, ext)) + ext
	}
	return ext
}

// check compares the beginning of a file with what its format demands.
func (f format) check(head []byte) *Fault {
	if len(f.magic) == 0 {
		return nil
	}
	for _, m := range f.magic {
		if bytes.HasPrefix(head, []byte(m)) {
			return nil
		}
	}
	if f.name == FormatXLSX && !looksLikeText(head) {
		return faultf(1005, "the spreadsheet cannot be read: %v", zip.ErrFormat)
	}
	return faultf(f.wrongMagic, "the file is named .%s but its content is something else", f.name)
}

// looksLikeText tells text called .xlsx, which CARTO recognises as such, from
// anything else, which its conversion fails on.
func looksLikeText(head []byte) bool {
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return len(head) > 0
}
