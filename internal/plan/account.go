package plan

import (
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// An Account is what was read of a CARTO account: the caller's own datasets,
// synchronizations and stored connections, and the limits that decide what may
// be asked of it. Values that CARTO fills in by default are normalised, so that
// an untouched account plans to nothing.
type Account struct {
	URL    string    // canonical account URL
	User   string    // the account's user name
	ReadAt time.Time // when reading began; the planner's only clock

	Limits            Limits
	Datasets          []Dataset         // own datasets, by name
	Synchronizations  []Synchronization // all of them, by id
	Connections       []Connection      // stored connections, by name
	StoredConnections bool              // the server knows stored connections at all
}

// Limits are the account's rights and quotas.
type Limits struct {
	ImportSlots      int    // import jobs that may run at once
	ImportFileSize   int64  // bytes of one import; 0 = unknown
	ImportRows       int64  // rows of one import; 0 = unknown
	RemainingBytes   int64  // storage left; negative = unknown
	RemainingTables  *int   // datasets that still fit; nil = no limit
	PrivateDatasets  bool   // datasets may be private
	Synchronizations bool   // synchronizations are enabled
	Connectors       bool   // database connectors are enabled
	Organization     string // id of the organization; "" = none
}

// A Dataset is one live dataset of the account's own.
type Dataset struct {
	ID      string // the id that its maps and URLs hang on
	TableID string // the id that import jobs report
	Name    string
	Privacy string   // public, link, private or password
	Tags    []string // as stored, markers included

	// Metadata; what the server has as null reads "".
	Title, Description, License, Attributions string

	Geometry    string // point, multilinestring, multipolygon, or "" without geometry
	Size        int64  // bytes, an estimate
	RowEstimate int64  // the server's own figure, an estimate; negative = unknown

	PermissionID string
	Shares       []Share
	Maps         []Map // maps that depend on it, as far as the listing names them
	MapCount     int   // how many maps depend on it
	UpdatedAt    time.Time
}

// A Share gives a user, a group or the organization access to a dataset.
type Share struct {
	Kind   string `json:"kind"` // user, group or organization
	Name   string `json:"name,omitempty"`
	ID     string `json:"-"`
	Access string `json:"access"` // r or rw
}

// A Map is a map that depends on a dataset: it breaks when the dataset changes
// its columns, and goes when the dataset goes.
type Map struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"`
}

// A Synchronization is CARTO's own recurring re-import of a dataset.
type Synchronization struct {
	ID        string
	DatasetID string // the dataset it is shown with; "" before its first import succeeded
	Name      string // the dataset that its next run overwrites; "" if none
	State     string // created, queued, syncing, success or failure
	Interval  time.Duration

	URL       secret.Value // what a run downloads; zero for other sources
	Connector *LiveConnector
	Service   string // the datasource's name, "" for a URL

	Checksum     string // carries our marker until the first recurring run
	Retried      int    // failed runs in a row; after 10 CARTO gives up
	ErrorCode    int
	ErrorMessage string

	TypeGuessing, QuotedFieldsGuessing, ContentGuessing bool

	RunAt, RanAt, UpdatedAt time.Time
}

// A LiveConnector is the connector source of a live synchronization.
type LiveConnector struct {
	ConnectionID string            // the stored connection; "" if credentials are embedded or injected
	Provider     string            // "" where a stored connection says it
	Params       map[string]string // lower-case keys: table, sql_query, schema, ...; never a secret
	Foreign      bool              // not ours to understand (Data Observatory, unreadable)
}

// A Connection is a stored database connection.
type Connection struct {
	ID       string
	Name     string
	Provider string
	Params   map[string]string // lower-case keys, secrets left out
}
