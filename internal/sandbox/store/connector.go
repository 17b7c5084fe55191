package store

import (
	"context"
	"database/sql/driver"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// connector opens connections that know the SQL functions of the sandbox. They are registered on a driver of its own,
// because now() belongs to one account's clock.
type connector struct {
	driver *sqlite.Driver
	dsn    string
}

func newConnector(path, options string, now func() time.Time) connector {
	d := &sqlite.Driver{}
	registerFunctions(d, now, path)
	// A file: URI, so that SQLite honours mode=ro; quoted names never fall back to strings.
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	return connector{driver: d, dsn: u.String() + "?_dqs=0&_defensive=1&_busy_timeout=10000" + options}
}

// trusted is the same for connections that run no statement of a client and may rewrite a definition.
func (c connector) trusted() connector {
	c.dsn = strings.Replace(c.dsn, "_defensive=1", "_defensive=0", 1)
	return c
}

// withCatalog is the same with PostgreSQL's catalogues, for connections that run what clients send. Making them takes longer
// than opening a connection.
func (c connector) withCatalog() connector {
	c.driver.RegisterConnectionHook(createCatalogViews)
	return c
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.dsn)
}

func (c connector) Driver() driver.Driver { return c.driver }
