package plan

import (
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// An Input is everything that decides a plan.
type Input struct {
	Desired []spec.Manifest      // one per project
	Account Account              // what is there
	Looks   map[string]data.Look // what the file sources hold, by dataset name
	Secrets Secrets              // what could be resolved of references
	Details Details              // the answers to Ask
	Pending []Pending            // what interrupted runs began
	Options Options
}

// Secrets are resolved texts by their form in the manifest ([secret.Text.String]).
// A text that is missing could not be resolved and is not compared.
type Secrets map[string]secret.Value

// Options are the wishes given on the command line.
type Options struct {
	Prune      bool        `json:"prune,omitempty"`       // delete what is ours and no longer declared
	PruneFirst bool        `json:"prune_first,omitempty"` // deletions run before everything else
	Adopt      bool        `json:"adopt,omitempty"`       // every declared dataset may adopt
	Targets    []string    `json:"targets,omitempty"`     // only these datasets; empty = all
	Excludes   []string    `json:"excludes,omitempty"`    // not these
	Reimport   []string    `json:"reimport,omitempty"`    // reimport these although nothing changed
	Allow      []Allowance `json:"allow,omitempty"`       // guards lifted by name
}

// An Allowance lifts one guard for one dataset: shrink:parcels.
type Allowance struct {
	Guard   Guard  `json:"guard"`
	Dataset string `json:"dataset"`
}
