package plan

import (
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// A Verb says what an action does.
type Verb string

// The verbs, in the words of the documentation.
const (
	None     Verb = "none"     // nothing to do
	Create   Verb = "create"   // declared, not there
	Update   Verb = "update"   // metadata, privacy, sharing, synchronization: in place
	Reimport Verb = "reimport" // same dataset, same maps, new rows
	Rename   Verb = "rename"   // the dataset and its synchronization get another name
	Adopt    Verb = "adopt"    // an existing dataset comes under management
	Resume   Verb = "resume"   // a staged import of ours is finished
	Heal     Verb = "heal"     // a synchronization that does not work is put right
	Forget   Verb = "forget"   // the markers go, the dataset stays
	Delete   Verb = "delete"   // ours, no longer declared, and pruning was asked for
	Force    Verb = "force"    // a synchronization runs now; see [ForceRuns]
	Blocked  Verb = "blocked"  // not done, with instructions
)

// A Kind says what an action acts on.
type Kind string

// The two kinds of object that a manifest declares, and what an interrupted run
// may have left besides.
const (
	KindDataset         Kind = "dataset"
	KindConnection      Kind = "connection"
	KindSynchronization Kind = "synchronization" // one that made no dataset; known by its id
	KindStaging         Kind = "staging"         // a dataset that was imported and not published; known by its staging name
)

// An Action is what one declared (or no longer declared) object needs, and why.
type Action struct {
	Verb     Verb   `json:"verb"`
	Also     []Verb `json:"also,omitempty"`     // what the same action does besides
	Intended Verb   `json:"intended,omitempty"` // of a blocked action: what it would do
	Kind     Kind   `json:"kind"`
	Project  string `json:"project"`

	Dataset    string `json:"dataset,omitempty"`    // its name in the manifest
	Connection string `json:"connection,omitempty"` // its key in the manifest
	LiveName   string `json:"live_name,omitempty"`  // its name in the account now, where that differs
	ID         string `json:"id,omitempty"`         // its id in the account

	Reason string `json:"reason,omitempty"`      // in words
	Code   Reason `json:"reason_code,omitempty"` // stable, for scripts
	Hint   string `json:"hint,omitempty"`        // of a blocked action: what to do next

	Changes []Change      `json:"changes,omitempty"` // sorted by field
	Steps   []Step        `json:"steps,omitempty"`   // what apply does, in order
	Pos     spec.Position `json:"position"`          // where the manifest asks for it

	Before *Contents `json:"contents_before,omitempty"` // what the live dataset holds
	After  *Contents `json:"contents_after,omitempty"`  // what the source holds

	Publishes bool     `json:"publishes,omitempty"` // a step towards more public
	Destroys  bool     `json:"destroys,omitempty"`  // something is lost for good
	Shrinks   bool     `json:"shrinks,omitempty"`   // fewer rows than before
	Drops     []string `json:"drops,omitempty"`     // columns that go for good, with what they hold
	Maps      []Map    `json:"maps,omitempty"`      // maps that depend on the dataset
	MapCount  int      `json:"map_count,omitempty"`
	Shares    []Share  `json:"shares,omitempty"` // of a dataset that is deleted: who loses it

	Fingerprint string    `json:"fingerprint,omitempty"` // of the source, as the marker carries it
	Staging     string    `json:"staging,omitempty"`     // the staging dataset's name
	Resumes     string    `json:"-"`                     // which of Interrupted it goes on with, by its id
	Interrupted []Pending `json:"-"`                     // what interrupted runs began for it
	Parking     string    `json:"-"`                     // where the dataset waits for its name, if it has to
	Surplus     []string  `json:"-"`                     // ids of synchronizations that are too many
	Tags        []string  `json:"-"`                     // markers to leave on the dataset
	NameTags    []string  `json:"-"`                     // markers that come with its name, before its contents are touched
	DoubtTags   []string  `json:"-"`                     // markers while its contents are replaced; none where that matters to nobody
	Seen        Seen      `json:"-"`                     // the live objects that the plan was made for
}

// Seen is what the planner saw of the objects that an action touches; apply
// compares before it acts.
type Seen struct {
	Dataset         *Dataset
	Synchronization *Synchronization
	Connection      *Connection
}

// A Change is one field that differs.
type Change struct {
	Field     string `json:"field"`
	Before    any    `json:"before"` // nil: not set, or not there
	After     any    `json:"after"`
	Sensitive bool   `json:"sensitive,omitempty"` // values are not shown
}

// Redacted is the change without a sensitive value, whatever the planner put there.
func (c Change) Redacted() Change {
	if !c.Sensitive {
		return c
	}
	for _, side := range []*any{&c.Before, &c.After} {
		if *side != nil {
			*side = secret.Placeholder
		}
	}
	return c
}

// Contents is what a file or a live dataset holds.
type Contents struct {
	Rows     int64         `json:"rows"`
	Size     int64         `json:"size,omitempty"` // bytes
	Format   string        `json:"format,omitempty"`
	Columns  []data.Column `json:"columns,omitempty"`
	Geometry string        `json:"geometry,omitempty"`
	Extent   *Extent       `json:"extent,omitempty"`
	Unknown  string        `json:"unknown,omitempty"` // why the rest is not known
}

// An Extent is a bounding box in degrees.
type Extent = data.Extent

// A Step is one idempotent part of an action, by name. Apply looks whether it
// is done, does it, and verifies.
type Step string

// The steps, in the order in which an action that has them takes them.
const (
	StepCreateConnection Step = "create_connection"
	StepUpdateConnection Step = "update_connection"
	StepDeleteConnection Step = "delete_connection"

	StepAwait     Step = "await_imports" // those that an interrupted run began
	StepPark      Step = "park"          // a passing name, before any dataset gets its own
	StepRename    Step = "rename"        // the dataset's name, and the marker that goes with it
	StepRestrict  Step = "restrict"      // privacy, towards less public
	StepDetach    Step = "detach_synchronization"
	StepTry       Step = "try"                     // import as a test, under the staging name
	StepAlter     Step = "alter"                   // drop the columns that would stand in the way
	StepStage     Step = "stage"                   // import under the staging name
	StepOverwrite Step = "overwrite"               // import over the live dataset
	StepPublish   Step = "publish"                 // name, markers and metadata of a staged dataset
	StepRelease   Step = "release_synchronization" // delete the one that only brought the contents
	StepAttach    Step = "attach_synchronization"
	StepRefresh   Step = "refresh_by_synchronization" // one run of a passing synchronization
	StepClear     Step = "clear_synchronizations"     // those that are too many
	StepSyncName  Step = "synchronization_name"
	StepSync      Step = "update_synchronization"
	StepRevive    Step = "revive_synchronization"
	StepMetadata  Step = "metadata" // title, description, tags, markers, ...
	StepPrivacy   Step = "privacy"  // privacy, towards more public
	StepShare     Step = "share"
	StepDelete    Step = "delete"

	StepForce      Step = "force_synchronization"  // one run, now
	StepDeleteSync Step = "delete_synchronization" // one that made no dataset

	StepDeleteStaging Step = "delete_staging" // one that nothing needs
)
