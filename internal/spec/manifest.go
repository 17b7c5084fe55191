package spec

import (
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// A Manifest is what one project wants its account to be.
type Manifest struct {
	Path        string // of the root manifest, as typed
	Dir         string // the directory that holds it; sources are named from there
	Project     string // the owner of the datasets
	ProjectPos  Position
	AccountPos  Position
	Account     string       // the account's URL without a trailing slash, or "" where the manifest names none
	Connections []Connection // by key, those of inline connectors included
	Datasets    []Dataset    // as declared: the root manifest first, then included files by name
	Forget      []Forget
	SHA256      string // 64 hex digits over the bytes of the root manifest and the included files
}

// A Connection is a stored database connection. It is called
// <project>-<key>-v<secret_version> in the account.
type Connection struct {
	Key           string
	Pos           Position
	Provider      string
	Params        []Param // by key; without provider and secret_version
	SecretVersion int     // 1 unless the manifest says otherwise
	Inline        bool    // written inside a dataset's source; the key is inline_<dataset>
}

// A Param is one parameter of a connection or connector, its key in lower case.
type Param struct {
	Key    string
	Value  secret.Text
	Number bool // written as a number, so that it is sent as one
	Secret bool // holds a secret, so that it is never shown or compared
	Pos    Position
}

// A Dataset is one entry of a manifest, defaults applied. Of the metadata, nil means
// not managed: what is live stays as it is.
type Dataset struct {
	Name         string
	Pos          Position
	Source       Source
	Sync         *Sync   // nil: no synchronization
	Title        *string // "" means none, as for the following
	Description  *string
	License      *string
	Attributions *string
	Tags         *[]string
	Privacy      *Privacy
	Share        *[]Share
	RenamedFrom  string // the name that the dataset bore, "" if it always bore its own
	Adopt        Adopt
	Import       Import
	Lifecycle    Lifecycle
	Guards       Guards
	Expect       *Expect

	written  *tree // where the entry stands
	defaults *tree // where the defaults stand that it takes values from
}

// A SourceKind says where a dataset's contents come from.
type SourceKind string

// The kinds of sources.
const (
	SourceNone      SourceKind = "" // the contents belong to somebody else
	SourceFile      SourceKind = "file"
	SourceURL       SourceKind = "url"
	SourceConnector SourceKind = "connector"
)

// A Source is where a dataset's contents come from.
type Source struct {
	Kind      SourceKind
	File      string      // slash-separated, relative to Manifest.Dir
	URL       secret.Text // http or https
	Fetch     Fetch       // who fetches a URL that is imported once
	Connector *Connector  // for SourceConnector
}

// Fetch says who fetches a URL that is imported once.
type Fetch string

// The ways of fetching.
const (
	FetchClient Fetch = "client" // cartosync does, and uploads; the default
	FetchServer Fetch = "server" // CARTO does
)

// A Connector is an import from a database.
type Connector struct {
	Connection string // key into Manifest.Connections; "" for a BigQuery account linked in CARTO's dashboard
	Provider   string
	Params     []Param // table or sql_query, schema, encoding, ...; by key
}

// A Sync is a synchronization: CARTO's own recurring import.
type Sync struct {
	Interval time.Duration // whole seconds, MinInterval at least
	Pos      Position      // of the interval
}

// MinInterval is the shortest synchronization interval that CARTO accepts: 900 seconds.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
const MinInterval = 15 * time.Minute

// Privacy says who may see a dataset.
type Privacy string

// The degrees of privacy of a dataset.
const (
	Public  Privacy = "public"
	Link    Privacy = "link"
	Private Privacy = "private"
)

// A Share lets others in the organization use a dataset.
type Share struct {
	Kind   string // "user", "group" or "organization"
	Name   string // of the user or group; "" for the organization
	Access string // "r" or "rw"
}

// Adopt says which existing dataset may be taken under management.
type Adopt struct {
	Any  bool   // one that nobody manages
	From string // one of this project
}

// Import are the options of an import from a file or URL.
type Import struct {
	TypeGuessing         bool
	QuotedFieldsGuessing bool
	ContentGuessing      bool
}

// Lifecycle says what may happen to a dataset.
type Lifecycle struct {
	PreventDestroy *bool    // nil: as the dataset's marker has it
	IgnoreChanges  []string // fields that are never compared, such as title or sync.interval
	OnSchemaChange string   // "fail" or "alter"
	OnDrift        string   // "warn" or "reimport"; "": rows are not compared
}

// Guards are the limits that block a change that looks like an accident.
type Guards struct {
	Shrink *float64 // the share of rows, 0 to 1, that may go in one reimport; nil: the default
	Empty  *bool    // false: a reimport may leave no row; nil: the default
	Extent *bool    // false: the extent may move away; nil: the default
	Maps   *bool    // false: maps that depend on the dataset hold nothing back; nil: the default
	Allow  []string // guards lifted for one source: guard@fingerprint
}

// Expect is what must hold for a dataset's contents.
type Expect struct {
	Geometry string // "none", "point", "multilinestring", "multipolygon" or "geometry"; "": any
	MinRows  *int64
	MaxRows  *int64
	Columns  []ExpectedColumn // by name
	MaxAge   time.Duration    // since the last import; 0: any
}

// An ExpectedColumn is a column that must be there.
type ExpectedColumn struct {
	Name string
	Type string // "number", "string", "boolean", "date", "geometry" or "any"
}

// A Forget names a dataset to let go of: its markers are removed, the dataset is kept.
type Forget struct {
	Name string
	Pos  Position
}
