package plan

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// BenchmarkCompute plans n declared against n live datasets, of which a tenth
// differ. Beside it stands what reading the same manifest costs as plain YAML,
// which no run can do without.
func BenchmarkCompute(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		in := many(n)
		b.Run(fmt.Sprintf("plan/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p := Compute(in); len(p.Actions) != n {
					b.Fatalf("%d actions", len(p.Actions))
				}
			}
			b.ReportMetric(float64(testing.AllocsPerRun(1, func() { Compute(in) }))/float64(n), "allocs/dataset")
		})
		text := manifestText(n)
		b.Run(fmt.Sprintf("yaml-node/%d", n), func(b *testing.B) {
			for b.Loop() {
				var node yaml.Node
				if err := yaml.Unmarshal(text, &node); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkComputeSynchronizations plans n new synchronizations against an
// account that has n others with our marker; it must grow with n, not with its
// square.
func BenchmarkComputeSynchronizations(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		in := many(n)
		for i := range in.Desired[0].Datasets {
			d := &in.Desired[0].Datasets[i]
			d.Source = spec.Source{Kind: spec.SourceURL, URL: text("http://example.org/a.csv")}
			d.Sync = &spec.Sync{Interval: spec.MinInterval}
			in.Account.Datasets[i].Tags = nil
			in.Account.Datasets[i].Name += "_x"
			in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{
				ID: d.Name, DatasetID: in.Account.Datasets[i].ID, Checksum: SyncMarker("city", d.Name+"_y"),
			})
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				Compute(in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/dataset")
		})
	}
}

func many(n int) Input {
	in := roads()
	one, look := in.Desired[0].Datasets[0], in.Looks["roads"]
	live := in.Account.Datasets[0]
	in.Desired[0].Datasets, in.Account.Datasets = nil, nil
	in.Looks = map[string]data.Look{}
	for i := range n {
		d := one
		d.Name = fmt.Sprintf("roads_%05d", i)
		d.Source = spec.Source{Kind: spec.SourceFile, File: d.Name + ".csv"}
		l := live
		l.ID, l.Name = "id-"+d.Name, d.Name
		l.Tags = append([]string{"net"}, Marker{Project: "city", NameHash: NameHash(d.Name), Fingerprint: Fingerprint(d, look)}.Tags()...)
		if i%10 == 0 {
			l.Title = "changed"
		}
		in.Looks[d.Name] = look
		in.Desired[0].Datasets = append(in.Desired[0].Datasets, d)
		in.Account.Datasets = append(in.Account.Datasets, l)
	}
	return in
}

func manifestText(n int) []byte {
	var b bytes.Buffer
	b.WriteString("version: 1\nproject: city\ndatasets:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - name: roads_%05d\n    source: {file: roads_%05d.csv}\n    title: Roads\n    privacy: private\n    tags: [net]\n", i, i)
	}
	return b.Bytes()
}
