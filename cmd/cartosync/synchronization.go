package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// synchronizationCmd holds what can be done to synchronizations by hand.
type synchronizationCmd struct {
	List   synchronizationListCmd   `cmd:"" help:"List the account's synchronizations."`
	Show   synchronizationShowCmd   `cmd:"" help:"Show one synchronization and how it fares."`
	Create synchronizationCreateCmd `cmd:"" help:"Create a synchronization and its dataset."`
	Force  synchronizationForceCmd  `cmd:"" help:"Run a synchronization now, or say when it may."`
	Delete synchronizationDeleteCmd `cmd:"" help:"Delete synchronizations. Their datasets stay."`
}

func synchronizationTable() render.Table {
	return render.Table{Kind: "synchronization", Columns: []render.Column{
		{Key: "name"}, {Key: "state"}, {Key: "health"}, {Key: "interval"}, {Key: "source"}, {Key: "ran_at"}, {Key: "run_at"},
		{Key: "retries", Right: true}, {Key: "error_code"}, {Key: "error", Detail: true}, {Key: "remedy", Detail: true},
		{Key: "dataset_id", Detail: true}, {Key: "connection_id", Detail: true}, {Key: "created_at", Detail: true}, {Key: "updated_at", Detail: true},
		{Key: "id"},
	}}
}

func addSynchronization(t *render.Table, s carto.Synchronization, more ...any) {
	var code, meaning, remedy, connection any
	if s.State == carto.SyncFailure {
		x := carto.Explain(s.ErrorCode)
		code, meaning, remedy = render.Code(s.ErrorCode), explained(x, s.ErrorMessage), x.Remedy
	}
	if conn := s.Item.Connector; conn != nil && conn.ConnectionID != "" {
		connection = conn.ConnectionID
	}
	t.Add(append([]any{
		s.Name, string(s.State), string(healthOf(s, time.Now())), s.Interval, sourceOf(s), s.RanAt, s.RunAt,
		s.Retried, code, meaning, remedy, s.DatasetID, connection, s.CreatedAt, s.UpdatedAt, s.ID,
	}, more...)...)
}

// explained is what a code means, with the server's own words where they say more.
func explained(x carto.Explanation, said string) string {
	if said = strings.TrimRight(said, ". "); x.Vague && said != "" {
		return x.Meaning + ": " + said
	}
	return x.Meaning
}

// A health says in a word what becomes of a synchronization if nobody does anything.
type health string

const (
	healthy       health = "ok"             // it runs at its interval
	running       health = "running"        // it runs, or is about to
	failing       health = "failing"        // its last run failed; CARTO goes on trying
	givenUp       health = "given_up"       // ten runs failed; CARTO tries no more
	stuck         health = "stuck"          // its worker is gone; nothing moves it any more
	neverImported health = "never_imported" // its first import failed; runs cannot make the dataset
)

// healthOf judges a synchronization.
// Source: CartoDB/cartodb: services/synchronizer/lib/synchronizer/collection.rb.
func healthOf(s carto.Synchronization, now time.Time) health {
	switch {
	case plan.Stuck(plan.Synchronization{State: string(s.State), UpdatedAt: s.UpdatedAt}, now):
		return stuck
	case !s.State.Settled():
		return running
	case s.State == carto.SyncSuccess:
		return healthy
	case s.DatasetID == "":
		return neverImported
	case s.Retried >= carto.MaxRetries:
		return givenUp
	}
	return failing
}

// sourceOf names what a synchronization imports. Of a URL only the host and a last
// part that looks like a file are shown, since any other part may be what gives
// access.
func sourceOf(s carto.Synchronization) string {
	if conn := s.Item.Connector; conn != nil {
		return connectorText(*conn)
	}
	if s.URL.IsZero() {
		return s.Service
	}
	u, err := url.Parse(s.URL.Reveal())
	if err != nil || u.Host == "" {
		return secret.Placeholder
	}
	if dir, file := path.Split(u.Path); path.Ext(file) != "" {
		if dir == "/" {
			return u.Scheme + "://" + u.Host + "/" + file
		}
		return u.Scheme + "://" + u.Host + "/…/" + file
	}
	return u.Scheme + "://" + u.Host + "/…"
}

func connectorText(c carto.Connector) string {
	text := "connector"
	if c.Provider != "" {
		text = c.Provider
	}
	plain := map[string]string{}
	for _, p := range c.Params {
		if value, ok := p.Plain(); ok {
			plain[p.Key] = value
		}
	}
	switch {
	case plain["sql_query"] != "":
		return text + ": " + plain["sql_query"]
	case plain["schema"] != "":
		return text + ": " + plain["schema"] + "." + plain["table"]
	}
	return text + ": " + plain["table"]
}

// syncText names a synchronization in a message.
func syncText(s carto.Synchronization) string {
	if s.Name == "" {
		return fmt.Sprintf("%s (no dataset yet)", s.ID)
	}
	return fmt.Sprintf("%s (%s)", s.Name, s.ID)
}

// findSynchronization finds one by its id, by the name that it has, or by the name or
// id of the dataset that it belongs to: the two links can disagree after a rename.
// Source: CartoDB/cartodb: app/models/table/relator.rb.
func (h *hand) findSynchronization(ctx context.Context, nameOrID string) (carto.Synchronization, error) {
	all, err := h.client.Synchronizations(ctx)
	if err != nil {
		return carto.Synchronization{}, err
	}
	return h.matchSynchronization(ctx, all, nameOrID)
}

func (h *hand) matchSynchronization(ctx context.Context, all []carto.Synchronization, nameOrID string) (carto.Synchronization, error) {
	dataset := nameOrID
	if !isID(nameOrID) {
		d, err := h.client.Dataset(ctx, nameOrID)
		if err != nil && !errors.Is(err, carto.ErrNotFound) {
			return carto.Synchronization{}, err
		}
		dataset = d.ID
	}
	var found []carto.Synchronization
	var names, candidates []string
	for _, s := range all {
		names = append(names, s.Name)
		if s.ID == nameOrID || s.Name != "" && s.Name == nameOrID || s.DatasetID != "" && s.DatasetID == dataset {
			found = append(found, s)
			candidates = append(candidates, fmt.Sprintf("%s (%s, every %s, %s)", s.ID, healthOf(s, time.Now()), spec.Interval(s.Interval), sourceOf(s)))
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return carto.Synchronization{}, fmt.Errorf("%q means %d synchronizations: %s; give one by its id", nameOrID, len(found), several(candidates))
	case isID(nameOrID):
		return carto.Synchronization{}, h.noSynchronization(ctx, nameOrID)
	case dataset != "":
		return carto.Synchronization{}, fmt.Errorf("dataset %q has no synchronization; cartosync synchronization list shows what there is", nameOrID)
	}
	return carto.Synchronization{}, fmt.Errorf("there is no synchronization %q; %s", nameOrID,
		didYouMean(nameOrID, names, "cartosync synchronization list shows what there is"))
}

// noSynchronization says why an id is none of the account's: CARTO answers 401 to
// whoever asks for another user's.
func (h *hand) noSynchronization(ctx context.Context, id string) error {
	_, err := h.client.Synchronization(ctx, id)
	switch {
	case errors.Is(err, carto.ErrUnauthorized):
		return fmt.Errorf("synchronization %s belongs to another user; only the account's own are touched here", id)
	case err != nil && !errors.Is(err, carto.ErrNotFound):
		return err
	}
	return fmt.Errorf("there is no synchronization of the id %s; cartosync synchronization list shows what there is", id)
}

// settledSync reads a synchronization until no run of it is under way, for a while.
func (h *hand) settledSync(ctx context.Context, id string, limit time.Duration) (carto.Synchronization, error) {
	var s carto.Synchronization
	err := apply.Poll(ctx, limit, func(ctx context.Context) (bool, error) {
		var err error
		if s, err = h.client.Synchronization(ctx, id); err != nil {
			return false, err
		}
		h.say("synchronization "+s.Name, string(s.State), "")
		return s.State.Settled(), nil
	})
	return s, err
}
