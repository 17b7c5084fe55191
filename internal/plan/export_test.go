package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// Whatever is live: planning what was exported takes it under management as it is, and then there is nothing left to do.
func TestExportedPlansToAdoptions(t *testing.T) {
	sources := map[spec.SourceKind]int{}
	leftOut := 0
	for seed := range uint64(*cases / 3) {
		w := randomWorld(seed)
		var err error
		if w.in, err = applied(w.in, map[Verb]int{}); err != nil {
			t.Fatal(err)
		}
		w.drift()
		for _, unmarked := range []bool{false, true} {
			x := Export(w.in.Account, "park", unmarked)
			in := Input{Desired: []spec.Manifest{x.Manifest}, Account: w.in.Account, Secrets: x.Secrets, Details: w.in.Details}
			p := Compute(in)
			if wrong := p.BesidesAdoption(); len(wrong) > 0 {
				t.Fatalf("seed %d: %s %q: %s %+v", seed, wrong[0].Verb, wrong[0].Name(), wrong[0].Reason, wrong[0].Changes)
			}
			if again := Compute(simulate(in, p)); !again.Empty() {
				t.Fatalf("seed %d: something is left to do: %+v", seed, again.BesidesAdoption())
			}
			complete(t, seed, w.in.Account, x, unmarked)
			for _, d := range x.Manifest.Datasets {
				sources[d.Source.Kind]++
			}
			leftOut += len(x.LeftOut)
		}
	}
	t.Logf("sources: %v, left out: %d", sources, leftOut)
	for _, kind := range []spec.SourceKind{spec.SourceNone, spec.SourceURL, spec.SourceConnector} {
		if sources[kind] < *cases/50 {
			t.Errorf("only %d datasets were exported with the source %q", sources[kind], kind)
		}
	}
}

// complete checks that every dataset that should be in an export is in it or said to be left out.
func complete(t *testing.T, seed uint64, a Account, x Exported, unmarked bool) {
	t.Helper()
	var want, got []string
	for _, d := range a.Datasets {
		if m, _ := ParseMarker(d.Tags); m.Owners == 1 && m.Project == "park" || unmarked && m.Owners == 0 {
			want = append(want, d.Name)
		}
	}
	for _, d := range x.Manifest.Datasets {
		got = append(got, d.Name)
	}
	for _, n := range x.LeftOut {
		got = append(got, n.Dataset)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("seed %d: exported or left out (-want +got):\n%s", seed, diff)
	}
}

func TestExport(t *testing.T) {
	account := Account{
		ReadAt: readAt, StoredConnections: true, Limits: Limits{PrivateDatasets: true, Synchronizations: true, Connectors: true},
		Datasets: []Dataset{
			{ID: "1", Name: "air", Privacy: "public", Title: "Air", Tags: []string{"b", "a", "a"}},
			{ID: "2", Name: "orders", Privacy: "private", Tags: append([]string{"x"}, Marker{Project: "city", NameHash: NameHash("orders"), Protected: true}.Tags()...)},
			{ID: "3", Name: "parcels", Privacy: "password", Tags: Marker{Project: "city", NameHash: NameHash("parcels"), Fingerprint: strings.Repeat("a", 16)}.Tags()},
			{ID: "4", Name: "theirs", Privacy: "private", Tags: Marker{Project: "other", NameHash: NameHash("theirs")}.Tags()},
			{ID: "5", Name: "Ünnamed", Privacy: "private"},
			{ID: "6", Name: "lake", Privacy: "link", Shares: []Share{{Kind: "user", Name: "bob", ID: "b", Access: "r"}}},
		},
		Connections: []Connection{
			{ID: "c1", Name: "city-warehouse-v3", Provider: "hive", Params: map[string]string{"server": "hive.example.org"}},
			{ID: "c2", Name: "somebody's", Provider: "postgres"},
		},
		Synchronizations: []Synchronization{
			{ID: "s1", DatasetID: "1", Name: "air", State: "success", Interval: 3600e9, URL: secret.New("https://example.org/a.csv?token=s3cret"), TypeGuessing: true, QuotedFieldsGuessing: true},
			{ID: "s2", DatasetID: "2", Name: "orders", State: "success", Interval: 900e9,
				Connector: &LiveConnector{ConnectionID: "c1", Params: map[string]string{"table": "orders"}}},
			{ID: "s6", DatasetID: "6", Name: "lake", State: "success", Interval: 900e9,
				Connector: &LiveConnector{ConnectionID: "c2", Provider: "postgres", Params: map[string]string{"table": "lake"}}},
		},
	}
	x := Export(account, "city", true)
	encoded, err := spec.Encode(x.Manifest, x.Comments)
	if err != nil {
		t.Fatal(err)
	}
	want := `version: 1
project: city
connections:
  warehouse:
    provider: hive
    password: ${env:CARTOSYNC_SECRET_WAREHOUSE_PASSWORD}
    server: hive.example.org
    secret_version: 3
datasets:
  - name: air
    source: {url: '${env:CARTOSYNC_SECRET_AIR_URL}'}
    sync: {interval: 1h}
    adopt: true
    title: Air
    tags: [a, b]
    privacy: public
  # its synchronization imports from postgres through a connection that is not this project's ("somebody's"): declare the connection, its source and sync to manage it
  - name: lake
    adopt: true
    privacy: link
    share:
      - {user: bob, access: r}
  - name: orders
    source: {connector: warehouse, table: orders}
    sync: {interval: 15m}
    tags: [x]
    privacy: private
    lifecycle: {prevent_destroy: true}
  # imported by cartosync; the account does not know from where: add its source
  - name: parcels
`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	left := []Omission{{Dataset: "Ünnamed", Problem: `dataset "Ünnamed" is left out: no manifest can declare this name`, Hint: "rename it in CARTO"}}
	if diff := cmp.Diff(left, x.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"city", "other"}, account.Projects()); diff != "" {
		t.Errorf("projects (-want +got):\n%s", diff)
	}
}
