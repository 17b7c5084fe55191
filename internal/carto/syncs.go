package carto

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

const syncsPath = "/api/v1/synchronizations"

// MinInterval is the shortest interval CARTO accepts for a synchronization. It
// checks this only when one is created; a shorter one set later breaks the
// dataset's pages. Source: CartoDB/cartodb: app/models/synchronization/member.rb.
const MinInterval = 15 * time.Minute

// MaxRetries is after how many failed runs in a row CARTO gives a synchronization up.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
const MaxRetries = 10

// A SyncState is the state of a synchronization.
type SyncState string

// The states: created and queued before a run, syncing during it.
const (
	SyncCreated SyncState = "created"
	SyncQueued  SyncState = "queued"
	SyncSyncing SyncState = "syncing"
	SyncSuccess SyncState = "success"
	SyncFailure SyncState = "failure"
)

// Settled reports whether no run is under way or about to begin, so that a
// change is not overwritten by the worker that runs it.
func (s SyncState) Settled() bool { return s == SyncSuccess || s == SyncFailure }

// A Synchronization is CARTO's own recurring re-import of a dataset.
type Synchronization struct {
	ID        string
	Name      string // the dataset that the next run replaces; "" before the first import
	DatasetID string // of the dataset's visualization; "" before the first import succeeded
	State     SyncState
	Interval  time.Duration

	URL     secret.Value // may hold tokens
	Service string       // "" for a URL, "connector", or a datasource's name
	Item    ServiceItem

	Checksum string
	ETag     string

	Retried      int // failed runs in a row; after 10 CARTO gives up
	ErrorCode    int
	ErrorMessage string // redacted

	TypeGuessing, QuotedFieldsGuessing, ContentGuessing bool

	FromExternalSource bool // a data library sample

	CreatedAt, UpdatedAt time.Time
	RunAt                time.Time // not before this
	RanAt                time.Time // when the last run ended; the creation before that
	ModifiedAt           time.Time // the source's Last-Modified, if any
}

// A ServiceItem is what a synchronization downloads: for URLs the URL once the
// first recurring run has set it, for connectors the parameters.
type ServiceItem struct {
	Text      secret.Value // as stored; zero for null
	Form      ItemForm
	Connector *Connector // for the forms of connectors that could be read
}

// An ItemForm tells what a service item is.
type ItemForm string

// The forms of a service item.
const (
	ItemNone     ItemForm = ""         // null
	ItemPlain    ItemForm = "plain"    // a URL or a datasource's own id
	ItemStored   ItemForm = "stored"   // a connector that refers to a stored connection
	ItemEmbedded ItemForm = "embedded" // a connector with credentials in clear, as older servers kept them
	ItemLinked   ItemForm = "linked"   // a connector whose credentials the server injects (BigQuery by OAuth)
	ItemForeign  ItemForm = "foreign"  // a connector that is not ours to understand
)

type wireSync struct {
	ID                   text    `json:"id"`
	Name                 text    `json:"name"`
	DatasetID            text    `json:"visualization_id"`
	State                text    `json:"state"`
	Interval             number  `json:"interval"`
	URL                  text    `json:"url"`
	Service              text    `json:"service_name"`
	Item                 text    `json:"service_item_id"`
	Checksum             text    `json:"checksum"`
	ETag                 text    `json:"etag"`
	Retried              number  `json:"retried_times"`
	ErrorCode            number  `json:"error_code"`
	ErrorMessage         text    `json:"error_message"`
	TypeGuessing         flag    `json:"type_guessing"`
	QuotedFieldsGuessing flag    `json:"quoted_fields_guessing"`
	ContentGuessing      flag    `json:"content_guessing"`
	FromExternalSource   flag    `json:"from_external_source"`
	CreatedAt            instant `json:"created_at"`
	UpdatedAt            instant `json:"updated_at"`
	RunAt                instant `json:"run_at"`
	RanAt                instant `json:"ran_at"`
	ModifiedAt           instant `json:"modified_at"`
}

func (c *Client) synchronization(w wireSync) Synchronization {
	s := Synchronization{
		ID: string(w.ID), Name: string(w.Name), DatasetID: string(w.DatasetID),
		State:    SyncState(strings.ToLower(string(w.State))),
		Interval: time.Duration(min(max(w.Interval.or(0), 0), maxSeconds)) * time.Second,
		URL:      secret.New(string(w.URL)), Service: string(w.Service),
		Item:     parseServiceItem(string(w.Service), string(w.Item)),
		Checksum: string(w.Checksum), ETag: string(w.ETag),
		Retried: int(w.Retried.or(0)), ErrorCode: int(w.ErrorCode.or(0)),
		TypeGuessing: bool(w.TypeGuessing), QuotedFieldsGuessing: bool(w.QuotedFieldsGuessing),
		ContentGuessing: bool(w.ContentGuessing), FromExternalSource: bool(w.FromExternalSource),
		CreatedAt: w.CreatedAt.Time, UpdatedAt: w.UpdatedAt.Time,
		RunAt: w.RunAt.Time, RanAt: w.RanAt.Time, ModifiedAt: w.ModifiedAt.Time,
	}
	s.ErrorMessage = c.clean(string(w.ErrorMessage), maxMessage, s.secrets()...)
	return s
}

// ForcibleAt is when the server permits [Client.SyncNow], by its clock and if fewer
// than three synchronizations run: 15 minutes after the last run, or since it was
// queued; or once it is due, if the last run succeeded. It never permits one that is
// created or syncing. Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (s Synchronization) ForcibleAt() time.Time {
	at := s.RanAt.Add(MinInterval)
	switch {
	case s.State == SyncQueued && s.UpdatedAt.After(s.RanAt):
		return s.UpdatedAt.Add(MinInterval)
	case s.State == SyncSuccess && s.RunAt.Before(at):
		return s.RunAt
	}
	return at
}

// maxSeconds keeps intervals from overflowing: the server's column has 32 bits.
const maxSeconds = 1<<31 - 1

// secrets are the values that texts about the synchronization may quote.
func (s Synchronization) secrets() []secret.Value {
	known := urlsOf(s.URL, s.Item.Text)
	if conn := s.Item.Connector; conn != nil {
		known = append(known, secretsOf(conn.Connection, conn.Params)...)
	}
	return known
}

// parseServiceItem reads what a synchronization has stored. Anything that is
// not a connector of a known form is kept as it is, unread.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func parseServiceItem(service, item string) ServiceItem {
	s := ServiceItem{Text: secret.New(item)}
	switch {
	case item == "":
		return s
	case service != "connector":
		s.Form = ItemPlain
		return s
	}
	s.Form = ItemForeign
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(item), &object) != nil || object == nil {
		return s
	}
	conn, ok := readConnector(object)
	if !ok {
		return s
	}
	s.Connector = &conn
	switch {
	case conn.ConnectionID != "":
		s.Form = ItemStored
	case len(conn.Connection) > 0:
		s.Form = ItemEmbedded
	case conn.Provider != "":
		s.Form = ItemLinked
	default:
		s.Form, s.Connector = ItemForeign, nil
	}
	return s
}

// readConnector takes a stored connector apart; keys count in any case. ok is
// false for those of the Data Observatory and for credentials of an odd shape.
func readConnector(object map[string]json.RawMessage) (c Connector, ok bool) {
	rest := map[string]json.RawMessage{}
	for key, raw := range object {
		switch strings.ToLower(key) {
		case "provider":
			c.Provider = scalar(raw)
		case "connection_id":
			c.ConnectionID = scalar(raw)
		case "import_as":
			c.ImportAs = scalar(raw)
		case "subscription_id":
			return Connector{}, false
		case "connection":
			var credentials map[string]json.RawMessage
			if json.Unmarshal(raw, &credentials) != nil {
				return Connector{}, false
			}
			c.Connection = paramsOf(credentials)
		default:
			rest[key] = raw
		}
	}
	c.Params = paramsOf(rest)
	return c, true
}

// Synchronizations lists all synchronizations of the account in the server's
// order, which is none.
func (c *Client) Synchronizations(ctx context.Context) ([]Synchronization, error) {
	var w struct {
		Synchronizations []wireSync `json:"synchronizations"`
		Total            number     `json:"total_entries"`
	}
	if err := c.read(ctx, syncsPath, nil, &w); err != nil {
		return nil, err
	}
	if w.Synchronizations == nil || w.Total.or(int64(len(w.Synchronizations))) != int64(len(w.Synchronizations)) {
		return nil, problem("GET", syncsPath, "the list is incomplete", "try again; the server should answer the whole list at once")
	}
	all := make([]Synchronization, 0, len(w.Synchronizations))
	for _, s := range w.Synchronizations {
		all = append(all, c.synchronization(s))
	}
	return all, nil
}

// Synchronization reads one synchronization; ErrNotFound if it is not there.
// The error is ErrUnauthorized also where synchronizations are not enabled.
func (c *Client) Synchronization(ctx context.Context, id string) (Synchronization, error) {
	if err := checkID("synchronization", id); err != nil {
		return Synchronization{}, err
	}
	var w wireSync
	if err := c.read(ctx, syncsPath+"/"+url.PathEscape(id), nil, &w); err != nil {
		return Synchronization{}, err
	}
	return c.synchronization(w), nil
}
