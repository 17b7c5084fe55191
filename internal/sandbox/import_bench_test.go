package sandbox_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// csvTable is a table of stations of about 16 MB: numbers, text, quoted text, dates and coordinates.
func csvTable() []byte {
	var b bytes.Buffer
	b.WriteString("station_id,name,docks,opened,address,lat,lon,active\n")
	for i := range 180_000 {
		fmt.Fprintf(&b, "%d,Station %d,%d,20%02d-%02d-%02d,\"Calle Mayor %d, bajo\",%.6f,%.6f,%t\n",
			1000+i, i, i%40, i%24, 1+i%12, 1+i%28, i%300, 40+float64(i%1000)/1000, -3-float64(i%997)/1000, i%3 == 0)
	}
	return b.Bytes()
}

// plainTable is a table of about 16 MB without quotes and without a geometry.
func plainTable() []byte {
	var b bytes.Buffer
	b.WriteString("a,b,c,d,e,f\n")
	for i := range 350_000 {
		fmt.Fprintf(&b, "%d,row number %d,%d.%d,%d,some text,x\n", i, i, i, i%10, i%7)
	}
	return b.Bytes()
}

// BenchmarkImportCSV is a whole import, from the first byte of the upload to the finished dataset, and beside it what
// encoding/csv takes to read the same bytes: x-csv is how many times as long the import takes. While it runs, another
// client lists datasets and runs small queries all the time; worst-wait-ms is the longest that one of its requests took.
func BenchmarkImportCSV(b *testing.B) {
	for _, file := range []struct {
		name    string
		content []byte
	}{{"stations", csvTable()}, {"plain", plainTable()}} {
		b.Run(file.name, func(b *testing.B) {
			a := open(b, sandbox.Config{ImportRows: 1 << 40})
			a.load("small.csv", stations)
			b.SetBytes(int64(len(file.content)))
			var imports, reads []time.Duration
			for b.Loop() {
				began := time.Now()
				readCSV(b, file.content)
				reads = append(reads, time.Since(began))
				began = time.Now()
				a.load("big.csv", string(file.content), "collision_strategy", "overwrite")
				imports = append(imports, time.Since(began))
			}
			b.ReportMetric(float64(median(imports))/float64(median(reads)), "x-csv")
		})
	}
}

func readCSV(b *testing.B, content []byte) {
	r := csv.NewReader(bytes.NewReader(content))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
