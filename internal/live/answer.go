package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
)

// answersAtOnce bounds the queries that run side by side: counting rows reads
// whole tables in the account's own database.
const answersAtOnce = 4

// Answer asks the account's database for rows, columns and geometry of each
// dataset in question. What the database refuses to tell about one dataset is
// an answer too; only a server that cannot be asked is an error.
func Answer(ctx context.Context, c *carto.Client, questions []plan.Question) (plan.Details, error) {
	details := make(plan.Details, len(questions))
	var mu sync.Mutex
	var tasks []task
	for _, q := range questions {
		tasks = append(tasks, task{fmt.Sprintf("look into dataset %q", q.Name), func(ctx context.Context) error {
			d, err := ask(ctx, c, q.Name)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			details[q.ID] = d
			return nil
		}})
	}
	if err := together(ctx, answersAtOnce, tasks); err != nil {
		return nil, err
	}
	return details, nil
}

func ask(ctx context.Context, c *carto.Client, name string) (plan.Detail, error) {
	var d plan.Detail
	err := contents(ctx, c, name, &d)
	if err == nil {
		d.Columns, err = columns(ctx, c, name)
	}
	var refused *carto.APIError
	switch {
	case err == nil:
		return d, nil
	case errors.Is(err, errNoTable):
		return plan.Detail{Unknown: err.Error()}, nil
	case errors.As(err, &refused) && aboutTheQuery(refused.Status):
		return plan.Detail{Unknown: reason(refused)}, nil
	}
	return plan.Detail{}, err
}

// aboutTheQuery tells an answer to this query from one that any query would
// have got. A query over the platform's limits gets 429.
func aboutTheQuery(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout:
		return false
	}
	return status >= 400 && status < 500
}

func reason(e *carto.APIError) string {
	if len(e.Messages) > 0 {
		return strings.Join(e.Messages, ", ")
	}
	return e.Error()
}

// contents counts rows and kinds of geometry and takes their bounds, in one pass
// over the table. The least and the greatest kind are the same where there is
// only one.
func contents(ctx context.Context, c *carto.Client, name string, d *plan.Detail) error {
	rows, err := c.Query(ctx, `SELECT count(*) AS row_count, min(ST_GeometryType(the_geom)) AS least, max(ST_GeometryType(the_geom)) AS greatest, `+
		`ST_XMin(ST_Extent(the_geom)) AS west, ST_YMin(ST_Extent(the_geom)) AS south, ST_XMax(ST_Extent(the_geom)) AS east, ST_YMax(ST_Extent(the_geom)) AS north FROM `+
		carto.QuoteIdentifier(name))
	if err != nil {
		return err
	}
	if d.Rows, err = rows.Int(0, "row_count"); err != nil {
		return err
	}
	d.Geometry = geometry([]string{rows.Text(0, "least"), rows.Text(0, "greatest")})
	d.Extent = extent(rows)
	return nil
}

// extent is nil where there is no geometry.
func extent(rows carto.Rows) *data.Extent {
	var e data.Extent
	for column, side := range map[string]*float64{"west": &e.West, "south": &e.South, "east": &e.East, "north": &e.North} {
		var err error
		if *side, err = strconv.ParseFloat(rows.Text(0, column), 64); err != nil {
			return nil
		}
	}
	return &e
}

var errNoTable = errors.New("the account's database shows no columns of it")

// columns reads a table's own columns in their order. The catalogue is asked
// rather than the table, since the SQL API shows families of types only, and an
// overwrite is refused for less than that.
func columns(ctx context.Context, c *carto.Client, name string) ([]data.Column, error) {
	rows, err := c.Query(ctx, `SELECT column_name, data_type, udt_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = `+
		carto.QuoteLiteral(name)+` ORDER BY ordinal_position`)
	if err != nil {
		return nil, err
	}
	var all []data.Column
	for i := range rows.Rows {
		column := rows.Text(i, "column_name")
		switch column {
		case "cartodb_id", "the_geom", "the_geom_webmercator":
			continue
		}
		all = append(all, data.Column{Name: column, Type: columnType(rows.Text(i, "data_type"), rows.Text(i, "udt_name"))})
	}
	if len(rows.Rows) == 0 {
		return nil, errNoTable
	}
	return all, nil
}

// elements are the short names that PostgreSQL's catalogue has for the elements
// of arrays.
var elements = map[string]data.Type{
	"_int4": data.IntegerArray, "_int8": data.BigIntArray, "_float8": data.DoubleArray, "_bool": data.BooleanArray,
}

// columnType is the type as the readers of files spell it. The catalogue says
// ARRAY and USER-DEFINED of what only the short name tells.
func columnType(dataType, udt string) data.Type {
	switch dataType {
	case "ARRAY":
		if t, ok := elements[udt]; ok {
			return t
		}
		return data.Type(strings.TrimPrefix(udt, "_") + "[]")
	case "USER-DEFINED":
		return data.Type(udt)
	}
	return data.Type(dataType)
}
