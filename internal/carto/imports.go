package carto

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
)

const importsPath = "/api/v1/imports"

// An ImportState is the state of an import job.
type ImportState string

// The states that CARTO names. A client must live with others.
const (
	ImportEnqueued  ImportState = "enqueued"
	ImportPending   ImportState = "pending"
	ImportUploading ImportState = "uploading"
	ImportUnpacking ImportState = "unpacking"
	ImportImporting ImportState = "importing"
	ImportGuessing  ImportState = "guessing"
	ImportComplete  ImportState = "complete"
	ImportFailure   ImportState = "failure"
	ImportStuck     ImportState = "stuck"
)

// Final reports whether the job has ended.
func (s ImportState) Final() bool {
	return s == ImportComplete || s == ImportFailure || s == ImportStuck
}

// An Import is one import job.
type Import struct {
	ID      string
	UserID  string // whose it is: the server shows every job to whoever knows its id
	State   ImportState
	Success *bool // nil until the job has ended
	Code    int   // CARTO's error code; 0 for none, and set on some that complete

	// What the server says about Code, redacted.
	ErrorTitle, ErrorText, ErrorSource string

	TableID   string // of the dataset's table; "" where none was made
	TableName string // once complete the dataset's name, which may not be the one asked for
	Tables    *int   // results with a name, failed ones included; nil until complete

	DataType          string       // file, url, query, datasource, external_table
	DisplayName       string       // the uploaded file, or the end of the URL
	OriginalURL       secret.Value // may be signed
	SynchronizationID string
	MapID             string // of a map made by the import, never of the dataset
	Warnings          []Warning

	// What the source URL answered, if not success.
	SourceStatus  int
	SourceMessage string
}

// A Warning is something that a complete import did not do, such as rows cut
// off at a limit.
type Warning struct {
	Key   string // rejected_layers, max_tables_per_import, max_rows_per_connection, ...
	Value string // as JSON, redacted
}

// Err is the failure of a job that has ended badly, as an *ImportError, and nil
// otherwise: also for one that is complete with a code or with warnings.
func (i Import) Err() error {
	if i.State == ImportFailure || i.State == ImportStuck ||
		(i.State == ImportComplete && i.Success != nil && !*i.Success) {
		return &ImportError{Import: i}
	}
	return nil
}

type wireImport struct {
	ID                text            `json:"id"`
	UserID            text            `json:"user_id"`
	State             text            `json:"state"`
	Success           *flag           `json:"success"`
	Code              number          `json:"error_code"`
	ErrorText         json.RawMessage `json:"get_error_text"`
	TableID           text            `json:"table_id"`
	TableName         text            `json:"table_name"`
	Tables            number          `json:"tables_created_count"`
	DataType          text            `json:"data_type"`
	DisplayName       text            `json:"display_name"`
	OriginalURL       text            `json:"original_url"`
	SynchronizationID text            `json:"synchronization_id"`
	MapID             text            `json:"visualization_id"`
	Warnings          json.RawMessage `json:"warnings"`
	SourceStatus      number          `json:"http_response_code"`
	SourceMessage     text            `json:"http_response_code_message"`
}

func (c *Client) importJob(w wireImport) Import {
	i := Import{
		ID: string(w.ID), UserID: string(w.UserID), State: ImportState(strings.ToLower(string(w.State))), Success: (*bool)(w.Success),
		Code: int(w.Code.or(0)), TableID: string(w.TableID), TableName: string(w.TableName), Tables: w.Tables.pointer(),
		DataType: string(w.DataType), DisplayName: c.clean(string(w.DisplayName), maxMessage),
		OriginalURL: secret.New(string(w.OriginalURL)), SynchronizationID: string(w.SynchronizationID),
		MapID: string(w.MapID), SourceStatus: int(w.SourceStatus.or(0)),
	}
	clean := func(s text) string { return c.clean(string(s), maxMessage, i.secrets()...) }
	i.SourceMessage = clean(w.SourceMessage)
	var said struct {
		Title  text `json:"title"`
		Text   text `json:"what_about"`
		Source text `json:"source"`
	}
	if json.Unmarshal(w.ErrorText, &said) != nil {
		said.Text = text(scalar(w.ErrorText))
	}
	i.ErrorTitle, i.ErrorText, i.ErrorSource = clean(said.Title), clean(stripTags(said.Text)), clean(said.Source)
	i.Warnings = c.warnings(w.Warnings, i.secrets())
	return i
}

// stripTags takes the links out of CARTO's explanations, which are written for
// its web pages.
func stripTags(s text) text { return text(htmlTag.ReplaceAllString(string(s), "")) }

// secrets are the values that texts about the job may quote.
func (i Import) secrets() []secret.Value { return urlsOf(i.OriginalURL) }

// warnings reads an object, or a string that holds one, sorted by key.
func (c *Client) warnings(raw json.RawMessage, known []secret.Value) []Warning {
	if s := scalar(raw); strings.HasPrefix(s, "{") {
		raw = json.RawMessage(s)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		if s := scalar(raw); s != "" {
			return []Warning{{Value: c.clean(s, maxMessage, known...)}}
		}
		return nil
	}
	var all []Warning
	for key, value := range object {
		if bytes.Equal(value, []byte("null")) {
			continue
		}
		all = append(all, Warning{Key: key, Value: c.clean(string(value), maxMessage, known...)})
	}
	slices.SortFunc(all, func(a, b Warning) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// Import reads an import job. Reading marks a job as failed that has not moved
// for five minutes and that no worker is running. An id that the server does not
// know is ErrNotFound if it is no UUID, and an error 500 otherwise.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
func (c *Client) Import(ctx context.Context, id string) (Import, error) {
	if err := checkID("import job", id); err != nil {
		return Import{}, err
	}
	var w wireImport
	path := importsPath + "/" + id
	if err := c.read(ctx, path, nil, &w); err != nil {
		return Import{}, err
	}
	if w.State == "" {
		return Import{}, problem("GET", path, "the answer has no state", "check that the account URL points to a CARTO server's API")
	}
	if w.ID == "" {
		w.ID = text(id)
	}
	return c.importJob(w), nil
}

// Imports lists the ids of the account's unfinished import jobs of the last 24
// hours, newest first. It is not harmless: jobs older than an hour that no
// worker is running, those that merely wait included, are marked as failed by
// being listed. A read-only client refuses it.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
func (c *Client) Imports(ctx context.Context) ([]string, error) {
	var w struct {
		Imports texts `json:"imports"`
	}
	err := c.doJSON(ctx, request{method: http.MethodGet, path: importsPath, repeat: once}, &w)
	return w.Imports, err
}

// A URLImport has CARTO fetch a URL once. The dataset's name comes from the URL
// and from what its server answers; it cannot be chosen, and an overwrite could
// hit any dataset, so there is none.
type URLImport struct {
	URL      secret.Value
	Skip     bool    // import nothing if a dataset has that name
	Privacy  Privacy // "" leaves it to the account's default
	Guessing Guessing
}

// ImportURL starts an import job and returns its id. A call that failed with
// [MaybeApplied] may have started one all the same.
func (c *Client) ImportURL(ctx context.Context, r URLImport) (string, error) {
	if r.URL.IsZero() {
		return "", errors.New("an import needs a URL")
	}
	body := map[string]any{"url": r.URL.Reveal()}
	addPrivacy(body, r.Privacy)
	addSkip(body, r.Skip)
	r.Guessing.add(body)
	return c.startImport(ctx, request{
		method: http.MethodPost, path: importsPath, body: body, secrets: []secret.Value{r.URL},
	})
}

// A ConnectorImport has CARTO read a database once, under the name that the
// connector's ImportAs says unless it is taken. CARTO ignores an overwrite here, so
// there is none.
type ConnectorImport struct {
	Connector Connector
	Skip      bool    // import nothing if a dataset has that name
	Privacy   Privacy // "" leaves it to the account's default
}

// ImportConnector starts an import job and returns its id. Parameters are
// checked by the job, not by this call.
func (c *Client) ImportConnector(ctx context.Context, r ConnectorImport) (string, error) {
	body := map[string]any{"connector": r.Connector.object()}
	addPrivacy(body, r.Privacy)
	addSkip(body, r.Skip)
	return c.startImport(ctx, request{
		method: http.MethodPost, path: importsPath, body: body, timeout: c.timeouts.Connect,
		secrets: secretsOf(r.Connector.Connection, r.Connector.Params),
	})
}

func addPrivacy(body map[string]any, p Privacy) {
	if p != "" {
		body["privacy"] = string(p)
	}
}

func addSkip(body map[string]any, skip bool) {
	if skip {
		body["collision_strategy"] = string(CollisionSkip)
	}
}

func (c *Client) startImport(ctx context.Context, r request) (string, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	return c.importID(a)
}

// importID reads the answer that CARTO gives to every accepted import.
func (c *Client) importID(a answer) (string, error) {
	var w struct {
		ID      text  `json:"item_queue_id"`
		Success *flag `json:"success"`
	}
	if err := c.decode(a, &w); err != nil {
		return "", err
	}
	if w.ID == "" || (w.Success != nil && !bool(*w.Success)) {
		return "", problem(a.method, a.path, "the answer names no import job", "look whether a dataset appeared before trying again")
	}
	return string(w.ID), nil
}
