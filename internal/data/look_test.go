package data_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

func sum(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

func lookAt(t *testing.T, file, content string) data.Look {
	t.Helper()
	look, err := data.LookAt(t.Context(), file, strings.NewReader(content), int64(len(content)), defaults())
	if err != nil {
		t.Fatal(err)
	}
	return look
}

func TestLookSaysEverything(t *testing.T) {
	const content = "code,lat,lon\n007,40.5,-3.5\n008,41.5,2.25\n009,,\n"
	want := data.Look{
		Format: "csv", Size: int64(len(content)), SHA256: sum(content), Recognised: true,
		Layers: 1, LayerNames: []string{"bike_stations"}, Encoding: "UTF-8", Delimiter: ",",
		Rows: 3, NullGeometries: 1, Geometry: data.GeometryPoint, CartodbID: data.IDGenerated,
		Columns: []data.Column{
			{Name: "code", Header: "code", Type: data.Integer},
			{Name: "lat", Header: "lat", Type: data.Double},
			{Name: "lon", Header: "lon", Type: data.Double},
		},
		Extent: &data.Extent{West: -3.5, South: 40.5, East: 2.25, North: 41.5},
		Warnings: []data.Warning{{
			Code: data.WarnLeadingZeros, Column: "code",
			Detail: "codes with leading zeros or a plus sign become numbers and lose them",
			Hint:   "quote them and set quoted_fields_guessing to false",
		}},
	}
	got := lookAt(t, "dir/Bike Stations.csv", content)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look (-want +got):\n%s", diff)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back data.Look
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("look after JSON (-want +got):\n%s", diff)
	}
}

func TestArchives(t *testing.T) {
	const ab = "a,b\n1,x\n2,y\n"
	many := make([]string, 0, 60)
	for i := range 30 {
		many = append(many, "f"+string(rune('a'+i%26))+strings.Repeat("x", i)+".csv", ab)
	}
	encrypted := []byte(datatest.Zip("a.csv", ab))
	encrypted[6] |= 1
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	corrupt := []byte(datatest.Zip("a.csv", strings.Repeat(ab, 100)))
	corrupt[50] ^= 0xff
	gz := datatest.Gzip(strings.Repeat(ab, 1000))

	type outcome struct {
		Names  string
		Rows   int64
		Fault  int
		Opaque bool
		Warned string
	}
	tests := []struct {
		name, file, content string
		want                outcome
	}{
		{name: "zip of one", file: "Z.ZIP", content: datatest.Zip("My Data.TXT", ab), want: outcome{Names: "my_data", Rows: 2}},
		{name: "zip of two", file: "zipped_ab.zip", content: datatest.Zip("zipped_a.csv", ab, "zipped_b.csv", ab), want: outcome{Names: "zipped_a zipped_b", Rows: 2}},
		{name: "hidden files, read-mes, unknown extensions", file: "z.zip", content: datatest.Zip("__MACOSX/a.csv", "x", ".a.csv", "x", ".d/b.csv", "x", "ReadMe first.txt", "x", "x.version.txt", "x", "a.pdf", "x", "dir/", "", "dir/a.csv", ab), want: outcome{Names: "a", Rows: 2}},
		{name: "evil names", file: "z.zip", content: datatest.Zip("../../etc/passwd.csv", ab, "/abs/b.csv", ab), want: outcome{Names: "passwd b", Rows: 2}},
		{name: "name that is not UTF-8", file: "z.zip", content: datatest.Zip("\xff.csv", ab), want: outcome{Fault: 2006}},
		{name: "nothing importable", file: "z.zip", content: datatest.Zip("a.pdf", "x"), want: outcome{Fault: 1002}},
		{name: "empty zip", file: "z.zip", content: datatest.Zip(), want: outcome{Fault: 1002}},
		{name: "not a zip", file: "z.zip", content: ab, want: outcome{Fault: 1003}},
		{name: "corrupt zip", file: "z.zip", content: string(corrupt), want: outcome{Names: "a", Fault: 1003}},
		{name: "encrypted zip", file: "z.zip", content: string(encrypted), want: outcome{Fault: 1018}},
		{name: "more layers than CARTO imports", file: "z.zip", content: datatest.Zip(many...), want: outcome{Names: "26", Rows: 2, Warned: "ignored_layers"}},
		{name: "empty file inside", file: "z.zip", content: datatest.Zip("a.csv", ""), want: outcome{Names: "a", Fault: 1005}},
		{name: "shapefile that is broken", file: "z.zip", content: datatest.Zip("D/Roads.shp", "x", "D/Roads.dbf", "x", "D/Roads.SHX", "x", "D/roads.prj", "x"), want: outcome{Names: "roads", Fault: 99999}},
		{name: "shapefile without .dbf", file: "z.zip", content: datatest.Zip("roads.shp", "x", "roads.shx", "x"), want: outcome{Names: "roads", Fault: 1006}},
		{name: "gz", file: "data.csv.gz", content: gz, want: outcome{Names: "data", Rows: 2999, Warned: "mixed_types"}},
		{name: "gz of something else", file: "data.pdf.gz", content: gz, want: outcome{Fault: 1002}},
		{name: "gz that is none", file: "data.csv.gz", content: ab, want: outcome{Fault: 1003}},
		{name: "truncated gz", file: "data.csv.gz", content: gz[:len(gz)-20], want: outcome{Names: "data", Fault: 1003}},
		{name: "tar", file: "t.tar", content: datatest.Tar("x.pdf", "-", "a.csv", ab, "b.csv", ab), want: outcome{Names: "a b", Rows: 2}},
		{name: "tgz", file: "t.tgz", content: datatest.Gzip(datatest.Tar("a.csv", ab)), want: outcome{Names: "a", Rows: 2}},
		{name: "tar.gz", file: "t.tar.gz", content: datatest.Gzip(datatest.Tar("a.csv", ab)), want: outcome{Names: "a", Rows: 2}},
		{name: "broken tar", file: "t.tar", content: strings.Repeat("x", 2048), want: outcome{Fault: 1003}},
		{name: "rar", file: "r.rar", content: "Rar!", want: outcome{Names: "r", Opaque: true}},
		{name: "carto", file: "m.carto", content: "PK", want: outcome{Names: "m", Opaque: true}},
		{name: "xlsx that is broken", file: "x.xlsx", content: "PK\x03\x04...", want: outcome{Names: "x", Fault: 1005}},
		{name: "ods", file: "x.ods", content: "PK\x03\x04...", want: outcome{Names: "x", Opaque: true}},
		{name: "xls", file: "x.xls", content: "\xd0\xcf\x11\xe0", want: outcome{Names: "x", Opaque: true}},
		{name: "text called .xls", file: "x.xls", content: ab, want: outcome{Names: "x", Fault: 2008}},
		{name: "gpkg", file: "x.gpkg", content: "SQLite format 3\x00", want: outcome{Names: "x", Opaque: true}},
		{name: "kml", file: "x.kml", content: "<kml/>", want: outcome{Names: "x", Opaque: true}},
		{name: "shp alone", file: "x.shp", content: "x", want: outcome{Names: "x", Fault: 1006}},
		{name: "unknown extension", file: "x.pdf", content: ab, want: outcome{Fault: 1002}},
		{name: "no extension", file: "x", content: ab, want: outcome{Fault: 1002}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			look := lookAt(t, tt.file, tt.content)
			got := outcome{Names: strings.Join(look.LayerNames, " "), Rows: look.Rows, Opaque: look.Opaque}
			if look.Layers == 26 {
				got.Names = "26"
			}
			if look.Fault != nil {
				got.Fault = look.Fault.Code
			}
			for _, w := range look.Warnings {
				if string(w.Code) == tt.want.Warned {
					got.Warned = tt.want.Warned
				}
			}
			if look.Recognised != (look.Layers > 0) || look.Opaque != (look.Reason != "") {
				t.Errorf("recognised %t, %d layers, opaque %t, reason %q", look.Recognised, look.Layers, look.Opaque, look.Reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]any{sum(tt.content), int64(len(tt.content))}, []any{look.SHA256, look.Size}); diff != "" {
				t.Errorf("hash and size (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryLayerOfATarIsReached(t *testing.T) {
	content := datatest.Tar("a.csv", "v,k\n1,a\n", "b.csv", "v,k\n2,b\n")
	f, err := data.Open("t.tar", strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range f.Layers {
		s, err := l.Schema(t.Context(), defaults())
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range l.Rows(t.Context(), s) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, l.Name+" "+show(row.Values[1]))
		}
	}
	if diff := cmp.Diff([]string{"a 'a'", "b 'b'"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestArchivesWithinLimits(t *testing.T) {
	limits := data.DefaultLimits()
	limits.Entries, limits.Unpacked = 3, 1000
	four := []string{"a.csv", "a,b\n", "b.csv", "a,b\n", "c.csv", "a,b\n", "d.csv", "a,b\n"}
	long := "a,b\n" + strings.Repeat("1,x\n", 1000)
	bomb := data.DefaultLimits()
	bomb.RatioFrom = 1 << 20
	tests := []struct {
		name, file, content string
		limits              data.Limits
	}{
		{"zip of too many", "z.zip", datatest.Zip(four...), limits},
		{"tar of too many", "t.tar", datatest.Tar(four...), limits},
		{"zip that unpacks to too much", "z.zip", datatest.Zip("a.csv", long), limits},
		{"gz that unpacks to too much", "z.csv.gz", datatest.Gzip(long), limits},
		{"gz of zeros", "z.csv.gz", datatest.Gzip("a,b\n" + strings.Repeat("1,"+strings.Repeat("x", 10_000)+"\n", 200)), bomb},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			look, err := tt.limits.LookAt(t.Context(), tt.file, strings.NewReader(tt.content), int64(len(tt.content)), defaults())
			if err != nil {
				t.Fatal(err)
			}
			if look.Fault == nil || look.Fault.Code != 6666 {
				t.Errorf("fault is %v, want 6666", look.Fault)
			}
		})
	}
}

// A faultyReader fails behind a number of bytes.
type faultyReader struct {
	data []byte
	good int64
}

var errDisk = errors.New("disk on fire")

func (f faultyReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.good {
		return 0, errDisk
	}
	return copy(p, f.data[off:]), nil
}

func TestErrorsOfReadingAreNoFaults(t *testing.T) {
	content := []byte("a,b\n" + strings.Repeat("1,x\n", 400_000))
	zip := []byte(datatest.Zip("a.csv", string(content)))
	for _, tt := range []struct {
		file    string
		content []byte
	}{{"a.csv", content}, {"a.geojson", content}, {"a.zip", zip}, {"a.pdf", content}, {"a.csv.gz", content}} {
		t.Run(tt.file, func(t *testing.T) {
			_, err := data.LookAt(t.Context(), tt.file, faultyReader{tt.content, int64(len(tt.content)) / 2}, int64(len(tt.content)), defaults())
			if !errors.Is(err, errDisk) {
				t.Errorf("error is %v, want %v", err, errDisk)
			}
		})
	}
	t.Run("file that became shorter", func(t *testing.T) {
		_, err := data.LookAt(t.Context(), "a.csv", bytes.NewReader(content), int64(len(content))+10, defaults())
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error is %v, want %v", err, io.ErrUnexpectedEOF)
		}
	})
}

func TestContextEndsALook(t *testing.T) {
	content := "a,b\n1,x\n"
	cause := errors.New("enough")
	for _, tt := range [][2]string{{"a.csv", content}, {"a.geojson", onePoint}, {"a.zip", datatest.Zip("a.csv", content)}, {"a.csv.gz", datatest.Gzip(content)}, {"a.tgz", datatest.Gzip(datatest.Tar("a.csv", content))}} {
		t.Run(tt[0], func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			_, err := data.LookAt(ctx, tt[0], strings.NewReader(tt[1]), int64(len(tt[1])), defaults())
			if !errors.Is(err, cause) {
				t.Errorf("error is %v, want %v", err, cause)
			}
		})
	}
}

func TestRowsEndWhenNobodyWantsMore(t *testing.T) {
	for _, tt := range [][2]string{{"a.csv", "a,b\n1,x\n2,y\n3,z\n"}, {"a.geojson", values("1", "2", "3")}} {
		t.Run(tt[0], func(t *testing.T) {
			f, err := data.Open(tt[0], strings.NewReader(tt[1]), int64(len(tt[1])))
			if err != nil {
				t.Fatal(err)
			}
			s, err := f.Layers[0].Schema(t.Context(), defaults())
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, err := range f.Layers[0].Rows(t.Context(), s) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n == 2 {
					break
				}
			}
			if n != 2 {
				t.Errorf("read %d rows, want 2", n)
			}
		})
	}
}

func TestWarningsSayWhere(t *testing.T) {
	look := lookAt(t, "w.csv", "id;v\n1;10\n2;20\n3;NA\n4;x \"y\"\n")
	want := []data.Warning{
		{Code: data.WarnSkippedRows, Detail: "1 rows are dropped without a word because their quotes are malformed, the first on line 5"},
		{Code: data.WarnMixedTypes, Column: "v", Detail: `1 of 3 values are no numbers or dates, the first "NA" on line 4; they make the column text`},
	}
	if diff := cmp.Diff(want, look.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
