package carto

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestImport(t *testing.T) {
	tests := []struct {
		name, body string
		want       Import
		fail       string
	}{
		{
			name: "waiting", body: `{"id":"` + idA + `","queue_id":"` + idA + `","state":"pending","error_code":null,"get_error_text":null,"table_name":null}`,
			want: Import{ID: idA, State: ImportPending},
		},
		{
			name: "complete",
			body: `{"id":"` + idA + `","user_id":"77","table_id":"0c","data_type":"file","table_name":"stations_1","state":"complete","error_code":null,
				"queue_id":"` + idA + `","tables_created_count":1,"synchronization_id":null,"visualization_id":null,"get_error_text":null,
				"display_name":"stations.csv","success":true,"original_url":"/uploads/x/stations.csv","warnings":null,"is_raster":false}`,
			want: Import{ID: idA, UserID: "77", State: ImportComplete, Success: ptr(true), TableID: "0c", TableName: "stations_1", Tables: ptr(1),
				DataType: "file", DisplayName: "stations.csv", OriginalURL: secret.New("/uploads/x/stations.csv")},
		},
		{
			name: "complete, but",
			body: `{"id":"` + idA + `","state":"complete","success":true,"error_code":1022,"tables_created_count":0,
				"get_error_text":{"title":"Skipped","what_about":"All were <a href='x'>skipped</a>.","source":"user"},
				"warnings":{"max_rows_per_connection":500000,"rejected_layers":["a","b"],"nothing":null}}`,
			want: Import{ID: idA, State: ImportComplete, Success: ptr(true), Code: 1022, Tables: ptr(0),
				ErrorTitle: "Skipped", ErrorText: "All were skipped.", ErrorSource: "user",
				Warnings: []Warning{{"max_rows_per_connection", "500000"}, {"rejected_layers", `["a","b"]`}}},
		},
		{
			name: "a source that is not there",
			body: `{"id":"` + idA + `","state":"failure","success":false,"error_code":1100,"http_response_code":"404","http_response_code_message":"Not Found",
				"get_error_text":{"title":"t","what_about":"w","source":"user"},"original_url":"https://example.org/x.csv?sig=abc","synchronization_id":"s"}`,
			want: Import{ID: idA, State: ImportFailure, Success: ptr(false), Code: 1100, SourceStatus: 404, SourceMessage: "Not Found",
				ErrorTitle: "t", ErrorText: "w", ErrorSource: "user", OriginalURL: secret.New("https://example.org/x.csv?sig=abc"), SynchronizationID: "s"},
			fail: "1100 the source URL answers 404 Not Found (the source answered 404); check the source URL",
		},
		{
			name: "warnings as text, error as text",
			body: `{"state":"STUCK","error_code":"99999","get_error_text":"PG::Error: no password=p4ss\nhere","warnings":"{\"max_tables_per_import\":26}"}`,
			want: Import{ID: idA, State: ImportStuck, Code: 99999, ErrorText: "PG::Error: no password=" + secret.Placeholder + " here",
				Warnings: []Warning{{"max_tables_per_import", "26"}}},
			fail: "99999 an error that CARTO has no code for: PG::Error: no password=" + secret.Placeholder + " here; try again, and check the source if it stays",
		},
		{
			name: "a warning that is only words", body: `{"state":"complete","success":true,"warnings":"some rows were cut off"}`,
			want: Import{ID: idA, State: ImportComplete, Success: ptr(true), Warnings: []Warning{{"", "some rows were cut off"}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, ok(tt.body))
			got, err := c.Import(t.Context(), idA)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.fail, message(got.Err())); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"GET /api/v1/imports/" + idA}, sent.sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestImportRefuses(t *testing.T) {
	c, sent := answering(t, ok(`{}`))
	if _, err := c.Import(t.Context(), "nonsense"); !errors.Is(err, ErrNotFound) || len(sent.sent) > 0 {
		t.Errorf("error %v, sent %q", err, sent.sent)
	}
	if _, err := c.Import(t.Context(), idA); !strings.Contains(message(err), "the answer has no state") {
		t.Error(err)
	}
}

func TestStartImports(t *testing.T) {
	const accepted = `{"item_queue_id":"` + idA + `","success":true}`
	c, sent := answering(t, ok(accepted))
	url, err1 := c.ImportURL(t.Context(), URLImport{URL: secret.New("https://example.org/x.csv?token=t0ken"), Privacy: PrivacyPrivate, Guessing: Guessing{Types: ptr(false)}})
	conn, err2 := c.ImportConnector(t.Context(), ConnectorImport{Connector: Connector{ConnectionID: idB, ImportAs: "orders"}, Skip: true})
	if url != idA || conn != idA || err1 != nil || err2 != nil {
		t.Error(url, err1, conn, err2)
	}
	want := []string{
		`POST /api/v1/imports {"privacy":"private","type_guessing":false,"url":"https://example.org/x.csv?token=t0ken"}`,
		`POST /api/v1/imports {"collision_strategy":"skip","connector":{"import_as":"orders","connection_id":"` + idB + `"}}`,
	}
	if diff := cmp.Diff(want, sent.sent); diff != "" {
		t.Error(diff)
	}
	if _, err := c.ImportURL(t.Context(), URLImport{}); err == nil {
		t.Error("an import of nothing was sent")
	}
}

func TestImportSlots(t *testing.T) {
	c, _ := answering(t, scripted{status: 429, body: `{"errors":{"imports":"We're sorry but you're already using your allowed 3 import slots"}}`})
	_, err := c.ImportConnector(t.Context(), ConnectorImport{})
	if !errors.Is(err, ErrImportSlots) || !Temporary(err) || MaybeApplied(err) {
		t.Errorf("%v: slots %v, temporary %v, maybe applied %v", err, errors.Is(err, ErrImportSlots), Temporary(err), MaybeApplied(err))
	}
}

func TestImports(t *testing.T) {
	c, _ := answering(t, ok(`{"imports":["`+idA+`","`+idB+`"],"success":true}`))
	got, err := c.Imports(t.Context())
	if diff := cmp.Diff([]string{idA, idB}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
