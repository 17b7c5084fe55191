package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// A ParameterError is what a provider has against its parameters, in the server's words.
type ParameterError struct{ Message string }

func (e *ParameterError) Error() string { return e.Message }

// A RemoteTable is a table of a remote database.
type RemoteTable struct {
	Schema, Name string
	Created      time.Time // unknown of a real database
}

// maxListed is how many tables of a remote database are listed.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
const maxListed = 500

// RemoteTables opens a remote database and lists its tables. What is wrong with the parameters is a *ParameterError.
func (w *Worker) RemoteTables(ctx context.Context, provider Provider, connection map[string]any) ([]RemoteTable, error) {
	values, err := provider.values(connection)
	if err != nil {
		return nil, err
	}
	var all []RemoteTable
	switch dir := w.Connectors[provider.ID]; {
	case dir != "":
		all, err = directoryTables(dir, provider.schemaOf("", values))
	case provider.ID == "postgres":
		all, err = w.postgresTables(ctx, values)
	default:
		err = nothingStandsFor(provider)
	}
	return all[:min(maxListed, len(all))], err
}

// nothingStandsFor is the error of a database that the sandbox cannot reach.
func nothingStandsFor(p Provider) error {
	return fmt.Errorf("could not connect to the database: nothing stands for %s; start the sandbox with --connector %s=DIR", p.ID, p.ID)
}

// directoryTables lists the CSV files of a directory and of those in it, which are schemas.
func directoryTables(dir, schema string) ([]RemoteTable, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("could not connect to the database: %w", err)
	}
	defer root.Close()
	var all []RemoteTable
	for _, pattern := range []string{"*.csv", "*/*.csv"} {
		files, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			info, err := fs.Stat(root.FS(), file)
			if err != nil {
				return nil, err
			}
			t := RemoteTable{Schema: path.Dir(file), Name: strings.TrimSuffix(path.Base(file), ".csv"), Created: info.ModTime()}
			if t.Schema == "." {
				t.Schema = schema
			}
			all = append(all, t)
		}
	}
	return all, nil
}

func (w *Worker) postgresTables(ctx context.Context, connection map[string]string) ([]RemoteTable, error) {
	conn, err := w.connectPostgres(ctx, connection)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `SELECT table_schema, table_name FROM information_schema.tables
		WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2 LIMIT `+fmt.Sprint(maxListed))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []RemoteTable
	for rows.Next() {
		var t RemoteTable
		if err := rows.Scan(&t.Schema, &t.Name); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// DryRun runs what a connector would import and throws the rows away. The parameters are those of a connector, with a
// connection or the id of a stored one. What is wrong with them is a *ParameterError.
func (w *Worker) DryRun(ctx context.Context, provider Provider, parameters map[string]any) error {
	parameters = lowerKeys(parameters)
	connection, _ := parameters["connection"].(map[string]any)
	if id, ok := parameters["connection_id"].(string); ok {
		stored, err := w.connection(ctx, id)
		if err != nil {
			return &missingConnection{id, err}
		}
		if stored.Connector != provider.ID {
			return &ConnectionError{fmt.Sprintf("Wrong 'provider: %s' parameter value. Valid values are one of [%q]", provider.ID, stored.Connector)}
		}
		connection = map[string]any{}
		if err := decodeObject(stored.Parameters, &connection); err != nil {
			return err
		}
	}
	q, err := parseQuery(provider, parameters, lowerKeys(connection))
	if f := (*Failure)(nil); errors.As(err, &f) {
		return &ParameterError{f.Problem}
	}
	if err != nil {
		return err
	}
	r, err := w.openRemote(ctx, q)
	if err == nil {
		r.close()
	}
	return err
}

// StoredParameters are the parameters of a stored connection, keys in lower case.
func StoredParameters(raw json.RawMessage) (map[string]any, error) {
	values := map[string]any{}
	err := decodeObject(raw, &values)
	return lowerKeys(values), err
}
