package plan

import "time"

// A Pending is a request of an interrupted run that creates something and of which
// no end is recorded: the process may have been killed before it was sent, before
// its answer arrived, or while the import job was running.
type Pending struct {
	ID          string      `json:"id"` // the journal's own
	Project     string      `json:"-"`  // whose journal it is in
	Kind        PendingKind `json:"kind,omitempty"`
	Dataset     string      `json:"dataset,omitempty"`
	Connection  string      `json:"connection,omitempty"`
	DatasetID   string      `json:"dataset_id,omitempty"` // that an overwrite replaces the rows of
	ImportID    string      `json:"import,omitempty"`     // "" if the answer never arrived
	SyncID      string      `json:"synchronization,omitempty"`
	Staging     string      `json:"staging,omitempty"`     // the name that was asked for, "" where none can be
	Fingerprint string      `json:"fingerprint,omitempty"` // of what was sent; "" if that is not what was planned
	Since       time.Time   `json:"since,omitzero"`
	Expect      *Expected   `json:"expect,omitempty"`

	// What the account says of the job now.
	State   JobState `json:"-"`
	TableID string   `json:"-"` // of what it made
}

// A PendingKind says what a request asked for.
type PendingKind string

// The kinds of requests that create something.
const (
	PendingUpload     PendingKind = "upload"
	PendingOverwrite  PendingKind = "overwrite"
	PendingURL        PendingKind = "url" // fetched by CARTO
	PendingConnector  PendingKind = "connector"
	PendingSync       PendingKind = "synchronization"
	PendingConnection PendingKind = "connection"
)

// Expected is what was looked into before it was sent.
type Expected struct {
	Rows     int64    `json:"rows"`
	Geometry string   `json:"geometry,omitempty"` // "" if no row has one
	Columns  []string `json:"columns,omitempty"`  // names
}

// A JobState is how far an import job is.
type JobState string

// The states of a job.
const (
	JobUnknown  JobState = "" // nobody asked, or the server did not say
	JobRunning  JobState = "running"
	JobComplete JobState = "complete"
	JobFailed   JobState = "failed"
)

// pendingFor is how long a request that was not answered, or a job that nobody
// knows of, may still have an effect. CARTO itself forgets unfinished imports
// after a day.
// Source: CartoDB/cartodb, app/services/carto/data_imports_service.rb.
const pendingFor = 24 * time.Hour

// fits reports whether the request asked for what is declared now.
func (p Pending) fits(w *wanted) bool {
	return p.Fingerprint != "" && p.Fingerprint == w.fingerprint && p.Kind == importKind(w)
}

// Over reports whether the request can have no effect any more, whoever sent it and
// whether or not that run goes on: its job has ended, or CARTO has forgotten it.
func (p Pending) Over(now time.Time) bool { return !p.open() || now.Sub(p.Since) > pendingFor }

// open reports whether the job may still change something.
func (p Pending) open() bool {
	return p.State == JobRunning || p.State == JobUnknown
}
