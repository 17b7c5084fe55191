package plan

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

var cases = flag.Int("cases", defaultCases, "how many random accounts and manifests are planned for")

// TestAppliedPlanIsEmpty states what a reconciler is for: whatever is declared
// and whatever is live, once the plan is carried out there is nothing left to
// do but what was blocked; and the same again after people have changed the
// account behind its back. On the way datasets of others are left alone, and
// nothing is deleted unasked.
func TestAppliedPlanIsEmpty(t *testing.T) {
	verbs := map[Verb]int{}
	for seed := range uint64(*cases) {
		w := randomWorld(seed)
		for round := range 2 {
			after, err := applied(w.in, verbs)
			if err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
			w.in = after
			w.drift()
		}
	}
	t.Logf("verbs seen: %v", verbs)
	for _, v := range []Verb{None, Create, Update, Reimport, Rename, Adopt, Resume, Heal, Forget, Delete, Blocked} {
		if verbs[v] < *cases/100 {
			t.Errorf("only %d actions had the verb %s", verbs[v], v)
		}
	}
}

// TestKilledPlanIsFinished states the same of a run that is killed between any
// two steps: the next one leaves nothing to do but what either blocked.
func TestKilledPlanIsFinished(t *testing.T) {
	for seed := range uint64(*cases) {
		w := randomWorld(seed)
		if err := killed(w); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func killed(w *world) error {
	answered := func(in Input) Input {
		in.Details = answers(in)
		return in
	}
	first := Compute(answered(w.in))
	_, steps := simulateSteps(w.in, first, -1)
	in, _ := simulateSteps(w.in, first, w.IntN(steps+1))
	in.Options = w.in.Options // the same command again
	second := Compute(answered(in))
	in = simulate(in, second)
	if err := reimported(w.in, in, first, second); err != nil {
		return err
	}
	second.Actions = append(second.Actions, first.Actions...)
	return settled(second, Compute(answered(in)))
}

// reimported checks that what the first plan was to import from a file is there
// after both, unless the second one blocked it.
func reimported(before, after Input, first, second Plan) error {
	blocked := map[string]bool{}
	for _, a := range second.Actions {
		blocked[a.Dataset] = blocked[a.Dataset] || a.Verb == Blocked
	}
	for _, a := range first.Actions {
		if !slices.Contains(a.Steps, StepOverwrite) || newIndex(before).declared[a.Dataset].d.Source.Kind != spec.SourceFile || blocked[a.Dataset] {
			continue
		}
		if has, want := after.Details[a.ID].Rows, after.Looks[a.Dataset].Rows; has != want {
			return fmt.Errorf("%q was to be imported again and has %d rows instead of %d", a.Dataset, has, want)
		}
	}
	return nil
}

// TestUndoneChangesAreUndone: files change, the run that imports them is killed
// between any two steps, and the files are as before again. The next run leaves what
// they hold, though nothing but the account is remembered.
func TestUndoneChangesAreUndone(t *testing.T) {
	overwrites := 0
	for seed := range uint64(*cases) {
		w := randomWorld(seed)
		n, err := undone(w)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		overwrites += n
	}
	if overwrites < *cases/10 {
		t.Errorf("only %d files were imported over others", overwrites)
	}
}

func undone(w *world) (overwrites int, err error) {
	answered := func(in Input) Input {
		in.Details = answers(in)
		return in
	}
	w.in.Options.Targets, w.in.Options.Excludes, w.in.Options.Reimport = nil, nil, nil
	in := simulate(w.in, Compute(answered(w.in)))
	before := in.Looks
	in.Looks = maps.Clone(before)
	for name, look := range before {
		look.SHA256, look.Rows = "cc", look.Rows+1
		in.Looks[name] = look
	}
	change := Compute(answered(in))
	change.Actions = slices.DeleteFunc(change.Actions, func(a Action) bool { // somebody else had changed what it holds
		return a.ID != "" && a.After != nil && in.Details[a.ID].Rows != before[a.Dataset].Rows
	})
	for _, a := range change.Actions {
		if slices.Contains(a.Steps, StepOverwrite) {
			overwrites++
		}
	}
	_, steps := simulateSteps(in, change, -1)
	killed, _ := simulateSteps(in, change, w.IntN(steps+1))
	killed.Looks = before
	undo := Compute(answered(killed))
	return overwrites, reimported(in, simulate(killed, undo), change, undo)
}

// applied plans, checks the plan, carries it out and checks what is left.
func applied(in Input, verbs map[Verb]int) (Input, error) {
	contents := in.Details
	in.Details = answers(in)
	first := Compute(in)
	for _, a := range first.Actions {
		verbs[a.Verb]++
		for _, also := range a.Also {
			verbs[also]++
		}
	}
	if err := untouched(in, first); err != nil {
		return in, err
	}
	if diff := cmp.Diff(first, Compute(in)); diff != "" {
		return in, fmt.Errorf("the same input gave another plan: %s", diff)
	}
	if err := explained(in); err != nil {
		return in, err
	}
	in.Details = contents
	after := simulate(in, first)
	check := after
	check.Details = answers(after)
	return after, settled(first, Compute(check))
}

// explained checks that the explanation of one dataset has as differing what its
// action changes, and as the same what is the same.
func explained(in Input) error {
	in.Options.Targets, in.Options.Excludes = nil, nil
	for _, a := range Compute(in).Actions {
		if a.Kind != KindDataset || a.lets() {
			continue
		}
		x, ok := Explain(in, a.Dataset)
		if !ok {
			return fmt.Errorf("%q is declared and not explained", a.Dataset)
		}
		if diff := cmp.Diff(a, x.Action); diff != "" {
			return fmt.Errorf("%q is explained by another action: %s", a.Dataset, diff)
		}
		differs := map[string]bool{}
		for _, f := range x.Fields {
			if f.Verdict == Differs {
				differs[f.Field] = true
			}
			if equal := cmp.Equal(f.Declared, f.Live); f.Verdict == Same && !equal && f.Field != "tags" || f.Verdict == Differs && equal {
				return fmt.Errorf("%s of %q is %v where %v is declared, and said to be %s", f.Field, a.Dataset, f.Live, f.Declared, f.Verdict)
			}
		}
		changes := map[string]bool{}
		for _, ch := range a.Changes {
			changes[ch.Field] = true
		}
		if diff := cmp.Diff(changes, differs); diff != "" {
			return fmt.Errorf("%q (%s %s) changes -, its explanation differs in +: %s", a.Dataset, a.Verb, a.Code, diff)
		}
		return nil // one of each world
	}
	return nil
}

// answers are the rows and columns of every live dataset that Compute asks for,
// as far as the random world knows them.
func answers(in Input) Details {
	out := Details{}
	for _, q := range Ask(in) {
		out[q.ID] = in.Details[q.ID]
	}
	return out
}

// untouched checks that only what is ours, or what the manifest adopts, is
// changed, and that only pruning deletes.
func untouched(in Input, p Plan) error {
	x := newIndex(in)
	for _, a := range p.Actions {
		if a.Verb == None || a.Verb == Blocked || a.Kind != KindDataset || a.ID == "" {
			continue
		}
		live := x.byID[a.ID]
		w := x.declared[a.Dataset]
		owned := live.marker.Owners == 1 && live.marker.Project == a.Project
		unowned := live.marker.Owners == 0
		adopted := a.Does(Adopt) && w != nil &&
			(unowned && (w.d.Adopt.Any || in.Options.Adopt) || live.marker.Owners == 1 && w.d.Adopt.From == live.marker.Project)
		resumed := a.Verb == Resume && w != nil && unowned && (live.Name == w.staging || len(x.marked[SyncMarker(w.project, w.d.Name)]) > 0)
		if !owned && !adopted && !resumed {
			return fmt.Errorf("%s touches %q, which is not ours", a.Verb, live.Name)
		}
		if a.Verb == Delete && (!in.Options.Prune || w != nil || live.marker.Protected) {
			return fmt.Errorf("%q is deleted", live.Name)
		}
	}
	return nil
}

// settled checks that the second plan does nothing but repeat what was blocked.
func settled(first, second Plan) error {
	blocked := map[string]bool{}
	for _, a := range first.Actions {
		if a.Verb == Blocked {
			blocked[string(a.Kind)+a.Name()] = true
		}
	}
	for _, a := range second.Actions {
		if a.Verb != None && !blocked[string(a.Kind)+a.Name()] {
			return fmt.Errorf("after apply there is still: %s %s %q (%s %s) %+v", a.Verb, a.Kind, a.Name(), a.Code, a.Reason, a.Changes)
		}
	}
	return nil
}

// A world makes random inputs. Names are few, so that they meet often.
type world struct {
	*rand.Rand
	in Input
}

var (
	readAt   = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	names    = []string{"alder", "birch", "cedar", "dogwood", "elm", "fir"}
	projects = []string{"park", "road"}
)

func randomWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1))}
	w.in = Input{
		Account: Account{
			URL: "https://acme.carto.com", User: "acme", ReadAt: readAt, StoredConnections: true,
			Limits: Limits{ImportSlots: 3, PrivateDatasets: w.chance(9), Synchronizations: w.chance(9), Connectors: w.chance(9), RemainingBytes: -1},
		},
		Looks:   map[string]data.Look{},
		Details: Details{},
		Secrets: Secrets{},
		Options: Options{Prune: w.chance(5), Adopt: w.chance(2), PruneFirst: w.chance(3)},
	}
	if w.chance(2) {
		w.in.Account.Limits.Organization = "org"
	}
	if w.chance(1) {
		w.in.Account.Limits.RemainingTables = some(w, 0, 1, 2)
	}
	if w.chance(1) && !w.in.Options.Prune {
		w.in.Options.Targets = names[:1+w.IntN(len(names))]
	}
	if w.chance(1) && !w.in.Options.Prune {
		w.in.Options.Excludes = names[w.IntN(len(names)):]
	}
	if w.chance(1) {
		w.in.Options.Reimport = []string{pick(w, names...)}
	}
	for _, project := range projects[:1+w.IntN(2)] {
		w.manifest(project)
	}
	w.account()
	for _, name := range names {
		for _, g := range Guards() {
			if w.chance(5) {
				w.in.Options.Allow = append(w.in.Options.Allow, Allowance{Guard: g, Dataset: name})
			}
		}
	}
	return w
}

// drift is what people do to an account between two runs, and to the files.
func (w *world) drift() {
	for i := range w.in.Account.Datasets {
		d := &w.in.Account.Datasets[i]
		switch w.IntN(7) {
		case 0:
			d.Privacy = pick(w, "public", "link", "private")
		case 1:
			d.Tags = append([]string{"seen"}, d.Tags...)
		case 2:
			if name := d.Name + "_old"; w.chance(5) {
				d.Name = name
			}
		case 3:
			d.Description = "changed by hand"
		case 4:
			held := w.in.Details[d.ID]
			held.Rows /= 2
			if w.chance(5) && len(held.Columns) > 0 {
				held.Columns = held.Columns[1:]
			}
			w.in.Details[d.ID] = held
		}
	}
	w.in.Account.Synchronizations = slices.DeleteFunc(w.in.Account.Synchronizations, func(Synchronization) bool { return w.chance(2) })
	for i := range w.in.Account.Synchronizations {
		s := &w.in.Account.Synchronizations[i]
		if w.chance(3) {
			s.State, s.Retried = "failure", pick(w, 1, 10)
		}
		if w.chance(2) {
			s.Interval = 2 * time.Hour
		}
	}
	for _, name := range names {
		look, ok := w.in.Looks[name]
		if ok && w.chance(3) {
			look.SHA256, look.Rows = "cc", 200
			w.in.Looks[name] = look
		}
	}
}

// chance is true in tenths of the cases.
func (w *world) chance(tenths int) bool { return w.IntN(10) < tenths }

func pick[T any](w *world, of ...T) T { return of[w.IntN(len(of))] }

// some is nil in half of the cases.
func some[T any](w *world, of ...T) *T {
	if w.chance(5) {
		return nil
	}
	v := pick(w, of...)
	return &v
}

func (w *world) manifest(project string) {
	m := spec.Manifest{Project: project}
	if w.chance(6) {
		m.Connections = append(m.Connections, w.connection())
	}
	for _, name := range names {
		if w.declared(name) || w.chance(4) {
			continue
		}
		m.Datasets = append(m.Datasets, w.dataset(name, m))
	}
	if w.chance(3) {
		if name := pick(w, names...); !slices.ContainsFunc(m.Datasets, func(d spec.Dataset) bool { return d.Name == name }) {
			m.Forget = append(m.Forget, spec.Forget{Name: name})
		}
	}
	w.in.Desired = append(w.in.Desired, m)
}

func (w *world) declared(name string) bool {
	for _, m := range w.in.Desired {
		for _, d := range m.Datasets {
			if d.Name == name {
				return true
			}
		}
	}
	return false
}

func (w *world) connection() spec.Connection {
	c := spec.Connection{Key: "warehouse", Provider: "postgres", SecretVersion: 1 + w.IntN(2), Params: []spec.Param{
		{Key: "password", Value: text("${env:CARTOSYNC_SECRET_PG}"), Secret: true},
		{Key: "server", Value: text(pick(w, "db1", "db2"))},
	}}
	if w.chance(5) {
		c.Params = append(c.Params, spec.Param{Key: "port", Value: text(pick(w, "5432", "5433")), Number: true})
		slices.SortFunc(c.Params, func(a, b spec.Param) int { return strings.Compare(a.Key, b.Key) })
	}
	if w.chance(8) {
		w.in.Secrets["${env:CARTOSYNC_SECRET_PG}"] = secret.New("geheim")
	}
	return c
}

func text(s string) secret.Text {
	t, err := secret.Parse(s)
	if err != nil {
		panic(err)
	}
	return t
}

func (w *world) dataset(name string, m spec.Manifest) spec.Dataset {
	d := spec.Dataset{
		Name:        name,
		Title:       some(w, "", "A", "B"),
		Description: some(w, "", "A"),
		License:     some(w, "mit"),
		Tags:        some(w, []string{}, []string{"a"}, []string{"a", "b"}),
		Privacy:     some(w, spec.Public, spec.Link, spec.Private),
		Share:       some(w, []spec.Share{}, []spec.Share{{Kind: "user", Name: "bob", Access: "r"}}),
		Adopt:       spec.Adopt{Any: w.chance(3)},
		Import:      spec.Import{TypeGuessing: w.chance(8), QuotedFieldsGuessing: true},
		Lifecycle: spec.Lifecycle{
			PreventDestroy: some(w, true, false), OnSchemaChange: pick(w, "fail", "alter"), OnDrift: pick(w, "", "warn", "reimport"),
		},
	}
	if w.chance(2) {
		d.Adopt.From = pick(w, projects...)
	}
	if w.chance(1) {
		d.Lifecycle.IgnoreChanges = []string{pick(w, "title", "tags", "privacy", "source", "sync.interval", "share", "import")}
	}
	if w.chance(2) {
		d.RenamedFrom = pick(w, names...)
		if d.RenamedFrom == name {
			d.RenamedFrom = ""
		}
	}
	w.source(&d, m)
	return d
}

func (w *world) source(d *spec.Dataset, m spec.Manifest) {
	switch w.IntN(4) {
	case 0:
		d.Source = spec.Source{Kind: spec.SourceFile, File: d.Name + ".csv"}
		w.in.Looks[d.Name] = w.look()
	case 1:
		d.Source = spec.Source{Kind: spec.SourceURL, URL: text(pick(w, "http://example.org/1.csv", "http://example.org/2.csv"))}
	case 2:
		if len(m.Connections) == 0 {
			return
		}
		d.Source = spec.Source{Kind: spec.SourceConnector, Connector: &spec.Connector{
			Connection: "warehouse", Provider: "postgres", Params: []spec.Param{{Key: "table", Value: text(pick(w, "t1", "t2", "$${x}", "${env:CARTOSYNC_SECRET_TABLE}"))}},
		}}
		w.in.Secrets["${env:CARTOSYNC_SECRET_TABLE}"] = secret.New("t3")
	default:
		return
	}
	if d.Source.Kind != spec.SourceFile && w.chance(5) {
		d.Sync = &spec.Sync{Interval: pick(w, time.Hour, 24*time.Hour)}
	}
}

func (w *world) look() data.Look {
	look := data.Look{Recognised: true, SHA256: pick(w, "aa", "bb"), Rows: pick(w, int64(0), 10, 100), Geometry: pick(w, "", "point")}
	look.Columns = []data.Column{{Name: "a", Type: data.Integer}}
	if w.chance(5) {
		look.Columns = append(look.Columns, data.Column{Name: "b", Type: data.Text})
	}
	return look
}

// account makes live datasets of which some are ours, some were, and some never.
func (w *world) account() {
	for i, name := range names {
		if w.chance(4) {
			continue
		}
		d := Dataset{
			ID: fmt.Sprintf("id-%d", i), Name: name, Privacy: pick(w, "public", "link", "private"),
			Title: pick(w, "", "A"), Tags: pick(w, []string(nil), []string{"a"}), Geometry: pick(w, "", "point"),
			MapCount: w.IntN(3),
		}
		if !w.in.Account.Limits.PrivateDatasets {
			d.Privacy = "public"
		}
		w.mark(&d)
		look := w.look()
		w.in.Details[d.ID] = Detail{Rows: look.Rows, Columns: look.Columns, Geometry: look.Geometry}
		w.in.Account.Datasets = append(w.in.Account.Datasets, d)
		if w.chance(3) {
			w.sync(d, "")
		}
		if w.chance(1) {
			w.sync(d, "-2")
		}
	}
	w.staged()
	if w.chance(4) {
		w.in.Account.Connections = append(w.in.Account.Connections, Connection{
			ID: "conn", Name: ConnectionName(pick(w, projects...), "warehouse", 1+w.IntN(2)), Provider: "postgres",
			Params: map[string]string{"server": pick(w, "db1", "db2"), "port": pick(w, "", "5432", "5433")},
		})
	}
}

func (w *world) mark(d *Dataset) {
	if w.chance(3) {
		return
	}
	known := d.Name
	if w.chance(2) {
		known = pick(w, names...)
	}
	m := Marker{Project: pick(w, projects...), NameHash: NameHash(known), Protected: w.chance(2)}
	if w.chance(8) {
		m.Fingerprint = strings.Repeat(pick(w, "a", "b"), 16)
		for _, want := range newIndex(w.in).wants {
			if want.d.Name == known && w.chance(5) {
				m.Fingerprint = want.fingerprint
			}
		}
	}
	d.Tags = append(slices.Clone(d.Tags), m.Tags()...)
	if w.chance(1) {
		d.Tags = d.Tags[:len(d.Tags)-1]
	}
	if w.chance(1) {
		d.Tags = append(d.Tags, pick(w, "cartosync:src:2-x-p", "cartosync:src:", "cartosync:src:1-0-0"))
	}
}

func (w *world) sync(d Dataset, suffix string) {
	s := Synchronization{
		ID: "sync-" + d.ID + suffix, DatasetID: d.ID, Name: d.Name, State: pick(w, "success", "failure", "syncing"), Interval: time.Hour,
		URL: secret.New("http://example.org/1.csv"), TypeGuessing: true, QuotedFieldsGuessing: true,
		Retried: pick(w, 0, 3, 10), UpdatedAt: readAt.Add(-pick(w, time.Minute, 5*time.Hour)),
	}
	if w.chance(2) {
		s.Name = pick(w, names...)
	}
	if w.chance(3) {
		s.URL = secret.Value{}
		s.Connector = &LiveConnector{ConnectionID: "conn", Params: map[string]string{"table": "t1"}}
	}
	w.in.Account.Synchronizations = append(w.in.Account.Synchronizations, s)
}

// staged leaves what an interrupted run would.
func (w *world) staged() {
	for _, want := range newIndex(w.in).wants {
		if want.fingerprint == "" || !w.chance(1) {
			continue
		}
		d := Dataset{ID: "staged-" + want.d.Name, Name: want.staging, Privacy: "private"}
		if w.chance(2) {
			d.Name = StagingName(want.project, want.d.Name, "fedcba9876543210") // of a source that has changed since
		}
		if want.d.Sync != nil && w.chance(8) {
			d.Name = "some_file_" + want.d.Name
			s := Synchronization{ID: "sync-" + d.ID, DatasetID: d.ID, Name: d.Name, State: "success", Interval: want.d.Sync.Interval,
				Checksum: SyncMarker(want.project, want.d.Name), UpdatedAt: readAt, TypeGuessing: want.d.Import.TypeGuessing, QuotedFieldsGuessing: true}
			sim := simulation{in: w.in, x: newIndex(w.in)}
			sim.source(&s, want)
			w.in.Account.Synchronizations = append(w.in.Account.Synchronizations, s)
		}
		w.in.Account.Datasets = append(w.in.Account.Datasets, d)
	}
}
