package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/secret"
)

// A shared account is one that several runs work on at once.
type shared struct {
	t       *testing.T
	box     *sandbox.Sandbox
	account string
	client  *carto.Client

	mu  sync.Mutex
	see func(*http.Request) // sees every request before it is answered
}

func shareAccount(t *testing.T) *shared {
	t.Helper()
	s := &shared{t: t}
	var err error
	if s.box, err = sandbox.Open(t.Context(), sandbox.Config{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.box.Close(); err != nil {
			t.Error(err)
		}
	})
	s.account = sandboxURL(strings.TrimPrefix(server.URL, "http://"), sandbox.DefaultUser)
	if s.client, err = carto.New(carto.Config{Account: s.account, APIKey: secret.New(sandbox.DefaultAPIKey)}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shared) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	see := s.see
	s.mu.Unlock()
	if see != nil {
		see(r)
	}
	s.box.ServeHTTP(w, r)
}

func (s *shared) sees(see func(*http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.see = see
}

// taken is the lease of city in the hands of somebody else.
func (s *shared) taken(user string) *apply.Lease {
	s.t.Helper()
	holder := apply.NewHolder(user, "ci-7", "https://github.com/acme/maps/actions/runs/77")
	holder.Boot = "of another machine"
	l, err := apply.TakeLeases(s.t.Context(), s.client, []string{"city"}, apply.LeaseOptions{Holder: holder, Notice: func(apply.LeaseNotice) {}})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *shared) names() []string {
	s.t.Helper()
	all, err := s.client.Datasets(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return names
}

// A watched buffer may be written and read at once.
type watched struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// says waits until the buffer holds a text.
func (w *watched) says(t *testing.T, text string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !strings.Contains(w.String(), text); <-tick.C {
		if time.Now().After(end) {
			t.Errorf("it never said %q but %q", text, w.String())
			return
		}
	}
}

// A started run is one under way.
type started struct {
	stdout, stderr watched
	code           chan int
}

func (s *shared) start(ctx context.Context, args ...string) *started {
	r := &started{code: make(chan int, 1)}
	env := environment(map[string]string{
		"CARTO_API_KEY": sandbox.DefaultAPIKey, "USER": "ann",
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/maps", "GITHUB_RUN_ID": "42",
	})
	go func() {
		r.code <- run(ctx, append(args, "--account", s.account), streams{stdin: new(bytes.Buffer), stdout: &r.stdout, stderr: &r.stderr}, env)
	}()
	return r
}

// ends waits for the end of the run and expects its exit code.
func (r *started) ends(t *testing.T, want int) {
	t.Helper()
	if got := <-r.code; got != want {
		t.Errorf("exit code %d, want %d; stdout:\n%s\nstderr:\n%s", got, want, r.stdout.String(), r.stderr.String())
	}
}

// A run that may not wait says who is at work, and has written nothing.
func TestSecondApplyIsRefused(t *testing.T) {
	s := shareAccount(t)
	defer s.taken("bob").Release(t.Context())
	s.sees(func(r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("it sent %s %s", r.Method, r.URL.Path)
		}
	})
	r := s.start(t.Context(), "apply", "--auto-approve", "--lease-timeout", "0", manifestOfTwo(t))
	r.ends(t, exitFailed)
	s.sees(nil)
	for _, part := range []string{
		`project "city" is being applied by bob@ci-7 (process `, `), https://github.com/acme/maps/actions/runs/77 since 20`,
		"; nothing was changed; run it again when that has ended, or wait longer with --lease-timeout\n",
	} {
		if !strings.Contains(r.stderr.String(), part) {
			t.Errorf("stderr does not say %q:\n%s", part, r.stderr.String())
		}
	}
	if got := s.names(); len(got) != 0 {
		t.Errorf("there is %q", got)
	}
}

// A run that comes second waits, and finds that everything is done.
func TestSecondApplyWaitsAndPlansAgain(t *testing.T) {
	s, manifest := shareAccount(t), manifestOfTwo(t)
	var once sync.Once
	var second *started
	s.sees(func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/imports") {
			once.Do(func() { // the first run is at work
				second = s.start(t.Context(), "apply", "--auto-approve", manifest)
				second.stderr.says(t, "is being applied by ann@")
			})
		}
	})
	first := s.start(t.Context(), "apply", "--auto-approve", manifest)
	first.ends(t, exitDone)
	second.ends(t, exitDone)
	if out := second.stdout.String(); !strings.Contains(out, "Plan: 2 to create") || !strings.HasSuffix(out, "\n\nNo changes.\n2 datasets are as declared.\n") {
		t.Errorf("the second run printed\n%s", out)
	}
	for _, part := range []string{"https://github.com/acme/maps/actions/runs/42", "another run was at work since the plan was made; this is the plan now"} {
		if !strings.Contains(second.stderr.String(), part) {
			t.Errorf("stderr does not say %q:\n%s", part, second.stderr.String())
		}
	}
	if got := strings.Join(s.names(), " "); got != "lamps trees" {
		t.Errorf("there is %s", got)
	}
}

// Whoever approved a plan is asked again if it became another one, and only then.
func TestAnotherPlanIsAskedAbout(t *testing.T) {
	for _, changed := range []bool{false, true} {
		t.Run(fmt.Sprint(changed), func(t *testing.T) {
			s, manifest := shareAccount(t), manifestOfTwo(t)
			var stdout, stderr bytes.Buffer
			a := &app{
				streams: streams{stdin: strings.NewReader("yes\n"), stdout: &stdout, stderr: &stderr},
				env:     environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey}),
			}
			g, err := parse(t, "apply", "--account", s.account, manifest)
			if err != nil {
				t.Fatal(err)
			}
			c := g.Apply
			survey, err := c.survey(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			other := s.taken("bob")
			if changed {
				if err := os.WriteFile(filepath.Join(manifest, "a.csv"), []byte("id,kind\n1,oak\n2,elm\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := other.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
			err = c.hold(t.Context(), a, survey)
			a.release(t.Context(), survey)
			if declined := errors.Is(err, notAllDone); declined != changed || err != nil && !declined {
				t.Errorf("it ended with %v; stderr:\n%s", err, stderr.String())
			}
			if asked := strings.Count(stderr.String(), "Only yes is accepted"); asked != map[bool]int{false: 1, true: 2}[changed] {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// A signal gives the lease back: the next run need not wait.
func TestInterruptedApplyGivesTheLeaseBack(t *testing.T) {
	s, manifest := shareAccount(t), manifestOfTwo(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	var once sync.Once
	s.sees(func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/imports") {
			once.Do(func() { interrupt(errSignal) })
		}
	})
	s.start(ctx, "apply", "--auto-approve", manifest).ends(t, exitFailed)
	lease := s.taken("bob") // who does not wait at all
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

// An empty plan writes nothing, not even a lease.
func TestEmptyPlanTakesNoLease(t *testing.T) {
	s, manifest := shareAccount(t), manifestOfTwo(t)
	s.start(t.Context(), "apply", "--auto-approve", manifest).ends(t, exitDone)
	s.sees(func(r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("it sent %s %s", r.Method, r.URL.Path)
		}
	})
	s.start(t.Context(), "apply", "--auto-approve", manifest).ends(t, exitDone)
}

// A dataset of the lease table's name is somebody's own: it is made and changed as
// any other.
func TestDatasetOfTheLeaseTablesName(t *testing.T) {
	s, dir := shareAccount(t), t.TempDir()
	put(t, dir, "carto.yaml", "version: 1\nproject: city\ndatasets: [{name: cartosync_lease, source: {file: a.csv}}]\n")
	for _, text := range []string{"id\n1\n", "id\n1\n2\n"} {
		put(t, dir, "a.csv", text)
		r := s.start(t.Context(), "apply", "--auto-approve", dir)
		r.ends(t, exitDone)
		if want := `there is a dataset "cartosync_lease", whose name the table of leases needs; rename it`; !strings.Contains(r.stderr.String(), want) {
			t.Errorf("stderr does not say %q:\n%s", want, r.stderr.String())
		}
		if got := strings.Join(s.names(), " "); got != "cartosync_lease" {
			t.Errorf("there is %s", got)
		}
	}
}

// Where the database cannot be written to, the run says so and goes on.
func TestApplyWithoutALease(t *testing.T) {
	s := shareAccount(t)
	s.box.Inject(fault.Rule{Kind: fault.Empty, Status: http.StatusForbidden, Method: http.MethodPost, Path: "/api/v2/sql"})
	r := s.start(t.Context(), "apply", "--auto-approve", manifestOfTwo(t))
	r.ends(t, exitDone)
	if want := `warning: going on without the lease on project "city" that keeps two runs apart`; !strings.Contains(r.stderr.String(), want) {
		t.Errorf("stderr does not say %q:\n%s", want, r.stderr.String())
	}
	if got := strings.Join(s.names(), " "); got != "lamps trees" {
		t.Errorf("there is %s", got)
	}
}
