package work

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// defaultMaxRows is how many rows a connector reads at most when the account says nothing else.
// Source: CartoDB/cartodb: config/app_config.yml.sample.
const defaultMaxRows = 500_000

// A remote is what a provider's reader gives: columns and rows. Rows are owned by who gets them.
type remote struct {
	columns []store.Column
	rows    iter.Seq2[[]any, error]
	close   func()
}

// loadConnector reads a remote table or query into a stage. Rows beyond the limit are left out, and the job says so.
func (w *Worker) loadConnector(ctx context.Context, a *attempt) error {
	q, err := w.connectorQuery(ctx, &a.job)
	if err != nil {
		return err
	}
	t := &table{base: q.base()}
	a.tables = append(a.tables, t)
	if t.skipped, err = w.skips(ctx, &a.job, t.base); err != nil || t.skipped {
		return err
	}
	r, err := w.openRemote(ctx, q)
	if err != nil {
		return remoteFailure(err)
	}
	defer r.close()
	if t.stage, err = w.stageRemote(ctx, a, r); err != nil {
		return remoteFailure(err)
	}
	return nil
}

// remoteFailure is how trouble with a remote database shows: without a code of its own, with the remote's words.
func remoteFailure(err error) error {
	var f *Failure
	if errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	return &Failure{Code: codeUnknown, Problem: err.Error()}
}

// connectorQuery reads a job's parameters and the connection they refer to.
func (w *Worker) connectorQuery(ctx context.Context, j *store.Job) (query, error) {
	parameters := map[string]any{}
	if j.ServiceItemID == nil || decodeObject([]byte(*j.ServiceItemID), &parameters) != nil {
		return query{}, failEarly(codeParameters, "the parameters of the connector are not a JSON object")
	}
	parameters = lowerKeys(parameters)
	connection, _ := parameters["connection"].(map[string]any)
	provider, _ := parameters["provider"].(string)
	if id, ok := parameters["connection_id"].(string); ok {
		c, err := w.connection(ctx, id)
		if err != nil {
			return query{}, failEarly(codeParameters, "Couldn't find connection %s", id)
		}
		provider = c.Connector
		connection = map[string]any{}
		if err := decodeObject(c.Parameters, &connection); err != nil {
			return query{}, err
		}
	}
	p, ok := FindProvider(provider)
	switch {
	case provider == "":
		return query{}, failEarly(codeParameters, "Provider not defined")
	case !ok:
		return query{}, failEarly(codeParameters, "Invalid provider: %s", provider)
	case !w.Enabled(provider):
		return query{}, failEarly(codeDisabled, "the provider %s is not enabled; start the sandbox with --connector %s=DIR", provider, provider)
	}
	return parseQuery(p, parameters, lowerKeys(connection))
}

func (w *Worker) connection(ctx context.Context, id string) (c store.Connection, err error) {
	return c, w.Store.View(ctx, func(t *store.Tx) error {
		c, err = t.Connection(ctx, w.Owner.ID, id)
		return err
	})
}

// decodeObject keeps numbers as they were written: 5432 differs from 5432.0.
func decodeObject(b []byte, to *map[string]any) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	return d.Decode(to)
}

func lowerKeys(m map[string]any) map[string]any {
	lower := make(map[string]any, len(m))
	for key, v := range m {
		lower[strings.ToLower(key)] = v
	}
	return lower
}

func (w *Worker) openRemote(ctx context.Context, q query) (remote, error) {
	if dir := w.Connectors[q.provider.ID]; dir != "" {
		return w.openDirectory(ctx, dir, q)
	}
	if q.provider.ID == "postgres" {
		return w.openPostgres(ctx, q)
	}
	return remote{}, nothingStandsFor(q.provider)
}

// geometryNames are the columns that may become the_geom.
// Source: CartoDB/cartodb: services/importer/lib/importer/georeferencer.rb.
var geometryNames = []string{"geometry", "the_geom", "wkb_geometry", "geom", "geojson", "wkt"}

// stageRemote loads remote rows. A column with a geometry's name becomes the_geom if all its cells can be read.
func (w *Worker) stageRemote(ctx context.Context, a *attempt, r remote) (loaded *store.Stage, err error) {
	columns, id, err := remoteColumns(r.columns)
	if err != nil {
		return nil, err
	}
	stage, err := w.Store.Stage(ctx, a.job.ID, columns)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil || loaded == nil { // nil without an error: a panic
			stage.Discard()
		}
	}()
	limit := w.Limits.ConnectorRows
	if limit <= 0 {
		limit = defaultMaxRows
	}
	for row, err := range r.rows {
		if err != nil {
			return nil, err
		}
		if stage.Rows == limit {
			a.warn("max_rows_per_connection", limit)
			break
		}
		number := int64(0)
		if id >= 0 {
			number, _ = row[id].(int64)
			row = slices.Delete(row, id, id+1)
		}
		if err := stage.Append(ctx, number, nil, row); err != nil {
			return nil, err
		}
	}
	if err := stage.Flush(ctx); err != nil {
		return nil, err
	}
	for _, c := range columns {
		if slices.Contains(geometryNames, strings.TrimPrefix(c.Name, aside)) {
			return stage, stage.Georeference(ctx, c.Name)
		}
	}
	return stage, nil
}

// aside begins the names of remote columns that are called as a column that every dataset has.
const aside = "remote_"

// remoteColumns gives remote columns the names that an import gives them. A whole-number cartodb_id, at index id unless
// that is negative, numbers the rows and is no column of its own.
func remoteColumns(columns []store.Column) (clean []store.Column, id int, err error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	if names, err = name.SanitizeColumns(names); err != nil {
		return nil, -1, err
	}
	id = -1
	for i, c := range columns {
		c.Name = names[i]
		switch {
		case c.Name == "cartodb_id" && store.CartoType(c.Type) == "number":
			id = i
			continue
		case c.Name == "cartodb_id", c.Name == "the_geom", c.Name == "the_geom_webmercator":
			c.Name = aside + c.Name
		}
		clean = append(clean, c)
	}
	return clean, id, nil
}
