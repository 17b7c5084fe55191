package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

const (
	idOfNothing   = "aaaaaaaa-0000-4000-8000-000000000001"
	idOfBob       = "bbbbbbbb-0000-4000-8000-000000000002" // a private dataset of his
	idSharedByBob = "bbbbbbbb-0000-4000-8000-000000000003"
	jobOfBob      = "bbbbbbbb-0000-4000-8000-000000000004"
	syncOfBob     = "bbbbbbbb-0000-4000-8000-000000000005"
)

// answersOfBob are what CARTO answers about things of another user: the sandbox has
// nobody else's.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb,
// app/controllers/carto/api/synchronizations_controller.rb, app/services/carto/data_imports_service.rb.
var answersOfBob = map[string]struct {
	status int
	body   string
}{
	"/api/v1/viz/" + idOfBob:                {403, `{"errors":"Visualization not viewable","errors_cause":null}`},
	"/api/v1/viz/" + idSharedByBob:          {200, `{"id":"` + idSharedByBob + `","name":"roads","type":"table","permission":{"owner":{"username":"bob"}}}`},
	"/api/v1/imports/" + jobOfBob:           {200, `{"id":"` + jobOfBob + `","user_id":"` + idOfNothing + `","state":"complete","success":true}`},
	"/api/v1/synchronizations/" + syncOfBob: {401, ``},
}

// handAccount serves a sandbox for the commands by hand, beside things of another user.
func handAccount(t *testing.T, cfg sandbox.Config) (url string) {
	t.Helper()
	cfg.Dir = t.TempDir()
	s, err := sandbox.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a, ok := answersOfBob[strings.TrimPrefix(r.URL.Path, "/user/sandbox")]; ok {
			w.WriteHeader(a.status)
			io.WriteString(w, a.body)
			return
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return sandboxURL(strings.TrimPrefix(server.URL, "http://"), sandbox.DefaultUser)
}

// byHandIn runs a command line at an account, without the credentials of whoever runs
// this.
func byHandIn(t *testing.T, account, key string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	args = append(args, "--credentials", write(t, "none.yaml", ""), "--account", account)
	var out, errs bytes.Buffer
	code = run(t.Context(), args, streams{stdin: new(bytes.Buffer), stdout: &out, stderr: &errs},
		environment(map[string]string{"CARTO_API_KEY": key}))
	return code, out.String(), errs.String()
}

// request sends a request behind the program's back, and decodes the answer.
func requestOf(t *testing.T, account, method, path, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, account+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(sandbox.DefaultUser, sandbox.DefaultAPIKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, text, err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// importNamed imports a file of two rows and returns the dataset's id.
func importNamed(t *testing.T, account, name string) string {
	t.Helper()
	file := write(t, name+".csv", "id,kind\n1,oak\n2,elm\n")
	code, stdout, stderr := byHandIn(t, account, sandbox.DefaultAPIKey, "dataset", "import", file, "--quiet")
	if code != exitDone {
		t.Fatalf("import of %s: exit code %d\n%s", name, code, stderr)
	}
	return strings.TrimSpace(stdout)
}

// Whatever goes wrong: the exit code, and one line that says what and what next.
func TestByHandRefuses(t *testing.T) {
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "id\n1\n") }))
	t.Cleanup(files.Close)
	account := handAccount(t, sandbox.Config{})
	trees := importNamed(t, account, "trees")
	traffic := requestOf(t, account, http.MethodPost, "/api/v1/viz?name=Traffic", `{"tables":["trees"]}`)
	for _, name := range []string{"air", "noise"} {
		code, _, stderr := byHandIn(t, account, sandbox.DefaultAPIKey, "synchronization", "create", files.URL+"/"+name+".csv", "--interval", "1h")
		if code != exitDone {
			t.Fatal(stderr)
		}
	}
	var syncs []string
	for _, s := range requestOf(t, account, http.MethodGet, "/api/v1/synchronizations", "")["synchronizations"].([]any) {
		id := s.(map[string]any)["id"].(string)
		syncs = append(syncs, id)
		requestOf(t, account, http.MethodPut, "/api/v1/synchronizations/"+id, `{"name":"air"}`)
	}

	const (
		key     = sandbox.DefaultAPIKey
		nowhere = "http://127.0.0.1:1/user/sandbox"
		noKey   = ` no API key for `
	)
	tests := []struct {
		name         string
		account, key string
		args         string
		code         int
		want         string // what stderr says
	}{
		{"unknown command", account, key, "dataset lst", 64, `unexpected argument lst, did you mean "list"?; see cartosync dataset --help`},
		{"unknown flag", account, key, "dataset list --formt csv", 64, `unknown flag --formt, did you mean "--format"?; see cartosync dataset list --help`},
		{"no name", account, key, "dataset show", 64, `expected "<name>"; see cartosync dataset show --help`},
		{"ids and a format", account, key, "dataset list --quiet --format csv", 64, `--quiet prints ids alone, which is no csv; leave one of the two out`},
		{"nobody to ask", account, key, "dataset delete trees", 64, `dataset delete asks before it does anything, and there is no terminal to ask at; add --auto-approve`},
		{"an empty name", account, key, "dataset delete --auto-approve trees -", 64, `"-" is neither a name nor an id; give names or ids`},
		{"no id", account, key, "import show trees", 64, `"trees" is not the id of an import job; cartosync dataset import --no-wait prints one`},
		{"nothing to import", account, key, "dataset import", 64, `there is nothing to import: neither a file or URL nor a --connector; name one`},
		{"two sources", account, key, "dataset import a.csv --connector x --table y", 64, `"a.csv" and --connector are two sources; leave one of the two out`},
		{"a table of nothing", account, key, "dataset import a.csv --table y", 64, `--table, --schema, --sql-query, --connection and --param are about a database; add --connector, or leave them out`},
		{"a database without a table", account, key, "dataset import --connector x", 64, `--connector needs a --table or a --sql-query; add one of the two`},
		{"a query without a name", account, key, "dataset import --connector x --sql-query y", 64, `the result of --sql-query has no name of its own; add --name`},
		{"a name that CARTO changes", account, key, "dataset import a.csv --name Bike-Stations", 64, `--name "Bike-Stations" is none that CARTO would keep; it would become "bike_stations"`},
		{"a short interval", account, key, "dataset import http://x/a.csv --sync-interval 14m", 64, `--sync-interval 14m is below CARTO's minimum of 15m; give 15m or more`},
		{"a short interval in seconds", account, key, "synchronization create http://x/a.csv --interval 899", 64, `--interval 899s is below CARTO's minimum of 15m; give 15m or more`},
		{"no interval", account, key, "synchronization create http://x/a.csv", 64, `missing flags: --interval=INTERVAL; see cartosync synchronization create --help`},
		{"a synchronized file", account, key, "synchronization create a.csv --interval 1h", 64, `CARTO cannot fetch "a.csv" again; give a URL; a file is imported with cartosync dataset import`},
		{"overwriting with a URL", account, key, "dataset import http://x/a.csv --overwrite", 64, `--overwrite is for files: the name of what a URL holds is not known before, and it could replace any dataset; download it and import the file`},
		{"overwriting with a database", account, key, "dataset import --connector x --table y --overwrite", 64, `--overwrite is for files: CARTO ignores it for databases, and makes a second dataset; import it under another --name, or have it synchronized`},
		{"both at once", account, key, "dataset import a.csv --overwrite --skip", 64, `--overwrite and --skip say different things; leave one of the two out`},
		{"a password", account, key, "connection create x hive --param server=h --param password=hunter2", 64, `--param password: a secret is not written on the command line, which everybody on this machine can read; write --param password=@FILE, password=- for standard input, or 'password=${env:NAME}'`},
		{"a password in a URL", account, key, "connector tables hive --connection password=-", 1, `--connection password: the secret is empty`},

		{"no such file", account, key, "dataset import none.csv", 1, `file "none.csv" cannot be read: no such file or directory; check the path`},
		{"unknown dataset", account, key, "dataset show tree", 1, `there is no dataset "tree"; did you mean "trees"?`},
		{"unknown dataset, nothing like it", account, key, "dataset show x", 1, `there is no dataset "x"; cartosync dataset list shows what there is`},
		{"unknown id of a dataset", account, key, "dataset show " + idOfNothing, 1, `there is no dataset of the id ` + idOfNothing + `; cartosync dataset list shows what there is`},
		{"one unknown of several", account, key, "dataset delete --auto-approve noise x", 1, `there is no dataset "x"; cartosync dataset list shows what there is`},
		{"unknown synchronization", account, key, "synchronization show ai", 1, `there is no synchronization "ai"; did you mean "air"?`},
		{"a dataset without one", account, key, "synchronization force trees", 1, `dataset "trees" has no synchronization; cartosync synchronization list shows what there is`},
		{"unknown id of a synchronization", account, key, "synchronization show " + idOfNothing, 1, `there is no synchronization of the id ` + idOfNothing + `; cartosync synchronization list shows what there is`},
		{"unknown connection", account, key, "connection show x", 1, `there is no stored connection "x"; cartosync connection list shows what there is`},
		{"unknown provider", account, key, "connector show postgresql", 1, `there is no provider "postgresql"; did you mean "postgres"?`},
		{"unknown import job", account, key, "import show " + idOfNothing, 1, `there is no import job ` + idOfNothing + `; CARTO answers 500 to ids that it does not know, so check the id, and try again if it is right`},

		{"a map's name", account, key, "dataset delete --auto-approve --force Traffic", 1,
			fmt.Sprintf(`"Traffic" is a map (%s, of user "sandbox"), not a dataset; maps are not touched here`, traffic["id"])},
		{"a map's id", account, key, fmt.Sprintf("dataset show %s", traffic["id"]), 1,
			fmt.Sprintf(`"%s" is a map (%[1]s, of user "sandbox"), not a dataset; maps are not touched here`, traffic["id"])},
		{"maps in the way", account, key, "dataset delete --auto-approve trees", 1,
			`dataset "trees" is used by 1 map, which would go or lose its layers: Traffic (of sandbox); pass --force if that is meant`},
		{"ambiguous name", account, key, "synchronization force air", 1,
			fmt.Sprintf(`"air" means 2 synchronizations: %s (ok, every 1h, %s), %s (ok, every 1h, %s); give one by its id`,
				syncs[0], sourceIn(t, account, syncs[0]), syncs[1], sourceIn(t, account, syncs[1]))},

		{"a taken name", account, key, "dataset import testdata/trees.csv", 1,
			`there is a dataset "trees" already, and CARTO would import this beside it as "trees_1"; replace its contents with --overwrite, leave it with --skip, or give this another --name`},
		{"nothing to overwrite", account, key, "dataset import testdata/trees.csv --name oaks --overwrite", 1,
			`there is no dataset "oaks" to overwrite; leave out --overwrite to create it, or say with --name which one is meant`},

		{"somebody's dataset", account, key, "dataset delete --auto-approve --force " + idOfBob, 1,
			`"` + idOfBob + `" belongs to another user; only the account's own datasets are touched here`},
		{"a dataset that somebody shares", account, key, "dataset delete --auto-approve --force " + idSharedByBob, 1,
			`"` + idSharedByBob + `" is the dataset "roads" of user "bob"; only the account's own datasets are touched here`},
		{"somebody's import job", account, key, "import show " + jobOfBob, 1, `import job ` + jobOfBob + ` belongs to another user; only the account's own are shown here`},
		{"somebody's synchronization", account, key, "synchronization delete --auto-approve " + syncOfBob, 1,
			`synchronization ` + syncOfBob + ` belongs to another user; only the account's own are touched here`},

		{"missing account", "", key, "dataset list", 1, `no account is named; set CARTO_ACCOUNT_URL or pass --account, or try --sandbox, which needs none`},
		{"missing key", account, "", "dataset list", 1, noKey[1:] + account + `; set CARTO_API_KEY to its master key, or use --api-key-file or a credentials file`},
		{"wrong key", account, "wrong", "dataset list", 1, `GET /api/v1/users/me: 401 Unauthorized; check CARTO_API_KEY: it must be the master key of user "sandbox"`},
		{"lesser key", account, "default_public", "synchronization list", 1, `GET /api/v1/users/me: 401 Unauthorized; check CARTO_API_KEY: it must be the master key of user "sandbox"`},
		{"unreachable host", nowhere, key, "connection list", 1, `GET /api/v1/users/me: the connection to 127.0.0.1:1 was refused; check the account URL, the network and the proxy settings`},
	}
	t.Run("all", func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel() // some wait until it is no use to ask again
				for _, format := range []string{"text", "json"} {
					args := strings.Fields(tt.args)
					if !strings.Contains(tt.args, "--form") {
						args = append(args, "--format", format)
					} else if format == "json" {
						continue
					}
					code, stdout, stderr := byHandIn(t, tt.account, tt.key, args...)
					if diff := cmp.Diff(tt.want+"\n", stderr); code != tt.code || diff != "" {
						t.Errorf("%s: exit code %d, want %d; stderr (-want +got):\n%s", format, code, tt.code, diff)
					}
					if format == "text" && stdout != "" || format == "json" && !isFailedListing(stdout, args[0], tt.want) {
						t.Errorf("%s: stdout\n%s", format, stdout)
					}
				}
			})
		}
	})
	if now := requestOf(t, account, http.MethodGet, "/api/v1/viz/trees", "")["id"]; now != trees {
		t.Errorf("the dataset trees is %v, was %v", now, trees)
	}
}

// isFailedListing reports whether a document has the shape of a listing, no items, and
// the reason as its one diagnostic.
func isFailedListing(text, kind, reason string) bool {
	var doc struct {
		FormatVersion string `json:"format_version"`
		Kind          string
		Items         []any
		Diagnostics   []struct{ Severity, Problem string }
	}
	err := json.Unmarshal([]byte(text), &doc)
	return err == nil && doc.FormatVersion == "1.0" && (doc.Kind == kind || kind == "connector") && doc.Items != nil && len(doc.Items) == 0 &&
		len(doc.Diagnostics) == 1 && doc.Diagnostics[0].Severity == "error" && doc.Diagnostics[0].Problem == reason
}

// sourceIn is where a synchronization's contents come from.
func sourceIn(t *testing.T, account, id string) string {
	t.Helper()
	return requestOf(t, account, http.MethodGet, "/api/v1/synchronizations/"+id, "")["url"].(string)
}
