package live_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
)

const account = "https://team.carto.com/u/acme"

// A server answers by path and remembers what it was asked.
type server struct {
	mu      sync.Mutex
	asked   []string
	answers map[string]http.HandlerFunc // by path below the account
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/u/acme")
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+path)
	s.mu.Unlock()
	w := httptest.NewRecorder()
	if h, ok := s.answers[path]; ok {
		h(w, r)
	} else {
		w.WriteHeader(http.StatusNotFound)
	}
	return w.Result(), nil
}

func body(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, s) }
}

func status(code int, s string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, s)
	}
}

const (
	me      = `{"username":"acme","table_quota":null,"actions":{"sync_tables":true},"limits":{"concurrent_imports":4}}`
	nothing = `{"visualizations":[],"total_entries":0,"total_user_entries":0}`
	noSyncs = `{"synchronizations":[],"total_entries":0}`
)

func emptyAccount() *server {
	return &server{answers: map[string]http.HandlerFunc{
		"/api/v1/users/me": body(me), "/api/v1/viz": body(nothing),
		"/api/v1/synchronizations": body(noSyncs), "/api/v4/connections": body(`[]`),
	}}
}

func client(t *testing.T, s *server) *carto.Client {
	t.Helper()
	c, err := carto.New(carto.Config{Account: account, APIKey: secret.New("key"), Transport: s, ReadOnly: true, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadMapsTheWire(t *testing.T) {
	s := emptyAccount()
	s.answers["/api/v1/users/me"] = body(`{"username":"acme","table_quota":10,"table_count":3,"db_size_in_bytes":5,"remaining_byte_quota":-7.0,
		"actions":{"private_tables":true,"sync_tables":true},"limits":{"concurrent_imports":4,"import_file_size":100,"import_table_rows":200},
		"feature_flags":["carto-connectors"],"organization":{"id":"o1","name":"team"}}`)
	s.answers["/api/v1/viz"] = body(`{"total_entries":2,"total_user_entries":2,"visualizations":[
		{"id":"v2","name":"stations","type":"table","privacy":"LINK","tags":["b","a"],"title":null,"description":"d","license":null,"attributions":"x",
		 "updated_at":"2020-01-01T00:00:00Z","table":{"id":"t2","geometry_types":["ST_Point"],"size":10,"row_count":null},
		 "dependent_visualizations_count":7,"dependent_visualizations":[
			{"id":"m2","name":"Z","permission":{"owner":{"username":"bob"}}},{"id":"m1","name":"A","permission":{"owner":{"username":"acme"}}}],
		 "permission":{"id":"p2","owner":{"username":"acme"},"acl":[
			{"type":"user","entity":{"id":"u2","username":"bob"},"access":"rw"},{"type":"user","entity":{"id":"u3","username":"eve"},"access":"n"},
			{"type":"org","entity":{"id":"o1","name":"team"},"access":"r"},{"type":"group","entity":{"id":"g1","name":"gis"},"access":"r"}]}},
		{"id":"v1","name":"parcels","type":"table","privacy":"PRIVATE","tags":[],"table":{"id":"t1","geometry_types":[],"row_count":5},
		 "permission":{"id":"p1","owner":{"username":"acme"},"acl":[]}}]}`)
	s.answers["/api/v4/connections"] = body(`[{"id":"c2","name":"z","connector":"dropbox","type":"oauth-service","complete":true},
		{"id":"c1","name":"city-db-v1","connector":"hive","type":"db-connector","complete":true,
		 "parameters":{"server":"h","port":10000,"password":"********","Token":"hush"}}]`)
	got, err := live.Read(t.Context(), client(t, s), account+"/")
	if err != nil {
		t.Fatal(err)
	}
	if since := time.Since(got.ReadAt); since < 0 || since > time.Minute {
		t.Errorf("read at %s", got.ReadAt)
	}
	remaining := 7
	want := plan.Account{
		URL: account, User: "acme", StoredConnections: true,
		Limits: plan.Limits{ImportSlots: 4, ImportFileSize: 100, ImportRows: 200, RemainingTables: &remaining,
			PrivateDatasets: true, Synchronizations: true, Connectors: true, Organization: "o1"},
		Datasets: []plan.Dataset{
			{ID: "v1", TableID: "t1", Name: "parcels", Privacy: "private", RowEstimate: 5, PermissionID: "p1"},
			{ID: "v2", TableID: "t2", Name: "stations", Privacy: "link", Tags: []string{"b", "a"}, Description: "d", Attributions: "x",
				Geometry: "point", Size: 10, RowEstimate: -1, PermissionID: "p2", MapCount: 7, UpdatedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
				Maps: []plan.Map{{ID: "m1", Name: "A", Owner: "acme"}, {ID: "m2", Name: "Z", Owner: "bob"}},
				Shares: []plan.Share{{Kind: "group", Name: "gis", ID: "g1", Access: "r"}, {Kind: "organization", ID: "o1", Access: "r"},
					{Kind: "user", Name: "bob", ID: "u2", Access: "rw"}}},
		},
		Connections: []plan.Connection{
			{ID: "c1", Name: "city-db-v1", Provider: "hive", Params: map[string]string{"server": "h", "port": "10000"}},
			{ID: "c2", Name: "z", Provider: "dropbox"},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(plan.Account{}, "ReadAt")); diff != "" {
		t.Error(diff)
	}
}

func TestReadMapsSynchronizations(t *testing.T) {
	item := func(s string) string { return strconv.Quote(s) }
	tests := []struct {
		name, wire string
		want       plan.Synchronization
	}{
		{"a URL before its first run", `"url":"https://example.org/x.csv?token=hush","service_item_id":null,"checksum":"cartosync:p:1"`,
			plan.Synchronization{URL: secret.New("https://example.org/x.csv?token=hush"), Checksum: "cartosync:p:1"}},
		{"a URL that was put but is not what runs fetch", `"url":"https://example.org/new.csv","service_item_id":"https://example.org/old.csv"`,
			plan.Synchronization{URL: secret.New("https://example.org/old.csv")}},
		{"by its long name", `"service_name":"public_url","service_item_id":"https://example.org/x.csv"`,
			plan.Synchronization{URL: secret.New("https://example.org/x.csv")}},
		{"a datasource", `"service_name":"dropbox","service_item_id":"/a.csv"`, plan.Synchronization{Service: "dropbox"}},
		{"a stored connection", `"service_name":"connector","service_item_id":` + item(`{"sql_query":"SELECT 1","schema":"s","import_as":"x","connection_id":"c1"}`),
			plan.Synchronization{Connector: &plan.LiveConnector{ConnectionID: "c1", Params: map[string]string{"sql_query": "SELECT 1", "schema": "s"}}}},
		{"credentials in clear", `"service_name":"connector","service_item_id":` + item(`{"provider":"hive","connection":{"password":"hush"},"table":"t","api_key":"hush"}`),
			plan.Synchronization{Connector: &plan.LiveConnector{Provider: "hive", Params: map[string]string{"table": "t"}}}},
		{"not ours to understand", `"service_name":"connector","service_item_id":` + item(`{"subscription_id":"s"}`),
			plan.Synchronization{Connector: &plan.LiveConnector{Foreign: true}}},
		{"a dead one", `"state":"failure","retried_times":10,"error_code":9999,"error_message":"","name":"roads","visualization_id":"v1","url":"u"`,
			plan.Synchronization{State: "failure", Retried: 10, ErrorCode: 9999, Name: "roads", DatasetID: "v1", URL: secret.New("u")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := emptyAccount()
			s.answers["/api/v1/synchronizations"] = body(`{"total_entries":1,"synchronizations":[{"id":"s1","interval":3600,"type_guessing":true,` + tt.wire + `}]}`)
			got, err := live.Read(t.Context(), client(t, s), account)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.ID, want.Interval, want.TypeGuessing = "s1", time.Hour, true
			if diff := cmp.Diff([]plan.Synchronization{want}, got.Synchronizations, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if text := fmt.Sprintf("%+v", got.Synchronizations); strings.Contains(text, "hush") {
				t.Errorf("a secret is printed: %s", text)
			}
		})
	}
}

// Whatever order the server answers in, the account reads the same.
func TestReadIsDeterministic(t *testing.T) {
	s := emptyAccount()
	s.answers["/api/v1/synchronizations"] = body(`{"total_entries":3,"synchronizations":[{"id":"c"},{"id":"a"},{"id":"b"}]}`)
	got, err := live.Read(t.Context(), client(t, s), account)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, sync := range got.Synchronizations {
		ids = append(ids, sync.ID)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestReadOfAnOldServer(t *testing.T) {
	s := emptyAccount()
	delete(s.answers, "/api/v4/connections")
	got, err := live.Read(t.Context(), client(t, s), account)
	if err != nil || got.StoredConnections || len(got.Connections) > 0 {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name, me  string
		bytes     int64
		remaining *int
	}{
		{"nothing said", `{"username":"acme"}`, -1, nil},
		{"size unknown", `{"username":"acme","db_size_in_bytes":null,"remaining_byte_quota":0.0}`, -1, nil},
		{"size known", `{"username":"acme","db_size_in_bytes":1,"remaining_byte_quota":99.0}`, 99, nil},
		{"no quota whatever remains", `{"username":"acme","table_quota":null,"remaining_table_quota":0}`, -1, nil},
		{"remaining worked out", `{"username":"acme","table_quota":5,"table_count":4}`, -1, ptr(1)},
		{"over quota", `{"username":"acme","table_quota":5,"table_count":9}`, -1, ptr(0)},
		{"as said", `{"username":"acme","table_quota":5,"table_count":4,"remaining_table_quota":2}`, -1, ptr(2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := emptyAccount()
			s.answers["/api/v1/users/me"] = body(tt.me)
			got, err := live.Read(t.Context(), client(t, s), account)
			if err != nil {
				t.Fatal(err)
			}
			want := plan.Limits{ImportSlots: 3, ImportFileSize: 157286400, ImportRows: 500000, RemainingBytes: tt.bytes, RemainingTables: tt.remaining}
			if diff := cmp.Diff(want, got.Limits); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// Nothing but the identity is asked with a key that is not the account's.
func TestReadChecksTheKeyFirst(t *testing.T) {
	tests := []struct {
		name string
		me   http.HandlerFunc
		want string
	}{
		{"refused", status(401, ""), `identity check of ` + account + `: GET /api/v1/users/me: 401 Unauthorized; check CARTO_API_KEY: it must be the master key of user "acme"`},
		{"another user's", body(`{"username":"bob"}`), `identity check of ` + account + `: the API key belongs to user "bob", but the account ` + account + ` is that of "acme"; check the account URL and CARTO_API_KEY`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := emptyAccount()
			s.answers["/api/v1/users/me"] = tt.me
			_, err := live.Read(t.Context(), client(t, s), account)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if diff := cmp.Diff([]string{"GET /api/v1/users/me"}, s.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadRefusesAnotherAccount(t *testing.T) {
	s := emptyAccount()
	for _, url := range []string{"https://team.carto.com/u/bob", "https://other.carto.com/u/acme", "nonsense"} {
		if _, err := live.Read(t.Context(), client(t, s), url); err == nil {
			t.Errorf("a client for %s read %s", account, url)
		}
	}
	if len(s.asked) > 0 {
		t.Errorf("asked %q", s.asked)
	}
}

func TestReadNamesTheListThatFailed(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/viz":              "list the datasets: GET /api/v1/viz: 500",
		"/api/v1/synchronizations": "list the synchronizations: GET /api/v1/synchronizations: 500",
		"/api/v4/connections":      "list the stored connections: GET /api/v4/connections: 500",
	} {
		s := emptyAccount()
		s.answers[path] = status(500, "")
		if _, err := live.Read(t.Context(), client(t, s), account); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A wrong key that still passes the identity check must not look like an empty
// account.
func TestReadRefusesAPublicView(t *testing.T) {
	s := emptyAccount()
	s.answers["/api/v1/viz"] = body(`{"visualizations":[],"total_entries":0}`)
	if _, err := live.Read(t.Context(), client(t, s), account); !errors.Is(err, carto.ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
}

func TestReadOfTwoThousandDatasetsIsCheap(t *testing.T) {
	const total = 2000
	s := emptyAccount()
	s.answers["/api/v1/viz"] = func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		var entries []string
		for n := (page - 1) * size; n < min(page*size, total); n++ {
			entries = append(entries, fmt.Sprintf(`{"id":"v%d","name":"d_%05d","type":"table","permission":{"owner":{"username":"acme"}}}`, n, n))
		}
		fmt.Fprintf(w, `{"visualizations":[%s],"total_entries":%d,"total_user_entries":%d}`, strings.Join(entries, ","), total, total)
	}
	got, err := live.Read(t.Context(), client(t, s), account)
	if err != nil || len(got.Datasets) != total {
		t.Fatalf("%d datasets, error %v", len(got.Datasets), err)
	}
	if len(s.asked) > 10 {
		t.Errorf("%d requests: %q", len(s.asked), s.asked)
	}
}

// database answers the two queries about a table.
func database(contents, columns http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("q"), "information_schema") {
			columns(w, r)
			return
		}
		contents(w, r)
	}
}

const someColumns = `{"rows":[{"column_name":"cartodb_id","data_type":"bigint"},{"column_name":"the_geom","data_type":"USER-DEFINED","udt_name":"geometry"},
	{"column_name":"the_geom_webmercator","data_type":"USER-DEFINED","udt_name":"geometry"},{"column_name":"b","data_type":"double precision","udt_name":"float8"},
	{"column_name":"a","data_type":"ARRAY","udt_name":"_int4"},{"column_name":"c","data_type":"ARRAY","udt_name":"_uuid"},
	{"column_name":"other_geom","data_type":"USER-DEFINED","udt_name":"geometry"},{"column_name":"d","data_type":"integer[]"}]}`

func TestAnswer(t *testing.T) {
	refused := status(400, `{"error":["permission denied for relation roads"]}`)
	tests := []struct {
		name              string
		contents, columns http.HandlerFunc
		want              plan.Detail
	}{
		{"all there is to know", body(`{"rows":[{"row_count":"12044","least":"ST_MultiPolygon","greatest":"ST_MultiPolygon","west":-3.5,"south":"40.25","east":2,"north":41}]}`), body(someColumns),
			plan.Detail{Rows: 12044, Geometry: data.GeometryPolygon, Extent: &data.Extent{West: -3.5, South: 40.25, East: 2, North: 41}, Columns: []data.Column{
				{Name: "b", Type: data.Double}, {Name: "a", Type: data.IntegerArray}, {Name: "c", Type: "uuid[]"},
				{Name: "other_geom", Type: "geometry"}, {Name: "d", Type: data.IntegerArray}}}},
		{"no geometry", body(`{"rows":[{"row_count":0,"least":null,"greatest":null}]}`), body(`{"rows":[{"column_name":"cartodb_id"}]}`), plan.Detail{}},
		{"mixed geometry", body(`{"rows":[{"row_count":2,"least":"ST_MultiPolygon","greatest":"ST_Point"}]}`), body(`{"rows":[{"column_name":"cartodb_id"}]}`),
			plan.Detail{Rows: 2, Geometry: data.GeometryMixed}},
		{"another geometry", body(`{"rows":[{"row_count":2,"least":"ST_LineString","greatest":"ST_LineString"}]}`), body(`{"rows":[{"column_name":"cartodb_id"}]}`),
			plan.Detail{Rows: 2, Geometry: data.GeometryMixed}},
		{"refused", refused, body(someColumns), plan.Detail{Unknown: "permission denied for relation roads"}},
		{"columns refused", body(`{"rows":[{"row_count":2}]}`), refused, plan.Detail{Unknown: "permission denied for relation roads"}},
		{"no columns", body(`{"rows":[{"row_count":2}]}`), body(`{"rows":[]}`), plan.Detail{Unknown: "the account's database shows no columns of it"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{answers: map[string]http.HandlerFunc{"/api/v2/sql": database(tt.contents, tt.columns)}}
			got, err := live.Answer(t.Context(), client(t, s), []plan.Question{{ID: "v1", Name: "roads"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plan.Details{"v1": tt.want}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswerFailsWhenNobodyCanBeAsked(t *testing.T) {
	for _, code := range []int{401, 403, 404, 500, 502, 503} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			s := &server{answers: map[string]http.HandlerFunc{"/api/v2/sql": status(code, "")}}
			got, err := live.Answer(t.Context(), client(t, s), []plan.Question{{ID: "v1", Name: "roads"}})
			if err == nil || !strings.HasPrefix(err.Error(), `look into dataset "roads": GET /api/v2/sql: `+strconv.Itoa(code)) || got != nil {
				t.Errorf("%v, error %v", got, err)
			}
		})
	}
}

// Sixty datasets cost two queries of a second each; four run at once.
func TestAnswerBoundsItsQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answers: map[string]http.HandlerFunc{"/api/v2/sql": func(w http.ResponseWriter, r *http.Request) {
			<-time.After(time.Second)
			database(body(`{"rows":[{"row_count":1}]}`), body(someColumns))(w, r)
		}}}
		var questions []plan.Question
		for n := range 60 {
			questions = append(questions, plan.Question{ID: strconv.Itoa(n), Name: fmt.Sprintf("d_%d", n)})
		}
		begin := time.Now()
		got, err := live.Answer(t.Context(), client(t, s), questions)
		if took := time.Since(begin); err != nil || len(got) != 60 || len(s.asked) != 120 || took != 30*time.Second {
			t.Errorf("%d answers, %d queries, %s, error %v", len(got), len(s.asked), took, err)
		}
	})
}

// The first failure ends the rest.
func TestAnswerStopsAtAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answers: map[string]http.HandlerFunc{"/api/v2/sql": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusBadGateway)
		}}}
		var questions []plan.Question
		for n := range 60 {
			questions = append(questions, plan.Question{ID: strconv.Itoa(n), Name: fmt.Sprintf("d_%d", n)})
		}
		if _, err := live.Answer(t.Context(), client(t, s), questions); err == nil || len(s.asked) > 8 {
			t.Errorf("%d queries, error %v", len(s.asked), err)
		}
	})
}

func TestAnswerToNothingAsksNothing(t *testing.T) {
	s := &server{}
	if got, err := live.Answer(t.Context(), client(t, s), nil); err != nil || len(got) != 0 || len(s.asked) != 0 {
		t.Errorf("%v, error %v, asked %q", got, err, s.asked)
	}
}
