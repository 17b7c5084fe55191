package apply

import (
	"context"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
)

// lookInto looks at a live dataset as [data.LookAt] does at a file, as far as
// [plan.Judge] asks.
func (j *job) lookInto(ctx context.Context, table string) (data.Look, error) {
	look := data.Look{Recognised: true, Layers: 1}
	rows, err := j.Client.Query(ctx, `SELECT count(*) AS row_count, min(ST_GeometryType(the_geom)) AS least, max(ST_GeometryType(the_geom)) AS greatest FROM `+
		carto.QuoteIdentifier(table))
	if err != nil {
		return data.Look{}, err
	}
	if look.Rows, err = rows.Int(0, "row_count"); err != nil {
		return data.Look{}, err
	}
	look.Geometry = geometry(rows.Text(0, "least"), rows.Text(0, "greatest"))
	look.Columns, err = j.columns(ctx, table)
	return look, err
}

// geometry names what a table holds whose kinds of geometry lie between two.
func geometry(least, greatest string) string {
	kind := strings.TrimPrefix(strings.ToLower(least), "st_")
	switch {
	case least != greatest:
		return data.GeometryMixed
	case kind == "", kind == data.GeometryPoint, kind == data.GeometryLine, kind == data.GeometryPolygon:
		return kind
	}
	return data.GeometryMixed
}

// columns reads a table's own columns from the database's catalogue.
func (j *job) columns(ctx context.Context, table string) ([]data.Column, error) {
	rows, err := j.Client.Query(ctx, `SELECT column_name, data_type, udt_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = `+
		carto.QuoteLiteral(table)+` ORDER BY ordinal_position`)
	if err != nil {
		return nil, err
	}
	if len(rows.Rows) == 0 {
		return nil, fmt.Errorf("the account's database shows no columns of %q", table)
	}
	var all []data.Column
	for i := range rows.Rows {
		switch name := rows.Text(i, "column_name"); name {
		case "cartodb_id", "the_geom", "the_geom_webmercator":
		default:
			all = append(all, data.Column{Name: name, Type: columnType(rows.Text(i, "data_type"), rows.Text(i, "udt_name"))})
		}
	}
	return all, nil
}

// columnType is the type as the readers of files spell it. The catalogue says
// ARRAY and USER-DEFINED of what only the short name tells.
func columnType(dataType, udt string) data.Type {
	switch {
	case dataType == "USER-DEFINED":
		return data.Type(udt)
	case dataType != "ARRAY":
		return data.Type(dataType)
	}
	switch udt {
	case "_int4":
		return data.IntegerArray
	case "_int8":
		return data.BigIntArray
	case "_float8":
		return data.DoubleArray
	case "_bool":
		return data.BooleanArray
	}
	return data.Type(strings.TrimPrefix(udt, "_") + "[]")
}
