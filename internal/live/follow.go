package live

import (
	"context"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// followFor is how long a plan waits for word of one import job. An id that the
// server does not know makes it answer 500, which is worth no patience here.
const followFor = 3 * time.Second

// Follow asks how the import jobs are that interrupted runs began, and returns them
// with the answers. It waits for none. Of what cannot be read the state stays
// unknown: the job is asked about again when the plan is carried out.
func Follow(ctx context.Context, c *carto.Client, pending []plan.Pending) ([]plan.Pending, error) {
	pending = slices.Clone(pending)
	var tasks []task
	for i := range pending {
		p := &pending[i]
		if p.ImportID == "" || p.Kind == plan.PendingConnection {
			continue
		}
		tasks = append(tasks, task{"read import job " + p.ImportID, func(ctx context.Context) error {
			brief, cancel := context.WithTimeout(ctx, followFor)
			defer cancel()
			if job, err := c.Import(brief, p.ImportID); err == nil {
				p.State, p.TableID = jobState(job), job.TableID
			}
			return context.Cause(ctx)
		}})
	}
	return pending, together(ctx, answersAtOnce, tasks)
}

func jobState(job carto.Import) plan.JobState {
	switch {
	case !job.State.Final():
		return plan.JobRunning
	case job.Err() != nil:
		return plan.JobFailed
	}
	return plan.JobComplete
}
