package sandbox_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/data/datatest"
	"github.com/cartosync/cartosync/internal/sandbox"
)

// BenchmarkImportCSV is a whole import, from the first byte of the upload to the finished dataset, and beside it what
// encoding/csv takes to read the same bytes: x-csv is how many times as long the import takes. While it runs, another
// client lists datasets and runs small queries all the time; worst-wait-ms is the longest that one of its requests took.
func BenchmarkImportCSV(b *testing.B) {
	for _, file := range []struct {
		name    string
		content []byte
	}{{"stations", datatest.BigTable()}, {"plain", datatest.BigPlainTable()}} {
		b.Run(file.name, func(b *testing.B) {
			a := open(b, sandbox.Config{ImportRows: 1 << 40})
			a.load("small.csv", stations)
			b.SetBytes(int64(len(file.content)))
			stop := meanwhile(a)
			var imports, reads []time.Duration
			for b.Loop() {
				began := time.Now()
				readCSV(b, file.content)
				reads = append(reads, time.Since(began))
				began = time.Now()
				importBig(a, file.content)
				imports = append(imports, time.Since(began))
			}
			b.ReportMetric(float64(median(imports))/float64(median(reads)), "x-csv")
			b.ReportMetric(float64(stop().Milliseconds()), "worst-wait-ms")
		})
	}
}

// importBig uploads a file, over the dataset of the last time, and waits. The body is not built in memory, and the job
// is asked for often: neither is what is measured.
func importBig(a *api, content []byte) {
	const boundary = "the-end-of-a-part"
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.csv\"\r\n\r\n"
	body := io.MultiReader(strings.NewReader(head), bytes.NewReader(content), strings.NewReader("\r\n--"+boundary+"--\r\n"))
	got := a.send("POST", "/api/v1/imports?collision_strategy=overwrite", &stream{body, "multipart/form-data; boundary=" + boundary})
	path := fmt.Sprint("/api/v1/imports/", decode(a.t, got.Body)["item_queue_id"])
	for job := a.get(path); job["state"] != "complete"; job = a.get(path) {
		if job["state"] == "failure" {
			a.t.Fatal(job)
		}
		pause(a.t, 2*time.Millisecond)
	}
}

// meanwhile makes small requests, one after the other, until stop is called, which tells how long the slowest took.
func meanwhile(a *api) (stop func() time.Duration) {
	end, worst := make(chan struct{}), make(chan time.Duration)
	requests := []string{"/api/v1/viz?type=table", "/api/v2/sql?q=SELECT+count(*)+FROM+small", "/api/v1/users/me", "/api/v1/imports"}
	go func() {
		slowest := time.Duration(0)
		for i := 0; ; i++ {
			select {
			case <-end:
				worst <- slowest
				return
			case <-time.After(5 * time.Millisecond):
			}
			began := time.Now()
			a.send("GET", requests[i%len(requests)], nil)
			slowest = max(slowest, time.Since(began))
		}
	}()
	return func() time.Duration { close(end); return <-worst }
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
