package main

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// pack makes a zip of CSV files of those names.
func pack(t *testing.T, path string, members ...string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, member := range members {
		w, err := z.Create(member)
		if err == nil {
			_, err = w.Write([]byte("id,kind\n1,oak\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// What a file is uploaded as, what it becomes, and whether it may replace a dataset.
func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	pack(t, filepath.Join(dir, "one.zip"), "Inner File.csv")
	pack(t, filepath.Join(dir, "two.zip"), "a.csv", "b.csv")
	pack(t, filepath.Join(dir, "same.zip"), "x/a.csv", "y/A.csv")
	var most []string
	for n := range 27 {
		most = append(most, fmt.Sprintf("layer_%d.csv", n))
	}
	pack(t, filepath.Join(dir, "most.zip"), most...)
	gz, err := os.Create(filepath.Join(dir, "trees.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(gz)
	w.Write([]byte("id\n1\n"))
	w.Close()
	gz.Close()
	if err := os.WriteFile(filepath.Join(dir, "2026 (x).csv"), []byte("id\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	type opened struct {
		Upload   string
		Layers   []string
		Replaces bool
		Err      string
	}
	tests := []struct {
		file, name string
		want       opened
	}{
		{"2026 (x).csv", "", opened{"2026 (x).csv", []string{"table_2026_x"}, true, ""}},
		{"2026 (x).csv", "trees", opened{"trees.csv", []string{"trees"}, true, ""}},
		{"one.zip", "", opened{"one.zip", []string{"inner_file"}, true, ""}},
		{"one.zip", "trees", opened{"trees.zip", []string{"inner_file"}, true, ""}},
		{"two.zip", "", opened{"two.zip", []string{"a", "b"}, false, ""}},
		{"two.zip", "trees", opened{Err: "two.zip holds 2 layers, and --name can name one; leave it out, or import one file for each"}},
		{"same.zip", "", opened{Err: `same.zip holds two layers that become "a", and CARTO would call the second "a_1"; rename one of them in it`}},
		{"most.zip", "", opened{Err: "most.zip holds 27 layers, and CARTO would import 26 of them without a word; split it"}},
		{"trees.csv.gz", "oaks", opened{"oaks.csv.gz", []string{"oaks"}, false, ""}},
		{".", "", opened{Err: `file "." cannot be read: it is not a regular file; write its contents to one first`}},
	}
	for _, tt := range tests {
		t.Run(tt.file+" "+tt.name, func(t *testing.T) {
			t.Chdir(dir)
			f, err := openFile(tt.file, tt.name)
			got := opened{Err: message(err)}
			if err == nil {
				got = opened{Upload: f.upload, Layers: f.layers, Replaces: f.replaces() == nil}
				f.Close()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Of an archive with several files the job names the last dataset alone; all are shown.
func TestImportSeveralLayers(t *testing.T) {
	account := handAccount(t, sandbox.Config{})
	archive := filepath.Join(t.TempDir(), "city.zip")
	pack(t, archive, "trees.csv", "lamps.csv")
	code, stdout, stderr := byHandIn(t, account, sandbox.DefaultAPIKey, "dataset", "import", archive, "--format", "csv")
	if code != exitDone {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	if diff := cmp.Diff([]string{"trees created", "lamps created"}, outcomes(stdout)); diff != "" {
		t.Error(diff)
	}
	code, _, stderr = byHandIn(t, account, sandbox.DefaultAPIKey, "dataset", "import", archive)
	want := `there is a dataset "trees" already, and CARTO would import this beside it as "trees_1"; leave what is there with --skip, or import one file for each layer` + "\n"
	if diff := cmp.Diff(want, stderr); diff != "" || code != exitFailed {
		t.Errorf("exit code %d (-want +got):\n%s", code, diff)
	}
	code, _, stderr = byHandIn(t, account, sandbox.DefaultAPIKey, "dataset", "import", archive, "--overwrite")
	want = archive + " holds 2 layers, and replacing several datasets at once can end half-way; import one file for each\n"
	if diff := cmp.Diff(want, stderr); diff != "" || code != exitFailed {
		t.Errorf("exit code %d (-want +got):\n%s", code, diff)
	}
}

// Of several datasets --skip leaves those alone that are there, and says of which.
func TestSkipSomeLayers(t *testing.T) {
	account := handAccount(t, sandbox.Config{})
	archive := filepath.Join(t.TempDir(), "city.zip")
	pack(t, archive, "trees.csv", "lamps.csv")
	if code, _, stderr := byHandIn(t, account, sandbox.DefaultAPIKey, "dataset", "import", "testdata/trees.csv"); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	for _, want := range [][]string{{"trees skipped", "lamps created"}, {"trees skipped", "lamps skipped"}} {
		code, stdout, stderr := byHandIn(t, account, sandbox.DefaultAPIKey, "dataset", "import", archive, "--skip", "--format", "csv")
		if diff := cmp.Diff(want, outcomes(stdout)); diff != "" || code != exitDone {
			t.Errorf("exit code %d (-want +got):\n%s%s", code, diff, stderr)
		}
	}
}

// outcomes are the names and outcomes in a table as CSV.
func outcomes(table string) []string {
	var all []string
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		all = append(all, strings.Join(strings.Split(line, ",")[:2], " "))
	}
	return all
}

// A signal leaves the job to the server, and says how to follow it: the same command
// again would find the name taken.
func TestInterruptedImport(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	account, idle := serveSandbox(t, func(r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/api/v1/imports/") {
			interrupt(errSignal)
		}
	})
	code, doc := runJSON(ctx, t, "dataset", "import", "--account", account, "testdata/trees.csv")
	idle()
	items, diagnostic := doc["items"].([]any), doc["diagnostics"].([]any)[0].(map[string]any)
	if code != exitFailed || len(items) != 1 || diagnostic["code"] != "interrupted" {
		t.Fatalf("exit code %d, document %v", code, doc)
	}
	job := items[0].(map[string]any)["import_id"]
	want := fmt.Sprintf("interrupted while CARTO imported (interrupt signal received); import job %s goes on there, and cartosync import show says how it ended", job)
	if diff := cmp.Diff(want, diagnostic["problem"]); diff != "" {
		t.Error(diff)
	}
}

// Before the server has answered, nobody knows whether it accepted the import: what is
// said is where to look for it.
func TestInterruptedPost(t *testing.T) {
	tests := []struct {
		path, want string
		args       []string
	}{
		{"/api/v1/imports", "dataset", []string{"dataset", "import", "testdata/trees.csv"}},
		{"/api/v1/synchronizations", "synchronization", []string{"synchronization", "create", "http://files.sandbox.test/trees.csv", "--interval", "1h"}},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			ctx, interrupt := context.WithCancelCause(t.Context())
			account, idle := serveSandbox(t, func(r *http.Request) {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, tt.path) {
					interrupt(errSignal)
					panic(http.ErrAbortHandler) // no answer can win the race
				}
			})
			_, doc := runJSON(ctx, t, append(tt.args, "--account", account)...)
			idle()
			want := "interrupted while the import was sent (interrupt signal received); look with cartosync " + tt.want + " list whether it was imported before you try again"
			if diff := cmp.Diff(want, doc["diagnostics"].([]any)[0].(map[string]any)["problem"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInterval(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
		err  string
	}{
		{"900", 15 * time.Minute, ""}, {"900s", 15 * time.Minute, ""}, {"15m", 15 * time.Minute, ""}, {"1h", time.Hour, ""},
		{"2d", 48 * time.Hour, ""}, {"1w", 7 * 24 * time.Hour, ""},
		{"0", 0, `"0" is no interval; write 900, 15m, 1h, 1d or 1w`},
		{"", 0, `"" is no interval; write 900, 15m, 1h, 1d or 1w`},
		{"h", 0, `"h" is no interval; write 900, 15m, 1h, 1d or 1w`},
		{"-1h", 0, `"-1h" is no interval; write 900, 15m, 1h, 1d or 1w`},
		{"1.5h", 0, `"1.5h" is no interval; write 900, 15m, 1h, 1d or 1w`},
		{"2147483648", 0, `"2147483648" is no interval; write 900, 15m, 1h, 1d or 1w`},
		{"99999999999999999999w", 0, `"99999999999999999999w" is no interval; write 900, 15m, 1h, 1d or 1w`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			var got interval
			err := got.UnmarshalText([]byte(tt.text))
			if time.Duration(got) != tt.want || message(err) != tt.err {
				t.Errorf("got %v and %q, want %v and %q", time.Duration(got), message(err), tt.want, tt.err)
			}
		})
	}
}
