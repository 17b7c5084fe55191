package carto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// A SyncRequest asks for a synchronization of a URL or of a connector. There is
// no field for a dataset's name on purpose: if the first import fails, CARTO
// would later replace whatever dataset bears it.
// Source: CartoDB/cartodb: app/models/data_import.rb (update_synchronization).
type SyncRequest struct {
	Interval  time.Duration // whole seconds, at least MinInterval
	URL       secret.Value  // either this
	Connector *Connector    // or this
	Checksum  string        // stored as it is; CARTO itself uses none for URLs
	Guessing  Guessing
}

// Guessing switches CARTO's guessing of types and contents; nil leaves it to
// the server, which guesses types but not contents.
type Guessing struct {
	Types, QuotedFields, Content *bool
}

func (g Guessing) add(body map[string]any) {
	set := func(key string, v *bool) {
		if v != nil {
			body[key] = *v
		}
	}
	set("type_guessing", g.Types)
	set("quoted_fields_guessing", g.QuotedFields)
	set("content_guessing", g.Content)
}

// CreateSynchronization creates a synchronization and the dataset that its first
// import makes, and returns the id of that import job: it alone tells how the
// first import ended. Each call makes another one, so a call that failed with
// [MaybeApplied] must be looked for in [Client.Synchronizations]; a bad URL
// leaves one behind too.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func (c *Client) CreateSynchronization(ctx context.Context, r SyncRequest) (Synchronization, string, error) {
	body, err := r.body()
	if err != nil {
		return Synchronization{}, "", err
	}
	req := request{method: http.MethodPost, path: syncsPath, body: body, secrets: []secret.Value{r.URL}}
	if r.Connector != nil {
		req.timeout = c.timeouts.Connect
		req.secrets = secretsOf(r.Connector.Connection, r.Connector.Params)
	}
	var w struct {
		wireSync
		Import struct {
			ID text `json:"item_queue_id"`
		} `json:"data_import"`
	}
	if err := c.doJSON(ctx, req, &w); err != nil {
		return Synchronization{}, "", err
	}
	if w.ID == "" || w.Import.ID == "" {
		return Synchronization{}, "", problem(req.method, req.path, "the answer names no synchronization or no import job", "look whether it was created")
	}
	return c.synchronization(w.wireSync), string(w.Import.ID), nil
}

func (r SyncRequest) body() (map[string]any, error) {
	if err := checkInterval(r.Interval); err != nil {
		return nil, err
	}
	body := map[string]any{"interval": int64(r.Interval / time.Second)}
	switch {
	case r.URL.IsZero() == (r.Connector == nil):
		return nil, errors.New("a synchronization takes either a URL or a connector")
	case r.Connector != nil:
		body["connector"] = r.Connector.object()
	default:
		body["url"] = r.URL.Reveal()
	}
	if r.Checksum != "" {
		body["checksum"] = r.Checksum
	}
	r.Guessing.add(body)
	return body, nil
}

func checkInterval(d time.Duration) error {
	if d < MinInterval {
		return fmt.Errorf("the interval %s is below CARTO's minimum of 15m; set it to 15m or more", d)
	}
	if d%time.Second != 0 || d > maxSeconds*time.Second {
		return fmt.Errorf("the interval %s is not a whole number of seconds below 2^31; round it", d)
	}
	return nil
}

// A SyncUpdate holds what is to change; nil fields stay as they are. Only what
// stands here is ever sent: the server takes any attribute unchecked, its id
// and owner included.
type SyncUpdate struct {
	Name      *string        // the dataset that the next run replaces
	Interval  *time.Duration // moves RunAt to now + interval, even if equal
	URL       *secret.Value  // together with Item, or it has no effect after the first run
	Item      *secret.Value  // service_item_id, see [Connector.ServiceItem]
	Checksum  *string
	RunAt     *time.Time
	State     *SyncState
	Retried   *int
	DatasetID *string
	Guessing  Guessing

	// Refetch forgets what the source looked like (etag, checksum, time), so that
	// the next run downloads it whatever it says. Checksum wins over it.
	Refetch bool
}

func (u SyncUpdate) body() (map[string]any, error) {
	body := map[string]any{}
	if u.Refetch {
		body["etag"], body["modified_at"], body["checksum"] = nil, nil, ""
	}
	if u.Interval != nil {
		if err := checkInterval(*u.Interval); err != nil {
			return nil, err
		}
		body["interval"] = int64(*u.Interval / time.Second)
	}
	put(body, "name", u.Name)
	put(body, "checksum", u.Checksum)
	put(body, "state", u.State)
	put(body, "retried_times", u.Retried)
	put(body, "visualization_id", u.DatasetID)
	if u.URL != nil {
		body["url"] = u.URL.Reveal()
	}
	if u.Item != nil {
		body["service_item_id"] = u.Item.Reveal()
	}
	if u.RunAt != nil {
		body["run_at"] = u.RunAt.UTC().Format(time.RFC3339)
	}
	u.Guessing.add(body)
	if len(body) == 0 {
		return nil, errors.New("an update of a synchronization changes nothing")
	}
	return body, nil
}

// secrets are the values that an answer about the update may quote.
func (u SyncUpdate) secrets() []secret.Value {
	var known []secret.Value
	for _, v := range []*secret.Value{u.URL, u.Item} {
		if v != nil {
			known = append(known, *v)
		}
	}
	return known
}

func put[T any](body map[string]any, key string, v *T) {
	if v != nil {
		body[key] = *v
	}
}

// UpdateSynchronization changes attributes and returns what the server stored.
// A worker that is running the synchronization writes its own, older values
// back at the end: update only in a settled state, and read again afterwards.
// The keys are sent in alphabetical order, so that run_at follows interval,
// which would otherwise reset it.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (c *Client) UpdateSynchronization(ctx context.Context, id string, u SyncUpdate) (Synchronization, error) {
	if err := checkID("synchronization", id); err != nil {
		return Synchronization{}, err
	}
	body, err := u.body()
	if err != nil {
		return Synchronization{}, err
	}
	var w wireSync
	r := request{method: http.MethodPut, path: syncsPath + "/" + id, body: body, repeat: safe, secrets: u.secrets()}
	if err := c.doJSON(ctx, r, &w); err != nil {
		return Synchronization{}, err
	}
	if string(w.ID) != id {
		return Synchronization{}, problem(r.method, r.path, "the answer is about another synchronization", "read it again")
	}
	return c.synchronization(w), nil
}

// DeleteSynchronization deletes the schedule; its dataset and its connection
// stay. A run under way brings it back: look again afterwards.
func (c *Client) DeleteSynchronization(ctx context.Context, id string) error {
	if err := checkID("synchronization", id); err != nil {
		return err
	}
	return c.delete(ctx, syncsPath+"/"+id)
}

// SyncNow asks for a run now. enqueued is false, without an error, where CARTO
// declines: within 15 minutes of the creation or the last run, while one is
// under way, or with three running already.
func (c *Client) SyncNow(ctx context.Context, id string) (enqueued bool, err error) {
	if err := checkID("synchronization", id); err != nil {
		return false, err
	}
	var w struct {
		Enqueued flag `json:"enqueued"`
	}
	err = c.doJSON(ctx, request{method: http.MethodPut, path: syncsPath + "/" + id + "/sync_now"}, &w)
	return bool(w.Enqueued), err
}
