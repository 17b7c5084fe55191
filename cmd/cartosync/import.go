package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// importCmd holds what can be asked about import jobs by hand.
type importCmd struct {
	List importListCmd `cmd:"" help:"List the import jobs that have not ended."`
	Show importShowCmd `cmd:"" help:"Show one import job, or wait for its end."`
}

func importTable() render.Table {
	return render.Table{Kind: "import", Columns: []render.Column{
		{Key: "state"}, {Key: "dataset"}, {Key: "source"}, {Key: "type"}, {Key: "tables", Right: true, Detail: true},
		{Key: "error_code"}, {Key: "error", Detail: true}, {Key: "remedy", Detail: true}, {Key: "warnings", Detail: true},
		{Key: "table_id", Detail: true}, {Key: "synchronization_id", Detail: true}, {Key: "id"},
	}}
}

func addImport(t *render.Table, job carto.Import) {
	var code, meaning, remedy, tables any
	if job.Code != 0 || job.Err() != nil {
		x := (&carto.ImportError{Import: job}).Explanation()
		code, meaning, remedy = render.Code(job.Code), explained(x, cmp.Or(job.ErrorText, job.ErrorTitle)), x.Remedy
	}
	if job.Tables != nil {
		tables = *job.Tables
	}
	warnings := []string{}
	for _, w := range job.Warnings {
		warnings = append(warnings, strings.TrimSpace(w.Key+" "+w.Value))
	}
	t.Add(string(job.State), job.TableName, job.DisplayName, job.DataType, tables, code, meaning, remedy, warnings,
		job.TableID, job.SynchronizationID, job.ID)
}

// importListCmd lists unfinished import jobs.
type importListCmd struct{ handFlags }

// Help is the rest of the help page.
func (importListCmd) Help() string {
	return `CARTO lists the jobs of the last 24 hours that have not ended, so this is no history. And it is not harmless: CARTO marks jobs as failed (error 6671) that have waited for more than an hour, those of other programs too, by listing them.

Examples:

    cartosync import list
    cartosync import list --quiet
`
}

// Run lists the jobs. The client must be one that writes, since the call does.
func (c *importListCmd) Run(ctx context.Context, a *app) error {
	return a.byHand(ctx, c.handFlags, writes, importTable(), func(ctx context.Context, h *hand) error {
		h.warn(render.Notice{Code: "fails_waiting_jobs",
			Problem: "by listing import jobs CARTO marks those as failed that have waited for more than an hour; jobs that have ended are not listed"})
		h.none = "unfinished import jobs"
		ids, err := h.client.Imports(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			job := carto.Import{ID: id}
			if !c.Quiet {
				if job, err = h.client.Import(ctx, id); err != nil {
					return err
				}
			}
			addImport(h.Table, job)
		}
		return nil
	})
}

// importShowCmd shows an import job; it never writes to the account.
type importShowCmd struct {
	ID   string `arg:"" name:"id" help:"Id of the import job."`
	Wait bool   `help:"Wait until it has ended, and fail if it failed."`
	handFlags
}

// Help is the rest of the help page.
func (importShowCmd) Help() string {
	return `Shows the state, the dataset that it became, and of a failure its code, what that means and what to do. Jobs have no names, but ids alone.

Examples:

    cartosync import show 5d5a1b1e-9ae1-4d7f-a4f6-cd52ad76c4b4
    cartosync import show --wait "$(cartosync dataset import --no-wait --quiet roads.csv)"
`
}

// Run shows the job.
func (c *importShowCmd) Run(ctx context.Context, a *app) error {
	a.listing.Table = single(importTable())
	if !isID(c.ID) {
		return usage("cartosync dataset import --no-wait prints one", "%q is not the id of an import job", c.ID)
	}
	return a.byHand(ctx, c.handFlags, reads, single(importTable()), func(ctx context.Context, h *hand) error {
		job, err := h.client.Import(ctx, c.ID)
		if err != nil {
			return unknownImport(c.ID, err)
		}
		if job.UserID != "" && h.me.ID != "" && job.UserID != h.me.ID {
			return fmt.Errorf("import job %s belongs to another user; only the account's own are shown here", c.ID)
		}
		if c.Wait && !job.State.Final() {
			job, err = h.client.WaitImport(ctx, c.ID, carto.Poll{Observe: func(job carto.Import) {
				h.say("import job "+c.ID, string(job.State), "")
			}})
			if failed := (*carto.ImportError)(nil); err != nil && !errors.As(err, &failed) {
				return err
			}
		}
		addImport(h.Table, job)
		if err := job.Err(); c.Wait && err != nil {
			return fmt.Errorf("import job %s failed with error %w", c.ID, err)
		}
		return nil
	})
}

// unknownImport puts in words that CARTO fails with 500 over an id that it does not know.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
func unknownImport(id string, err error) error {
	api := (*carto.APIError)(nil)
	if errors.As(err, &api) && (api.Status == http.StatusInternalServerError || api.Status == http.StatusNotFound) {
		return fmt.Errorf("there is no import job %s; CARTO answers %d to ids that it does not know, so check the id, and try again if it is right", id, api.Status)
	}
	return err
}
