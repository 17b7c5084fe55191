package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/secret"
)

var rounds = flag.Int("rounds", defaultRounds, "how many pairs of runs apply one project at once, of each kind")

// A way is how two runs at once may meet.
type way string

const (
	waits   way = "waits"         // the second run waits for the lease
	refused way = "refused"       // or not at all
	without way = "without lease" // nobody may write to the database
)

// TestTwoApplies: two runs apply the same project at once, to create everything or
// to change it, from one directory or from two, with requests that take differently
// long. Whoever comes first: everything is there once and as declared, and nothing
// else is. Where nobody could hold the lease that is so after one further run.
func TestTwoApplies(t *testing.T) {
	for _, how := range []way{waits, refused, without} {
		for seed := range uint64(*rounds) {
			t.Run(fmt.Sprint(how, " ", seed), func(t *testing.T) {
				p := openPair(t, seed)
				if seed%2 == 1 {
					p.declare(firstCity)
					p.apply(p.dirs[0]).ends(t, exitDone)
				}
				p.declare(secondCity)
				p.meet(how)
				p.converged()
			})
		}
	}
}

// A pair is two runs on one account.
type pair struct {
	*shared
	random *rand.Rand // of the test
	dirs   []string   // of the manifests; one or two
	remote string     // what http://files.sandbox.test serves
}

func openPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	p := &pair{shared: &shared{t: t}, random: rand.New(rand.NewPCG(seed, 1)), remote: t.TempDir()}
	p.dirs = []string{t.TempDir(), t.TempDir()}[:1+p.random.IntN(2)]
	warehouse := t.TempDir()
	put(t, warehouse, "order_items.csv", "sku,amount\nx1,3\nx2,4\nx3,5\n")
	put(t, p.remote, "birds.csv", "name\nwren\nkite\n")
	put(t, p.remote, "birds2.csv", "name\nwren\nkite\ncrow\n")
	put(t, p.remote, "air_export.csv", "station,no2\na,1\nb,2\n")
	var err error
	p.box, err = sandbox.Open(t.Context(), sandbox.Config{
		Dir: t.TempDir(), Serve: p.remote, Connectors: map[string]string{"hive": warehouse}, ClockSpeed: 60,
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	late := rand.New(rand.NewPCG(seed, 2))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		wait := time.Duration(late.IntN(12)) * time.Millisecond
		mu.Unlock()
		rest(r, wait)
		p.box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := p.box.Close(); err != nil {
			t.Error(err)
		}
	})
	p.account = sandboxURL(strings.TrimPrefix(server.URL, "http://"), sandbox.DefaultUser)
	if p.client, err = carto.New(carto.Config{Account: p.account, APIKey: secret.New(sandbox.DefaultAPIKey)}); err != nil {
		t.Fatal(err)
	}
	return p
}

// rest lets a request take longer.
func rest(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A declaration is a manifest with its files.
type declaration struct{ manifest, trees string }

var firstCity = declaration{trees: "name,height\noak,21\nelm,30\n", manifest: `
datasets:
  - {name: trees, source: {file: trees.csv}, privacy: private}
  - {name: parks, source: {file: trees.csv}}
  - {name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}
  - {name: air, source: {url: "http://files.sandbox.test/air_export.csv"}, sync: {interval: 1w}}
  - {name: orders, source: {connector: warehouse, table: order_items}}
  - {name: sales, source: {connector: warehouse, table: order_items}}
`}

// Of what firstCity declares one dataset is renamed, and each other one gets other
// contents, a synchronization or another privacy.
var secondCity = declaration{trees: "name,height\noak,21\nelm,30\nyew,9\n", manifest: `
datasets:
  - {name: trees, source: {file: trees.csv}, privacy: public, tags: [green]}
  - {name: gardens, renamed_from: parks, source: {file: trees.csv}}
  - {name: birds, source: {url: "http://files.sandbox.test/birds2.csv"}}
  - {name: air, source: {url: "http://files.sandbox.test/air_export.csv"}, sync: {interval: 2w}}
  - {name: orders, source: {connector: warehouse, sql_query: "SELECT sku, amount FROM order_items WHERE amount > 3"}}
  - {name: sales, source: {connector: warehouse, table: order_items}, sync: {interval: 1w}}
`}

func (p *pair) declare(d declaration) {
	for _, dir := range p.dirs {
		put(p.t, dir, "carto.yaml", "version: 1\nproject: city\nconnections: {warehouse: {provider: hive, server: hive.example.org}}\n"+d.manifest)
		put(p.t, dir, "trees.csv", d.trees)
	}
}

func (p *pair) apply(dir string, more ...string) *started {
	return p.start(p.t.Context(), append([]string{"apply", "--auto-approve", dir}, more...)...)
}

// meet starts two runs, the second one a moment later, and checks how they end.
func (p *pair) meet(how way) {
	p.t.Helper()
	var more []string
	switch how {
	case refused:
		more = []string{"--lease-timeout", "0"}
	case without:
		p.box.Inject(fault.Rule{Kind: fault.Empty, Status: http.StatusForbidden, Method: http.MethodPost, Path: "/api/v2/sql"})
	}
	first := p.apply(p.dirs[0], more...)
	timer := time.NewTimer(time.Duration(p.random.IntN(400)) * time.Millisecond)
	<-timer.C
	second := p.apply(p.dirs[len(p.dirs)-1], more...)
	codes := []int{<-first.code, <-second.code}
	for i, r := range []*started{first, second} {
		said := strings.Contains(r.stderr.String(), `project "city" is being applied by`)
		ok := codes[i] == exitDone || how == refused && codes[i] == exitFailed && said || how == without && codes[i] == exitFailed
		if !ok || how == refused && codes[0] != exitDone && codes[1] != exitDone {
			p.t.Errorf("run %d of 2 ended with %d; stdout:\n%s\nstderr:\n%s", i+1, codes[i], r.stdout.String(), r.stderr.String())
		}
	}
	if how == without { // one run clears up behind them, once it may hold the lease
		p.box.ClearFaults()
		p.apply(p.dirs[0]).ends(p.t, exitDone)
	}
}

// converged expects what secondCity declares, once, and nothing else.
func (p *pair) converged() {
	p.t.Helper()
	syncs, err := p.client.Synchronizations(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	var synced []string
	for _, s := range syncs {
		d, err := p.client.Dataset(p.t.Context(), s.DatasetID)
		if err != nil {
			p.t.Fatal(err)
		}
		synced = append(synced, d.Name+" by "+s.Name)
	}
	slices.Sort(synced)
	connections, _, err := p.client.Connections(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	var stored []string
	for _, c := range connections {
		stored = append(stored, c.Name)
	}
	got := map[string][]string{
		"datasets": p.names(), "synchronizations": synced, "connections": stored,
		"trees": p.column("trees", "name"), "gardens": p.column("gardens", "name"), "birds": p.column("birds", "name"),
		"air": p.column("air", "station"), "orders": p.column("orders", "sku"), "sales": p.column("sales", "sku"),
	}
	want := map[string][]string{
		"datasets":         {"air", "birds", "gardens", "orders", "sales", "trees"},
		"synchronizations": {"air by air", "sales by sales"},
		"connections":      {"city-warehouse-v1"},
		"trees":            {"elm", "oak", "yew"}, "gardens": {"elm", "oak", "yew"}, "birds": {"crow", "kite", "wren"},
		"air": {"a", "b"}, "orders": {"x2", "x3"}, "sales": {"x1", "x2", "x3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("wanted -, got +:\n%s", diff)
	}
	left := p.start(p.t.Context(), "plan", "--detailed-exitcode", p.dirs[0])
	left.ends(p.t, exitDone)
	if strings.Contains(left.stdout.String(), "leftover") || strings.Contains(left.stdout.String(), "interrupted run left") {
		p.t.Errorf("the plan says\n%s", left.stdout.String())
	}
}

// column reads one column of a dataset, in order.
func (p *pair) column(table, column string) []string {
	p.t.Helper()
	rows, err := p.client.Query(p.t.Context(), fmt.Sprintf("SELECT %s AS v FROM %s ORDER BY 1", column, table))
	if err != nil {
		p.t.Error(err)
	}
	var all []string
	for i := range rows.Rows {
		all = append(all, rows.Text(i, "v"))
	}
	return all
}
