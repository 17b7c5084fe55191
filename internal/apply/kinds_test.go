package apply_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
)

// zipped is an archive of one file below a directory, among things that CARTO
// leaves out.
func zipped(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range [][2]string{{"__MACOSX/" + name, "x"}, {"export 2024/README.txt", "hello"}, {"export 2024/" + name, text}} {
		e, err := w.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(e, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = name
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestArchivesTakeTheDatasetsName: CARTO names a dataset after the file inside
// an archive, so that file is given the name on the way.
func TestArchivesTakeTheDatasetsName(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, c := range []struct {
		file          string
		first, second string
	}{
		{"trees.zip", zipped(t, "Trees (final).csv", trees), zipped(t, "Trees (final).csv", trees+"yew,5,6\n")},
		{"trees.csv.gz", gzipped(t, "", trees), gzipped(t, "", trees+"yew,5,6\n")},
		{"trees.gz.csv.gz", gzipped(t, "roads.csv", trees), gzipped(t, "roads.csv", trees+"yew,5,6\n")},
		{"trees.tar", tarred(t, "roads.csv", trees), tarred(t, "roads.csv", trees+"yew,5,6\n")},
		{"trees.tgz", gzipped(t, "", tarred(t, "roads.csv", trees)), gzipped(t, "", tarred(t, "roads.csv", trees+"yew,5,6\n"))},
		{"trees.tar.gz", gzipped(t, "", tarred(t, "roads.csv", trees)), gzipped(t, "", tarred(t, "a/roads.tsv", strings.ReplaceAll(trees+"yew,5,6\n", ",", "\t")))},
	} {
		t.Run(c.file, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file(c.file, c.first)
				a.file("roads.csv", "name\nringway\n") // named as files inside the archives
				a.manifest("datasets: [{name: parks, source: {file: " + c.file + "}}, {name: roads, source: {file: roads.csv}}]")
				a.converges("done create parks", "done create roads")
				id := a.dataset("parks").ID
				a.file(c.file, c.second)
				a.converges("done reimport parks")
				if got := a.dataset("parks").ID; got != id {
					t.Errorf("the dataset was %s and is %s", id, got)
				}
				if diff := cmp.Diff([]string{"elm", "oak", "yew"}, a.column("parks", "name")); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				if diff := cmp.Diff([]string{"ringway"}, a.column("roads", "name")); diff != "" {
					t.Errorf("another dataset was written to: wanted -, got +:\n%s", diff)
				}
				if left, err := filepath.Glob(filepath.Join(os.TempDir(), "cartosync-*")); err != nil || len(left) != 0 {
					t.Errorf("left on the disk: %v %v", left, err)
				}
			})
		})
	}
}

// TestUnforeseeableNamesAreNotSent: where nobody can tell what CARTO would call
// the dataset, an upload could overwrite somebody else's.
func TestUnforeseeableNamesAreNotSent(t *testing.T) {
	for _, c := range []struct{ file, text, says string }{
		{"trees.rar", "Rar!", "unpack it, or use zip"},
		{"trees.osm", "<osm/>", "four datasets"},
		{"trees.tar", tarred(t, "trees.tab", "!table"), "unpack it, or use zip"},
	} {
		t.Run(c.file, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file(c.file, c.text)
				a.manifest("datasets: [{name: trees, source: {file: " + c.file + "}}]")
				in := a.input(t.Context())
				a.fails(in, plan.Compute(in), nil, c.says)
			})
		})
	}
}

// TestLayersDoNotOverwriteOthers: of a file with several layers CARTO would write
// each to a dataset of its own.
func TestLayersDoNotOverwriteOthers(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}, {name: trees_old, source: {file: trees.csv}}]")
		a.converges("done create trees", "done create trees_old")
		a.file("trees.gpkg", "SQLite format 3\x00")
		a.manifest("datasets: [{name: trees, source: {file: trees.gpkg}}, {name: trees_old, source: {file: trees.csv}}]")
		in := a.input(t.Context())
		a.fails(in, plan.Compute(in), []string{"trees", "trees_old"}, `could overwrite dataset "trees_old" too`)
	})
}

func TestSharesAreGivenAndTaken(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t, func(c *sandbox.Config) {
			c.Organization, c.Members, c.Groups = "acme-org", []string{"bob", "eve"}, []string{"planners"}
		})
		a.file("trees.csv", trees)
		shared := func(list string) {
			a.manifest("datasets: [{name: trees, source: {file: trees.csv}, share: " + list + "}]")
		}
		shared("[{user: bob, access: rw}, {group: planners, access: r}]")
		a.converges("done create trees")
		shared("[{user: eve, access: r}]")
		a.converges("done update trees")
		var got []string
		for _, g := range a.dataset("trees").Permission.ACL {
			got = append(got, g.Kind+" "+g.Name+" "+g.Access)
		}
		if diff := cmp.Diff([]string{"user eve r"}, got); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		shared("[]")
		a.converges("done update trees")
	})
}

// TestConnectionsAreChangedInPlace: another server or another version of the
// secret changes the stored connection that synchronizations refer to; none is
// made beside it.
func TestConnectionsAreChangedInPlace(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		a.manifest(strings.Replace(manyKinds, "server: hive.example.org", "server: hive2.example.org, secret_version: 2", 1))
		a.converges("done update warehouse")
		all, _, err := a.client.Connections(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range all {
			got = append(got, c.Name)
		}
		if diff := cmp.Diff([]string{"city-warehouse-v2"}, got); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestSourceOfASynchronizationIsChangedInPlace: the next run fetches the new
// source into the same dataset.
func TestSourceOfASynchronizationIsChangedInPlace(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		id := a.dataset("air").ID
		a.serve("air2.csv", "station,no2\nz,5\n")
		a.manifest(strings.NewReplacer("air_export.csv", "air2.csv",
			"table: order_items}\n    sync: {interval: 15m}", "sql_query: \"SELECT sku FROM order_items\"}\n    sync: {interval: 15m}").Replace(manyKinds))
		a.converges("done update air", "done update sales")
		waitFor(t, fewMinutes, func() bool { return cmp.Equal(a.column("air", "station"), []string{"z"}) })
		if got := a.dataset("air").ID; got != id {
			t.Errorf("the dataset was %s and is %s", id, got)
		}
	})
}

// TestPrivateAccountsStayPrivateUntilPublished: while it is imported nobody
// else sees a dataset that will be public.
func TestNothingIsPublicBeforeItIsChecked(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}, privacy: public, expect: {min_rows: 2}}]")
		in := a.input(t.Context())
		p := planOf(in)
		p.Actions[0].Steps = p.Actions[0].Steps[:2] // staged and published under its name, not yet opened
		a.carryOut(t.Context(), in, p)
		if got := a.dataset("trees").Privacy; got != carto.PrivacyPrivate {
			t.Errorf("it is %s before its last step", got)
		}
		a.converges("done update trees")
		if got := a.dataset("trees").Privacy; got != carto.PrivacyPublic {
			t.Errorf("it is %s in the end", got)
		}
	})
}
