package carto

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

const oneSync = `{"data_import":{"endpoint":"/api/v1/imports","item_queue_id":"` + idC + `"},
	"id":"` + idA + `","name":null,"interval":"3600","url":"https://example.org/x.csv?token=t0ken","state":"queued","user_id":"u",
	"created_at":"2016-02-01T12:45:07+00:00","updated_at":"2016-02-01T12:45:07Z","run_at":"2016-02-01T13:45:07+00:00","ran_at":null,
	"modified_at":null,"etag":null,"checksum":"","log_id":null,"error_code":null,"error_message":null,"retried_times":0,
	"service_name":null,"service_item_id":null,"type_guessing":true,"quoted_fields_guessing":true,"content_guessing":false,
	"visualization_id":null,"from_external_source":false}`

func wantSync() Synchronization {
	at := time.Date(2016, 2, 1, 12, 45, 7, 0, time.UTC)
	return Synchronization{
		ID: idA, State: SyncQueued, Interval: time.Hour, URL: secret.New("https://example.org/x.csv?token=t0ken"),
		TypeGuessing: true, QuotedFieldsGuessing: true, CreatedAt: at, UpdatedAt: at, RunAt: at.Add(time.Hour),
	}
}

func TestCreateSynchronization(t *testing.T) {
	tests := []struct {
		name string
		r    SyncRequest
		want string
	}{
		{"a URL", SyncRequest{Interval: time.Hour, URL: secret.New("https://example.org/x.csv?a=1&token=t0ken"), Checksum: "cartosync:p:1"},
			`{"checksum":"cartosync:p:1","interval":3600,"url":"https://example.org/x.csv?a=1&token=t0ken"}`},
		{"guessing", SyncRequest{Interval: 15 * time.Minute, URL: secret.New("https://example.org/x.csv"),
			Guessing: Guessing{Types: ptr(false), QuotedFields: ptr(true), Content: ptr(true)}},
			`{"content_guessing":true,"interval":900,"quoted_fields_guessing":true,"type_guessing":false,"url":"https://example.org/x.csv"}`},
		{"a stored connection", SyncRequest{Interval: time.Hour, Connector: &Connector{ConnectionID: idB, ImportAs: "orders",
			Params: []Param{{Key: "schema", Value: secret.New("s")}, {Key: "SQL_QUERY", Value: secret.New("SELECT a<b & c")}}}},
			`{"connector":{"schema":"s","sql_query":"SELECT a<b & c","import_as":"orders","connection_id":"` + idB + `"},"interval":3600}`},
		{"credentials", SyncRequest{Interval: time.Hour, Connector: &Connector{Provider: "postgres",
			Connection: []Param{{Key: "port", Value: secret.New("5432"), Number: true}, {Key: "password", Value: secret.New("p4ss"), Secret: true}},
			Params:     []Param{{Key: "table", Value: secret.New("t")}}}},
			`{"connector":{"provider":"postgres","table":"t","connection":{"port":5432,"password":"p4ss"}},"interval":3600}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, ok(oneSync))
			got, importID, err := c.CreateSynchronization(t.Context(), tt.r)
			if err != nil || importID != idC {
				t.Fatalf("import %q, error %v", importID, err)
			}
			if diff := cmp.Diff(wantSync(), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"POST /api/v1/synchronizations " + tt.want}, sent.sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCreateSynchronizationRefuses(t *testing.T) {
	url := secret.New("https://example.org/x.csv")
	tests := []struct {
		name string
		r    SyncRequest
		want string
	}{
		{"too often", SyncRequest{Interval: 10 * time.Minute, URL: url}, "the interval 10m0s is below CARTO's minimum of 15m; set it to 15m or more"},
		{"fractions", SyncRequest{Interval: time.Hour + time.Millisecond, URL: url}, "the interval 1h0m0.001s is not a whole number of seconds below 2^31; round it"},
		{"beyond the column", SyncRequest{Interval: 1 << 32 * time.Second, URL: url}, "the interval 1193046h28m16s is not a whole number of seconds below 2^31; round it"},
		{"no source", SyncRequest{Interval: time.Hour}, "a synchronization takes either a URL or a connector"},
		{"two sources", SyncRequest{Interval: time.Hour, URL: url, Connector: &Connector{}}, "a synchronization takes either a URL or a connector"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, ok(oneSync))
			_, _, err := c.CreateSynchronization(t.Context(), tt.r)
			if diff := cmp.Diff(tt.want, message(err)); diff != "" || len(sent.sent) > 0 {
				t.Error(diff, sent.sent)
			}
		})
	}
}

func TestUpdateSynchronizationSendsOnlyWhatIsSet(t *testing.T) {
	url := secret.New("https://example.org/y.csv?token=t0ken")
	past := time.Date(2020, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	tests := []struct {
		name string
		u    SyncUpdate
		want string
	}{
		{"name", SyncUpdate{Name: ptr("roads")}, `{"name":"roads"}`},
		{"interval", SyncUpdate{Interval: ptr(15 * time.Minute)}, `{"interval":900}`},
		{"another source", SyncUpdate{URL: &url, Item: &url, Refetch: true},
			`{"checksum":"","etag":null,"modified_at":null,"service_item_id":"https://example.org/y.csv?token=t0ken","url":"https://example.org/y.csv?token=t0ken"}`},
		{"attached", SyncUpdate{Name: ptr("roads"), DatasetID: ptr(idB), Refetch: true, RunAt: &past},
			`{"checksum":"","etag":null,"modified_at":null,"name":"roads","run_at":"2020-01-02T02:04:05Z","visualization_id":"` + idB + `"}`},
		{"run_at follows interval", SyncUpdate{Interval: ptr(time.Hour), RunAt: &past}, `{"interval":3600,"run_at":"2020-01-02T02:04:05Z"}`},
		{"revived", SyncUpdate{State: ptr(SyncSuccess), Retried: ptr(0)}, `{"retried_times":0,"state":"success"}`},
		{"marked", SyncUpdate{Checksum: ptr("cartosync:p:1"), Refetch: true}, `{"checksum":"cartosync:p:1","etag":null,"modified_at":null}`},
		{"guessing", SyncUpdate{Guessing: Guessing{Types: ptr(false)}}, `{"type_guessing":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, ok(oneSync))
			got, err := c.UpdateSynchronization(t.Context(), idA, tt.u)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wantSync(), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"PUT /api/v1/synchronizations/" + idA + " " + tt.want}, sent.sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The server checks the interval only when a synchronization is created.
func TestUpdateSynchronizationRefuses(t *testing.T) {
	c, sent := answering(t, ok(oneSync))
	_, short := c.UpdateSynchronization(t.Context(), idA, SyncUpdate{Interval: ptr(time.Minute)})
	_, empty := c.UpdateSynchronization(t.Context(), idA, SyncUpdate{})
	got := []string{message(short), message(empty)}
	want := []string{"the interval 1m0s is below CARTO's minimum of 15m; set it to 15m or more", "an update of a synchronization changes nothing"}
	if diff := cmp.Diff(want, got); diff != "" || len(sent.sent) > 0 {
		t.Error(diff, sent.sent)
	}
}

func TestSynchronizations(t *testing.T) {
	c, _ := answering(t, ok(`{"synchronizations":[`+oneSync+`],"total_entries":1}`))
	got, err := c.Synchronizations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Synchronization{wantSync()}, got); diff != "" {
		t.Error(diff)
	}
	for _, body := range []string{`{}`, `{"synchronizations":null,"total_entries":0}`, `{"synchronizations":[],"total_entries":1}`} {
		c, _ := answering(t, ok(body))
		if _, err := c.Synchronizations(t.Context()); !strings.Contains(message(err), "the list is incomplete") {
			t.Errorf("%s: error %v", body, err)
		}
	}
}

func TestSyncNow(t *testing.T) {
	c, sent := answering(t, ok(`{"enqueued":true,"synchronization_id":"`+idA+`"}`), ok(`{"enqueued":false}`))
	first, err1 := c.SyncNow(t.Context(), idA)
	second, err2 := c.SyncNow(t.Context(), idA)
	if !first || second || err1 != nil || err2 != nil {
		t.Error(first, err1, second, err2)
	}
	if want := "PUT /api/v1/synchronizations/" + idA + "/sync_now"; sent.sent[0] != want {
		t.Errorf("sent %q", sent.sent[0])
	}
}

func TestServiceItems(t *testing.T) {
	plain := func(key, value string) Param { return Param{Key: key, Value: secret.New(value)} }
	tests := []struct {
		name, service, item string
		form                ItemForm
		want                *Connector
	}{
		{"none", "", "", ItemNone, nil},
		{"a URL", "", "https://example.org/x.csv", ItemPlain, nil},
		{"a datasource's id", "dropbox", "/dir/file.csv", ItemPlain, nil},
		{"a stored connection", "connector", `{"sql_query":"SELECT a \u003c b","Import_As":"orders","connection_id":"` + idB + `"}`, ItemStored,
			&Connector{ConnectionID: idB, ImportAs: "orders", Params: []Param{plain("sql_query", "SELECT a < b")}}},
		{"with its provider left in", "connector", `{"provider":"postgres","table":"t","schema":null,"connection_id":"` + idB + `"}`, ItemStored,
			&Connector{Provider: "postgres", ConnectionID: idB, Params: []Param{plain("table", "t")}}},
		{"credentials in clear", "connector", `{"provider":"postgres","connection":{"server":"h","port":5432,"Password":"p4ss"},"table":"t"}`, ItemEmbedded,
			&Connector{Provider: "postgres", Params: []Param{plain("table", "t")}, Connection: []Param{
				{Key: "password", Value: secret.New("p4ss"), Secret: true},
				{Key: "port", Value: secret.New("5432"), Number: true}, plain("server", "h")}}},
		{"by OAuth", "connector", `{"provider":"bigquery","billing_project":"b","dataset":"d","table":"t"}`, ItemLinked,
			&Connector{Provider: "bigquery", Params: []Param{plain("billing_project", "b"), plain("dataset", "d"), plain("table", "t")}}},
		{"the Data Observatory", "connector", `{"provider":"do-v2","subscription_id":"s"}`, ItemForeign, nil},
		{"unreadable", "connector", `{"provider":`, ItemForeign, nil},
		{"a list", "connector", `[1]`, ItemForeign, nil},
		{"null", "connector", `null`, ItemForeign, nil},
		{"odd credentials", "connector", `{"provider":"x","connection":"p4ss"}`, ItemForeign, nil},
		{"nothing to go by", "connector", `{"table":"t"}`, ItemForeign, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := ServiceItem{Text: secret.New(tt.item), Form: tt.form, Connector: tt.want}
			if diff := cmp.Diff(want, parseServiceItem(tt.service, tt.item)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is written must read back as the same source, whatever it holds.
func FuzzServiceItem(f *testing.F) {
	f.Add("SELECT 1", "roads", "p4ss")
	f.Add(`"\<>&`, "ä\x00", "********")
	f.Fuzz(func(t *testing.T, query, as, password string) {
		for _, s := range []string{query, as, password} {
			if b, err := json.Marshal(s); err != nil || strings.Contains(string(b), `\ufffd`) {
				t.Skip("not a text")
			}
		}
		want := Connector{Provider: "postgres", ImportAs: as, Params: []Param{{Key: "sql_query", Value: secret.New(query)}},
			Connection: []Param{{Key: "password", Value: secret.New(password), Secret: true}}}
		if password == mask {
			want.Connection[0] = Param{Key: "password", Secret: true, Masked: true}
		}
		if query == mask {
			want.Params[0] = Param{Key: "sql_query", Secret: true, Masked: true}
		}
		written := Connector{Provider: "postgres", ImportAs: as, Params: []Param{{Key: "sql_query", Value: secret.New(query)}},
			Connection: []Param{{Key: "password", Value: secret.New(password), Secret: true}}}
		got := parseServiceItem("connector", written.ServiceItem().Reveal())
		if diff := cmp.Diff(&want, got.Connector); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSettled(t *testing.T) {
	for state, want := range map[SyncState]bool{SyncCreated: false, SyncQueued: false, SyncSyncing: false, SyncSuccess: true, SyncFailure: true, "": false} {
		if state.Settled() != want {
			t.Errorf("%q: %v", state, !want)
		}
	}
}

func TestForcibleAt(t *testing.T) {
	ran := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		s    Synchronization
		want time.Duration // after the last run
	}{
		{"success", Synchronization{State: SyncSuccess, RunAt: ran.Add(time.Hour)}, 15 * time.Minute},
		{"success, due before", Synchronization{State: SyncSuccess, RunAt: ran.Add(time.Minute)}, time.Minute},
		{"failure, due before", Synchronization{State: SyncFailure, RunAt: ran.Add(time.Minute)}, 15 * time.Minute},
		{"queued since", Synchronization{State: SyncQueued, UpdatedAt: ran.Add(time.Hour)}, 75 * time.Minute},
		{"queued before", Synchronization{State: SyncQueued, UpdatedAt: ran.Add(-time.Hour)}, 15 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.s.RanAt = ran
			if got := tt.s.ForcibleAt().Sub(ran); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
