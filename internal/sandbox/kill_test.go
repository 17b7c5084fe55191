package sandbox_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	kills    = flag.Int("kills", 3, "how often TestKilledUnderLoad kills the sandbox")
	killSeed = flag.Uint64("kill-seed", 1, "seed of the moments at which TestKilledUnderLoad kills the sandbox")
)

// evergreen is the dataset that is overwritten again and again.
const evergreen = "evergreen"

// A ledger is what a client knows of an account: what it was promised, and what was asked for without an answer, for
// the sandbox died meanwhile. It is safe for concurrent use.
type ledger struct {
	mu       sync.Mutex
	promised map[string]int // dataset to its rows
	doubtful map[string]int // dataset that may be there, with its rows
	versions []int          // rows that evergreen may have; one when nothing is in doubt
	titles   []string       // titles that it may have
	jobs     []string       // accepted imports
}

func (l *ledger) do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// try makes a request that may die with the sandbox. The body is read whole, or the request counts as unanswered.
func try(a *api, method, path string, body any) (o object, status int, answered bool) {
	r, err := a.request(method, path, body)
	if err != nil {
		a.t.Error(err)
		return nil, 0, false
	}
	resp, err := a.client.Do(r)
	if err != nil {
		return nil, 0, false
	}
	defer resp.Body.Close()
	o = object{}
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
			return nil, 0, false
		}
	}
	return o, resp.StatusCode, true
}

// create uploads new datasets one after the other, waits for some and deletes others, until the sandbox dies.
func (l *ledger) create(a *api, r *rand.Rand, prefix string) {
	for i := 0; ; i++ {
		name, n := fmt.Sprintf("%s_%d", prefix, i), 1+r.IntN(400)
		l.do(func() { l.doubtful[name] = n })
		o, status, answered := try(a, "POST", "/api/v1/imports", upload(a.t, name+".csv", rows(n)))
		switch {
		case !answered:
			return
		case status == http.StatusTooManyRequests:
			l.do(func() { delete(l.doubtful, name) })
			pause(a.t, 5*time.Millisecond)
			continue
		case status != http.StatusOK:
			a.t.Errorf("upload of %s: %d", name, status)
			return
		}
		id := o["item_queue_id"].(string)
		l.do(func() {
			delete(l.doubtful, name)
			l.promised[name] = n
			l.jobs = append(l.jobs, id)
		})
		if !ended(a, id) || r.IntN(3) == 0 && !l.drop(a, name) {
			return
		}
	}
}

// drop deletes a dataset. It is in doubt until the answer has come.
func (l *ledger) drop(a *api, name string) bool {
	l.do(func() {
		l.doubtful[name] = l.promised[name]
		delete(l.promised, name)
	})
	_, status, answered := try(a, "DELETE", "/api/v1/viz/"+name, nil)
	if answered && status != http.StatusNoContent {
		a.t.Errorf("deletion of %s: %d", name, status)
	}
	if answered {
		l.do(func() { delete(l.doubtful, name) })
	}
	return answered
}

// overwrite replaces the contents and the title of evergreen again and again, until the sandbox dies.
func (l *ledger) overwrite(a *api, r *rand.Rand) {
	dataset, _, answered := try(a, "GET", "/api/v1/viz/"+evergreen, nil)
	for i := 0; answered; i++ {
		n, title := 1+r.IntN(400), fmt.Sprintf("title %d", i)
		l.do(func() { l.versions = append(l.versions, n) })
		o, status, ok := try(a, "POST", "/api/v1/imports", upload(a.t, evergreen+".csv", rows(n), "collision_strategy", "overwrite"))
		switch {
		case !ok:
			return
		case status == http.StatusTooManyRequests:
			l.do(func() { l.versions = l.versions[:len(l.versions)-1] })
			pause(a.t, 5*time.Millisecond)
			continue
		}
		l.do(func() { l.versions = []int{n} })
		id := o["item_queue_id"].(string)
		l.do(func() { l.jobs = append(l.jobs, id) })
		if !ended(a, id) {
			return
		}
		l.do(func() { l.titles = append(l.titles, title) })
		if _, _, answered = try(a, "PUT", fmt.Sprint("/api/v1/viz/", dataset["id"]), object{"id": dataset["id"], "title": title}); answered {
			l.do(func() { l.titles = []string{title} })
		}
	}
}

// ended polls an import to its end, and tells whether the sandbox has lived to say so.
func ended(a *api, id string) bool {
	for {
		o, status, answered := try(a, "GET", "/api/v1/imports/"+id, nil)
		switch {
		case !answered:
			return false
		case status != http.StatusOK:
			a.t.Errorf("import %s: %d", id, status)
			return false
		case o["state"] == "complete":
			return true
		case o["state"] == "failure":
			a.t.Errorf("import %s failed: %v", id, o)
			return true
		}
		pause(a.t, 2*time.Millisecond)
	}
}

// settle compares a reopened account with what was promised, and finds out what was in doubt.
func (l *ledger) settle(a *api) {
	a.t.Helper()
	for _, id := range l.jobs {
		if job := a.wait(id); job["state"] != "complete" || job["success"] != true {
			a.t.Errorf("an accepted import ended so: %v", job)
		}
	}
	a.until(func() bool { return len(a.get("/api/v1/imports")["imports"].([]any)) == 0 })
	live := map[string]int{}
	for _, v := range a.get("/api/v1/viz?type=table&per_page=10000")["visualizations"].([]any) {
		name := dig(v, "name").(string)
		live[name] = int(dig(a.query(fmt.Sprintf("SELECT count(*) FROM %q", name))[0], "count").(float64))
	}
	if tables := a.query("SELECT tablename FROM pg_tables"); len(tables) != len(live) {
		a.t.Errorf("%d tables behind %d datasets: %v", len(tables), len(live), tables)
	}
	if n := live[evergreen]; !slices.Contains(l.versions, n) {
		a.t.Errorf("%s has %d rows, want one of %v", evergreen, n, l.versions)
	}
	l.versions = []int{live[evergreen]}
	title := fmt.Sprint(a.get("/api/v1/viz/" + evergreen)["title"])
	if !slices.Contains(l.titles, title) {
		a.t.Errorf("the title of %s is %q, want one of %q", evergreen, title, l.titles)
	}
	l.titles = []string{title}
	delete(live, evergreen)
	for name, n := range l.doubtful {
		if live[name] == n {
			l.promised[name] = n
		}
	}
	if diff := cmp.Diff(l.promised, live); diff != "" {
		a.t.Errorf("datasets and their rows (-promised +live):\n%s", diff)
	}
	clear(l.doubtful)
	fact(a.t, "import slots that a dead job holds", 0, slotsInUse(a))
}

// newLedger opens the books of one round.
func newLedger(datasets map[string]int, rows int, title string) *ledger {
	return &ledger{promised: datasets, doubtful: map[string]int{}, versions: []int{rows}, titles: []string{title}}
}

// A sandbox that is killed at any moment under load loses and doubles nothing that it has accepted, has whole datasets
// only, and opens again. Run it with -kills 50 for the long version.
func TestKilledUnderLoad(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(*killSeed, 0))
	a, kill := child(t, dir)
	a.load(evergreen+".csv", rows(7))
	l := newLedger(map[string]int{}, 7, "<nil>")
	accepted := 0
	for round := range *kills {
		var wg sync.WaitGroup
		for i := range 4 {
			r := rand.New(rand.NewPCG(random.Uint64(), 0))
			wg.Go(func() { l.create(a, r, fmt.Sprintf("r%d_%d", round, i)) })
		}
		r := rand.New(rand.NewPCG(random.Uint64(), 0))
		wg.Go(func() { l.overwrite(a, r) })
		moment := time.Duration(random.IntN(int(700 * time.Millisecond)))
		pause(t, moment)
		kill()
		wg.Wait()
		a, kill = child(t, dir)
		l.settle(a)
		accepted += len(l.jobs)
		if t.Failed() {
			t.Fatalf("kill %d, %s after the load began (-kill-seed %d)", round, moment, *killSeed)
		}
		l.jobs = nil
	}
	t.Logf("%d kills; %d imports were accepted, and all were done once", *kills, accepted)
}
