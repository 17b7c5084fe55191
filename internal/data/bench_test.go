package data_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// geojsonFile is a collection of points and polygons of about 16 MB.
func geojsonFile() []byte {
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range 40_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		x, y := -3-float64(i%997)/1000, 40+float64(i%1000)/1000
		fmt.Fprintf(&b, `{"type":"Feature","properties":{"id":%d,"name":"Parcel %d","area":%.3f,"use":"residential"},"geometry":{"type":"Polygon","coordinates":[[`, i, i, float64(i)/7)
		for j := range 11 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "[%.7f,%.7f]", x+float64(j%10)/1e4, y+float64(j*j%10)/1e4)
		}
		b.WriteString("]]}}")
	}
	b.WriteString("]}")
	return b.Bytes()
}

// BenchmarkLookCSV compares a look, which parses, guesses types, computes bounds
// and hashes, with encoding/csv and a hash alone over the same bytes.
func BenchmarkLookCSV(b *testing.B) {
	for _, file := range []struct {
		name    string
		content []byte
	}{{"quoted", datatest.BigTable()}, {"plain", datatest.BigPlainTable()}} {
		b.Run(file.name+"/look", func(b *testing.B) { benchmarkLook(b, "b.csv", file.content) })
		b.Run(file.name+"/look-rewritten", func(b *testing.B) {
			benchmarkLook(b, "b.csv", bytes.ReplaceAll(file.content, []byte(","), []byte(";")))
		})
		b.Run(file.name+"/encoding-csv", func(b *testing.B) {
			b.SetBytes(int64(len(file.content)))
			b.ReportAllocs()
			for b.Loop() {
				h := sha256.New()
				r := csv.NewReader(io.TeeReader(bytes.NewReader(file.content), h))
				r.ReuseRecord = true
				for {
					if _, err := r.Read(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				h.Sum(nil)
			}
		})
	}
}

// BenchmarkLookGeoJSON compares a look with a pass of encoding/json over the
// tokens of the same bytes and a hash.
func BenchmarkLookGeoJSON(b *testing.B) {
	content := geojsonFile()
	b.Run("look", func(b *testing.B) { benchmarkLook(b, "b.geojson", content) })
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		b.ReportAllocs()
		for b.Loop() {
			h := sha256.New()
			d := json.NewDecoder(io.TeeReader(bytes.NewReader(content), h))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			h.Sum(nil)
		}
	})
}

func benchmarkLook(b *testing.B, file string, content []byte) {
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		look, err := data.LookAt(b.Context(), file, bytes.NewReader(content), int64(len(content)), data.DefaultOptions())
		if err != nil || look.Fault != nil {
			b.Fatal(err, look.Fault)
		}
	}
}

// BenchmarkRows measures the second pass.
func BenchmarkRows(b *testing.B) {
	for _, file := range []struct {
		name    string
		content []byte
	}{{"b.csv", datatest.BigTable()}, {"b.geojson", geojsonFile()}} {
		b.Run(file.name, func(b *testing.B) {
			f, err := data.Open(file.name, bytes.NewReader(file.content), int64(len(file.content)))
			if err != nil {
				b.Fatal(err)
			}
			s, err := f.Layers[0].Schema(b.Context(), data.DefaultOptions())
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(file.content)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range f.Layers[0].Rows(b.Context(), s) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
