package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/secret"
)

// A city is an account behind a counter, with a manifest and everything that its sources name. All of it lies in one
// directory, so that a copy of that is another city like it.
type city struct {
	t       *testing.T
	dir     string
	box     *sandbox.Sandbox
	client  *carto.Client // of the test, past the counter
	counter *counter
	account string // its URL
	close   func()
}

// openCity opens the city in a directory.
func openCity(t *testing.T, dir string) *city {
	t.Helper()
	w := &city{t: t, dir: dir, counter: new(counter)}
	for _, name := range []string{"manifest", "remote", "warehouse", "home"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.box, err = sandbox.Open(t.Context(), sandbox.Config{
		Dir: filepath.Join(dir, "account"), Serve: filepath.Join(dir, "remote"),
		Connectors: map[string]string{"hive": filepath.Join(dir, "warehouse")},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.counter.account = w.box
	w.counter.aim(killing{})
	server := httptest.NewServer(w.counter)
	w.account = sandboxURL(strings.TrimPrefix(server.URL, "http://"), sandbox.DefaultUser)
	w.client, err = carto.New(carto.Config{
		Account: sandboxURL("localhost", sandbox.DefaultUser), APIKey: secret.New(sandbox.DefaultAPIKey), Transport: w.box.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.close = func() {
		server.Close()
		if err := w.box.Close(); err != nil {
			t.Error(err)
		}
	}
	return w
}

// put writes files, each named by its path below the city's directory.
func (w *city) put(files map[string]string) {
	w.t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// command is a command line that works on the city.
func (w *city) command(args ...string) []string {
	return append(args, "--account", w.account, "--no-cache", "--prune", filepath.Join(w.dir, "manifest"))
}

func (w *city) env() map[string]string {
	return map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey, "HOME": filepath.Join(w.dir, "home")}
}

// run runs a command line inside this process.
func (w *city) run(args ...string) (code int, output string) {
	var b bytes.Buffer
	code = run(w.t.Context(), w.command(args...), streams{stdin: new(bytes.Buffer), stdout: &b, stderr: &b}, environment(w.env()))
	return code, b.String()
}

// mustRun expects a command line to succeed.
func (w *city) mustRun(args ...string) string {
	w.t.Helper()
	code, output := w.run(args...)
	if code != exitDone {
		w.t.Fatalf("%s: exit code %d\n%s", args[0], code, output)
	}
	return output
}

// must gives up where the city cannot be made as it should be.
func must[T any](w *city) func(T, error) T {
	return func(v T, err error) T {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
		return v
	}
}

func (w *city) dataset(name string) carto.Dataset {
	w.t.Helper()
	return must[carto.Dataset](w)(w.client.Dataset(w.t.Context(), name))
}

// upload makes a dataset that is nobody's.
func (w *city) upload(name, text string) {
	w.t.Helper()
	id := must[string](w)(w.client.Upload(w.t.Context(), carto.Upload{Name: name + ".csv", Body: strings.NewReader(text), Size: int64(len(text))}))
	must[carto.Import](w)(w.client.WaitImport(w.t.Context(), id, carto.Poll{}))
}

// spoil changes the synchronization of a dataset as misfortune would.
func (w *city) spoil(dataset string, body map[string]any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	u := w.client.Account().URL + "/api/v1/synchronizations/" + w.dataset(dataset).Synchronization.ID + "?api_key=" + sandbox.DefaultAPIKey
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, u, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.box.Transport().RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatal(res.Status)
	}
}

// double gives a synchronized dataset a second synchronization.
func (w *city) double(dataset, url string) {
	w.t.Helper()
	s, job, err := w.client.CreateSynchronization(w.t.Context(), carto.SyncRequest{Interval: time.Hour, URL: secret.New(url), Checksum: plan.SyncMarker("city", dataset)})
	if err != nil {
		w.t.Fatal(err)
	}
	made := must[carto.Import](w)(w.client.WaitImport(w.t.Context(), job, carto.Poll{}))
	surplus, id := w.dataset(made.TableName), w.dataset(dataset).ID
	must[carto.Synchronization](w)(w.client.UpdateSynchronization(w.t.Context(), s.ID, carto.SyncUpdate{Name: &dataset, DatasetID: &id}))
	if err := w.client.DeleteDataset(w.t.Context(), surplus.ID); err != nil {
		w.t.Fatal(err)
	}
}

// archive is a zip of one file.
func archive(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A state is what there is in an account, as far as somebody declared it.
type state struct {
	Datasets         map[string]datasetState
	Synchronizations int
	Connections      []string
	Maps             []string // titles and ids
}

type datasetState struct {
	ID      string // "" if the dataset was not there in the beginning
	TableID string
	Privacy carto.Privacy
	Title   string
	Tags    []string
	Maps    int
	Rows    []string
	Sync    *syncState
}

type syncState struct {
	ID       string // as that of a dataset
	Name     string
	Interval time.Duration
	Source   string
	Content  bool
	State    carto.SyncState
}

// read reads the state. Of ids it keeps those that are known, or all: others are given anew in each copy.
func (w *city) read(ctx context.Context, known map[string]bool) (state, error) {
	s := state{Datasets: map[string]datasetState{}}
	all, err := w.client.Datasets(ctx)
	if err != nil {
		return s, err
	}
	for _, d := range all {
		if s.Datasets[d.Name], err = w.readDataset(ctx, d.ID, known); err != nil {
			return s, err
		}
	}
	syncs, err := w.client.Synchronizations(ctx)
	if err != nil {
		return s, err
	}
	s.Synchronizations = len(syncs)
	connections, _, err := w.client.Connections(ctx)
	if err != nil {
		return s, err
	}
	for _, c := range connections {
		text := c.Name
		for _, p := range c.Params {
			text += " " + p.Key + "=" + p.Value.Reveal()
		}
		s.Connections = append(s.Connections, text)
	}
	s.Maps, err = w.maps(ctx)
	return s, err
}

func (w *city) readDataset(ctx context.Context, id string, known map[string]bool) (datasetState, error) {
	d, err := w.client.Dataset(ctx, id)
	if err != nil {
		return datasetState{}, err
	}
	keep := func(id string) string {
		if known == nil || known[id] {
			return id
		}
		return ""
	}
	slices.Sort(d.Tags)
	s := datasetState{ID: keep(d.ID), TableID: keep(d.TableID), Privacy: d.Privacy, Title: d.Title, Tags: d.Tags, Maps: d.MapCount}
	if y := d.Synchronization; y != nil {
		full, err := w.client.Synchronization(ctx, y.ID)
		if err != nil {
			return s, err
		}
		s.Sync = &syncState{ID: keep(y.ID), Name: y.Name, Interval: full.Interval, Source: full.URL.Reveal(), Content: full.ContentGuessing, State: full.State}
		if c := full.Item.Connector; c != nil {
			for _, p := range c.Params {
				if p.Key != "import_as" {
					s.Sync.Source += " " + p.Key + "=" + p.Value.Reveal()
				}
			}
		}
	}
	rows, err := w.client.Query(ctx, "SELECT * FROM "+carto.QuoteIdentifier(d.Name))
	if err != nil {
		return s, err
	}
	for _, row := range rows.Rows {
		delete(row, "cartodb_id")
		text, err := json.Marshal(row)
		if err != nil {
			return s, err
		}
		s.Rows = append(s.Rows, string(text))
	}
	slices.Sort(s.Rows)
	return s, nil
}

// maps lists the maps of the account.
func (w *city) maps(ctx context.Context) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.client.Account().URL+"/api/v1/viz?type=derived&order=name&api_key="+sandbox.DefaultAPIKey, nil)
	if err != nil {
		return nil, err
	}
	res, err := w.box.Transport().RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		Visualizations []struct{ ID, Name string }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, err
	}
	var all []string
	for _, m := range answer.Visualizations {
		all = append(all, m.Name+" "+m.ID)
	}
	slices.Sort(all)
	return all, nil
}

// ids are those of everything in a state.
func (s state) ids() map[string]bool {
	all := map[string]bool{}
	for _, d := range s.Datasets {
		all[d.ID], all[d.TableID] = true, true
		if d.Sync != nil {
			all[d.Sync.ID] = true
		}
	}
	return all
}
