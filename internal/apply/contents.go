package apply

import (
	"context"
	"fmt"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
)

// lookInto looks at a live dataset as [data.LookAt] does at a file, as far as
// [plan.Judge] asks.
func (j *job) lookInto(ctx context.Context, id, name string) (data.Look, error) {
	details, err := live.Answer(ctx, j.Client, []plan.Question{{ID: id, Name: name}})
	if err != nil {
		return data.Look{}, err
	}
	d := details[id]
	if d.Unknown != "" {
		return data.Look{}, fmt.Errorf("what %q holds could not be read: %s", name, d.Unknown)
	}
	return data.Look{Recognised: true, Layers: 1, Rows: d.Rows, Columns: d.Columns, Geometry: d.Geometry, Extent: d.Extent}, nil
}
