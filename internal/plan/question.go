package plan

import "github.com/cartosync/cartosync/internal/data"

// A Question asks for the rows and columns of one live dataset. It costs the
// account two queries, so only datasets whose contents are at stake are asked
// about.
type Question struct {
	ID   string // the dataset's id
	Name string // its name now, for the query
}

// A Detail answers a question: what a live dataset holds.
type Detail struct {
	Rows     int64         `json:"rows"`
	Columns  []data.Column `json:"columns,omitempty"` // name and type, without cartodb_id and the geometry columns
	Geometry string        `json:"geometry,omitempty"`
	Extent   *data.Extent  `json:"extent,omitempty"`  // nil without a geometry
	Unknown  string        `json:"unknown,omitempty"` // why it could not be read; the rest is then zero
}

// Details are the answers, by dataset id.
type Details map[string]Detail
