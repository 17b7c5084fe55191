package apply_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

const (
	user       = "acme"
	key        = "secretmasterkey0123456789"
	accountURL = "http://127.0.0.1/user/" + user
)

// An account is a sandbox, spoken to without a socket, with a directory for a
// manifest and its files.
type account struct {
	t      *testing.T
	dir    string // of the manifest
	remote string // of the files that http://files.sandbox.test serves
	box    *sandbox.Sandbox
	client *carto.Client
	before hook // sees every request of the client before the account does
}

// A hook may be changed while requests are under way: those of a lease come at any time.
type hook struct {
	f atomic.Pointer[func(*http.Request)]
}

func (h *hook) set(f func(*http.Request)) { h.f.Store(&f) }

func (h *hook) get() func(*http.Request) {
	if f := h.f.Load(); f != nil {
		return *f
	}
	return nil
}

// RoundTrip lets a test act between two requests of a run.
func (a *account) RoundTrip(r *http.Request) (*http.Response, error) {
	if f := a.before.get(); f != nil {
		f(r)
	}
	return a.box.Transport().RoundTrip(r)
}

func newAccount(t *testing.T, edit ...func(*sandbox.Config)) *account {
	t.Helper()
	a := &account{t: t, dir: t.TempDir(), remote: t.TempDir()}
	cfg := sandbox.Config{
		Dir: t.TempDir(), User: user, APIKey: key, Serve: a.remote,
		Connectors: map[string]string{"hive": t.TempDir()},
	}
	for _, e := range edit {
		e(&cfg)
	}
	var err error
	if a.box, err = sandbox.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.box.Close(); err != nil {
			t.Error(err)
		}
	})
	a.client, err = carto.New(carto.Config{Account: accountURL, APIKey: secret.New(key), Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// file writes a file beside the manifest.
func (a *account) file(name, text string) { write(a.t, filepath.Join(a.dir, name), text) }

// serve writes a file that http://files.sandbox.test/NAME answers.
func (a *account) serve(name, text string) { write(a.t, filepath.Join(a.remote, name), text) }

// serveBelow writes one that http://files.sandbox.test/DIR/NAME answers.
func (a *account) serveBelow(dir, name, text string) {
	a.t.Helper()
	if err := os.MkdirAll(filepath.Join(a.remote, dir), 0o700); err != nil {
		a.t.Fatal(err)
	}
	a.serve(filepath.Join(dir, name), text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// manifest writes carto.yaml, the head given.
func (a *account) manifest(body string) {
	a.file("carto.yaml", "version: 1\nproject: city\n"+body)
}

// input loads the manifest, looks at its files and reads the account.
func (a *account) input(ctx context.Context) plan.Input {
	a.t.Helper()
	in := a.offline(ctx)
	var err error
	if in.Account, err = live.Read(ctx, a.client, accountURL); err != nil {
		a.t.Fatal(err)
	}
	in.Details = a.answers(in)
	return in
}

// offline is the part of the input that needs no account.
func (a *account) offline(ctx context.Context) plan.Input {
	a.t.Helper()
	desired, err := spec.Load(spec.Options{}, a.dir)
	if err != nil {
		a.t.Fatal(err)
	}
	in := plan.Input{Desired: desired, Looks: map[string]data.Look{}, Secrets: plan.Secrets{}}
	for _, m := range desired {
		for _, d := range m.Datasets {
			if d.Source.Kind == spec.SourceFile {
				in.Looks[d.Name] = a.look(ctx, m, d)
			}
		}
	}
	return in
}

// answers asks the account what the plan needs to know.
func (a *account) answers(in plan.Input) plan.Details {
	a.t.Helper()
	details, err := live.Answer(a.t.Context(), a.client, plan.Ask(in))
	if err != nil {
		a.t.Fatal(err)
	}
	return details
}

func (a *account) look(ctx context.Context, m spec.Manifest, d spec.Dataset) data.Look {
	a.t.Helper()
	f, err := m.Open(d.Source.File)
	if err != nil {
		a.t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		a.t.Fatal(err)
	}
	l, err := data.LookAt(ctx, f.As, f, info.Size(), data.Options(d.Import))
	if err != nil {
		a.t.Fatal(err)
	}
	return l
}

// apply plans and carries out.
func (a *account) apply() apply.Report {
	a.t.Helper()
	in := a.input(a.t.Context())
	return a.carryOut(a.t.Context(), in, plan.Compute(in))
}

func (a *account) carryOut(ctx context.Context, in plan.Input, p plan.Plan) apply.Report {
	lease, release := a.leasedFor(p)
	defer release()
	return a.under(ctx, lease, in, p)
}

// leasedFor takes the lease for a plan that goes on with what an earlier run left:
// without it that stays.
func (a *account) leasedFor(p plan.Plan) (lease *apply.Lease, release func()) {
	a.t.Helper()
	goesOn := func(act plan.Action) bool {
		return act.Kind == plan.KindStaging || act.Verb == plan.Resume || len(act.Surplus)+len(act.Interrupted) > 0 ||
			slices.Contains(act.Steps, plan.StepRefresh) || slices.Contains(act.Steps, plan.StepAttach)
	}
	if !slices.ContainsFunc(p.Actions, goesOn) {
		return nil, func() {}
	}
	lease = a.takes(named("ann"))
	return lease, func() { _ = lease.Release(context.WithoutCancel(a.t.Context())) } // also where faults are tried
}

// converges applies, expects every action to be done as named, and expects
// nothing to be left.
func (a *account) converges(want ...string) {
	a.t.Helper()
	got := results(a.apply())
	if fmt.Sprint(got) != fmt.Sprint(want) {
		a.t.Errorf("apply did\n  %s\nwanted\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	a.inSync()
}

func (a *account) inSync() {
	a.t.Helper()
	for _, act := range plan.Compute(a.input(a.t.Context())).Actions {
		if act.Verb != plan.None {
			a.t.Errorf("still to do: %s %q: %s %v", act.Verb, act.Name(), act.Reason, act.Changes)
		}
	}
}

func results(r apply.Report) []string {
	var out []string
	for _, res := range r.Results {
		line := fmt.Sprintf("%s %s %s", res.Outcome, res.Action.Verb, res.Action.Name())
		if res.Err != nil {
			line += ": " + res.Err.Error()
		}
		out = append(out, line)
	}
	return out
}

// dataset reads a live dataset.
func (a *account) dataset(name string) carto.Dataset {
	a.t.Helper()
	d, err := a.client.Dataset(a.t.Context(), name)
	if err != nil {
		a.t.Fatal(err)
	}
	return d
}

// update changes a live dataset as a person in the dashboard would.
func (a *account) update(name string, u carto.DatasetUpdate) {
	a.t.Helper()
	if _, err := a.client.UpdateDataset(a.t.Context(), a.dataset(name).ID, u); err != nil {
		a.t.Fatal(err)
	}
}

// column reads one column of a live dataset, in order.
func (a *account) column(table, column string) []string {
	a.t.Helper()
	rows, err := a.client.Query(a.t.Context(), fmt.Sprintf("SELECT %s AS v FROM %s ORDER BY 1", column, table))
	if err != nil {
		a.t.Fatal(err)
	}
	var out []string
	for i := range rows.Rows {
		out = append(out, rows.Text(i, "v"))
	}
	return out
}

// names lists the live datasets.
func (a *account) names() []string {
	a.t.Helper()
	all, err := a.client.Datasets(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	var out []string
	for _, d := range all {
		out = append(out, d.Name)
	}
	return out
}

// raw sends a request of no client, for what a person or another tool does.
func (a *account) raw(method, path string, body any) (int, string) {
	a.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	u := accountURL + path + "?api_key=" + url.QueryEscape(key)
	req, err := http.NewRequestWithContext(a.t.Context(), method, u, strings.NewReader(string(text)))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}
