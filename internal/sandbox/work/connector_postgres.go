package work

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// postgresURL is the address of a database, from the parameters of a connection. Without sslmode, TLS is required, as
// CARTO does.
// Source: CartoDB/cartodb: doc/developer-center/import-api/guides/07-database-connectors.md.
func postgresURL(connection map[string]string) (*url.URL, error) {
	sslmode := connection["sslmode"]
	switch sslmode {
	case "":
		sslmode = "require"
	case "require", "prefer", "disable":
	default:
		return nil, fmt.Errorf("invalid sslmode value: %q", sslmode)
	}
	port := connection["port"]
	if port == "" {
		port = "5432"
	}
	return &url.URL{
		Scheme: "postgres", User: url.UserPassword(connection["username"], connection["password"]),
		Host: hostPort(connection["server"], port), Path: "/" + connection["database"],
		RawQuery: url.Values{"sslmode": {sslmode}, "connect_timeout": {fmt.Sprint(databaseTimeout.Seconds())}, "application_name": {"cartosync sandbox"}}.Encode(),
	}, nil
}

func hostPort(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}

// connectPostgres opens a connection to a database that the sandbox may reach. Errors name no password: pgx leaves it out
// of them.
func (w *Worker) connectPostgres(ctx context.Context, connection map[string]string) (*pgx.Conn, error) {
	u, err := postgresURL(connection)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("could not connect to the database: the connection parameters are not valid")
	}
	config.Config.RuntimeParams["timezone"] = "UTC"
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	// Names go to the dialer as they are, which alone sees where they lead.
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.DialFunc = w.dialDatabase
	conn, err := pgx.ConnectConfig(ctx, config)
	if foreign := (*foreignHostError)(nil); errors.As(err, &foreign) {
		return nil, fmt.Errorf("could not connect to the database: %w", foreign)
	}
	if err != nil {
		return nil, fmt.Errorf("could not connect to the database: %w", err)
	}
	return conn, nil
}

// openPostgres runs the query, or reads the table, on the real server.
func (w *Worker) openPostgres(ctx context.Context, q query) (remote, error) {
	conn, err := w.connectPostgres(ctx, q.connection)
	if err != nil {
		return remote{}, err
	}
	shut := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		conn.Close(ctx)
	}
	statement := q.sql
	if statement == "" {
		statement = "SELECT * FROM " + pgx.Identifier{q.schema, q.table}.Sanitize()
	}
	rows, err := conn.Query(ctx, statement)
	if err != nil {
		shut()
		return remote{}, err
	}
	// Only a row, or the end, shows whether the server took the statement.
	more := rows.Next()
	if err := rows.Err(); err != nil {
		shut()
		return remote{}, err
	}
	columns, readers := postgresColumns(conn, rows.FieldDescriptions())
	return remote{columns: columns, close: func() { rows.Close(); shut() }, rows: func(yield func([]any, error) bool) {
		for ; more; more = rows.Next() {
			row, err := readPostgres(rows.RawValues(), readers)
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}}, nil
}

// A reader makes a value of the text that PostgreSQL sends for the column at an index.
type reader struct {
	at   int
	read func(string) (any, error)
}

// postgresColumns picks the columns of types that an import supports; others are left out without a word, as the guide
// says. A geometry is kept where its name makes it one.
func postgresColumns(conn *pgx.Conn, fields []pgconn.FieldDescription) ([]store.Column, []reader) {
	var columns []store.Column
	var readers []reader
	for i, f := range fields {
		typ := ""
		if t, ok := conn.TypeMap().TypeForOID(f.DataTypeOID); ok {
			typ = t.Name
		}
		declared, read := postgresType(typ)
		if declared == "" && !isGeometryName(f.Name) {
			continue
		}
		if declared == "" {
			declared, read = "text", asIs
		}
		columns = append(columns, store.Column{Name: f.Name, Type: declared})
		readers = append(readers, reader{i, read})
	}
	return columns, readers
}

func isGeometryName(column string) bool {
	for _, g := range geometryNames {
		if strings.EqualFold(g, column) {
			return true
		}
	}
	return false
}

func readPostgres(raw [][]byte, readers []reader) ([]any, error) {
	row := make([]any, len(readers))
	for i, r := range readers {
		if raw[r.at] == nil {
			continue
		}
		v, err := r.read(string(raw[r.at]))
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
}
