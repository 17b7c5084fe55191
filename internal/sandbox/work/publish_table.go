package work

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A publication makes the tables of one job datasets, one after the other.
type publication struct {
	w *Worker
	t *store.Tx
	a *attempt

	job   store.Job     // as it will be stored when all goes well
	fresh []store.Table // datasets that are new
	late  error         // why the job fails although what it did stays
}

// run publishes the tables that were loaded. The quota counts results, failed ones too, and not growth: an import at the
// limit fails whatever became of its files, and so does an overwrite.
// Source: CartoDB/cartodb: app/connectors/importer.rb (run, register).
func (p *publication) run(ctx context.Context) error {
	results := p.a.results()
	n := len(results)
	if p.a.lost != nil {
		p.job.ErrorCode = firstCode(nil, p.a.lost)
		n++
	}
	if err := p.checkTables(ctx, n); err != nil {
		return err
	}
	if p.a.lost == nil && len(results) > 0 {
		if err := p.a.allFailed(); err != nil && !p.a.forgives(err) {
			return err
		}
	}
	for i, r := range results {
		if r.err != nil {
			p.job.ErrorCode = firstCode(p.job.ErrorCode, r.err)
			continue
		}
		if err := p.t.Try(ctx, func() error { return p.publish(ctx, r, i == 0) }); err != nil {
			return err
		}
		if p.late != nil {
			return p.late
		}
	}
	return p.createMap(ctx)
}

func firstCode(code *int, err error) *int {
	if code != nil {
		return code
	}
	return &failureOf(err).Code
}

func (p *publication) checkTables(ctx context.Context, results int) error {
	_, tables, err := p.t.Usage(ctx, p.w.Owner.ID)
	if quota := p.w.Limits.Tables; err == nil && quota > 0 && tables+results > quota {
		err = fail(codeTables, "the account may have %d datasets", quota)
	}
	return err
}

// publish names one table, puts it in its place and notes it in the job.
func (p *publication) publish(ctx context.Context, r *table, first bool) error {
	query := p.job.DataType == dataTypeQuery
	wanted, taken, err := p.overwritten(ctx, r.base)
	switch {
	case err != nil:
		return err
	case taken && query:
		return p.replaceByQuery(ctx, r, wanted)
	case taken:
		return p.replace(ctx, r, wanted, first)
	case query && p.job.CollisionStrategy == "overwrite":
		return fail(codeQuery, "relation %q does not exist", r.base)
	}
	return p.publishNew(ctx, r)
}

// overwritten is the name of the table that the import replaces, and whether there is one. Only files, URLs and queries
// overwrite; connectors and synchronizations pass over the strategy. A query overwrites what is called exactly so.
// Source: CartoDB/cartodb: app/models/data_import.rb, app/connectors/importer.rb.
func (p *publication) overwritten(ctx context.Context, base string) (wanted string, taken bool, err error) {
	j := &p.job
	if j.CollisionStrategy != "overwrite" || j.SynchronizationID != nil || j.ServiceName != nil && *j.ServiceName == ConnectorService {
		return "", false, nil
	}
	if j.DataType == dataTypeQuery {
		_, err := p.t.TableByName(ctx, p.w.Owner.ID, base)
		if store.IsNotFound(err) {
			return base, false, nil
		}
		return base, err == nil, err
	}
	names, err := p.t.TakenNames(ctx, p.w.Owner.ID)
	wanted = name.Propose(base, nil)
	return wanted, slices.Contains(names, wanted), err
}

// publishNew makes a table a dataset under the next free name.
func (p *publication) publishNew(ctx context.Context, r *table) error {
	taken, err := p.t.TakenNames(ctx, p.w.Owner.ID)
	if err != nil {
		return err
	}
	wanted := name.Propose(r.base, taken)
	if refusal, err := p.unregistrable(ctx); refusal != nil || err != nil {
		p.late = refusal
		if err == nil {
			err = p.t.PublishUnregistered(ctx, r.stage, wanted)
		}
		return err
	}
	if err := p.t.PublishNew(ctx, r.stage, wanted); err != nil {
		return err
	}
	_, registered, err := p.t.Register(ctx, p.w.Owner.ID, wanted, p.privacy())
	if err != nil {
		return err
	}
	registered.ImportID = &p.job.ID
	p.job.TableID, p.job.TableName = &registered.ID, &wanted
	p.fresh = append(p.fresh, registered)
	if err := p.t.Refresh(ctx, r.stage, registered); err != nil {
		return err
	}
	return p.checkStorage(ctx, codeStorage)
}

// unregistrable is why a new table cannot become a dataset, although its rows are there. Such a table stays, and takes its
// name: the next import of the same file gets a number.
// Source: CartoDB/cartodb: app/connectors/importer.rb (register), app/models/carto/visualization.rb (validations).
func (p *publication) unregistrable(ctx context.Context) (refusal, err error) {
	if _, hit := p.w.take(p.a.asked, fault.Unregistered); hit {
		return fail(codeUnknown, "Table invalid: Error linking the table to its owner"), nil
	}
	if p.w.Limits.Public == 0 || p.privacy() == "private" {
		return nil, nil
	}
	public, err := p.t.CountPublic(ctx, p.w.Owner.ID)
	if err == nil && public >= p.w.Limits.Public {
		refusal = fail(codeUnknown, "Validation failed: Privacy quota for public datasets exceeded")
	}
	return refusal, err
}

// checkStorage refuses what makes the account's datasets take more than its quota.
func (p *publication) checkStorage(ctx context.Context, code int) error {
	used, _, err := p.t.Usage(ctx, p.w.Owner.ID)
	if quota := p.w.Limits.Storage; err == nil && quota > 0 && used > quota {
		err = fail(code, "the datasets take %d bytes, the account may have %d", used, quota)
	}
	return err
}

// privacy of a new dataset: the request's, else private where the account may have private tables.
func (p *publication) privacy() string {
	switch {
	case p.job.Privacy != nil:
		return *p.job.Privacy
	case p.w.Limits.PublicOnly:
		return "public"
	}
	return "private"
}

// replace puts an import in the place of a dataset's contents, if its columns allow it. The server always looks at the
// columns of the first result; once that one has got its place, looking at them fails. A table that is no dataset is
// replaced and then found to be none.
func (p *publication) replace(ctx context.Context, r *table, wanted string, first bool) error {
	if !first {
		return fail(codeUnknown, "schema parsing returned no columns, table probably doesn't exist")
	}
	live, err := p.t.Columns(ctx, wanted)
	if err != nil {
		return err
	}
	fresh, err := p.t.StageColumns(ctx, r.stage)
	if err != nil {
		return err
	}
	if problems := incompatible(live, fresh); len(problems) > 0 {
		return fail(codeSchema, "%s", strings.Join(problems, ", "))
	}
	over, err := p.t.TableByName(ctx, p.w.Owner.ID, wanted)
	if store.IsNotFound(err) {
		p.late = fail(codeUnknown, "there is no dataset for the table %s", wanted)
		return p.t.PublishUnregistered(ctx, r.stage, wanted)
	}
	if err != nil {
		return err
	}
	over.ImportID = &p.job.ID
	p.job.TableID, p.job.TableName = &over.ID, &over.Name
	return p.w.publishOver(ctx, p.t, p.a.asked, r.stage, over)
}

// replaceByQuery replaces without looking at columns, and reports little: no table id, no count. That it takes too much
// room is found out when it is done.
// Source: CartoDB/cartodb: app/models/data_import.rb (overwrite_table_from_query).
func (p *publication) replaceByQuery(ctx context.Context, r *table, wanted string) error {
	over, err := p.t.TableByName(ctx, p.w.Owner.ID, wanted)
	if err != nil {
		return err
	}
	over.ImportID = &p.job.ID
	if err := p.w.publishOver(ctx, p.t, p.a.asked, r.stage, over); err != nil {
		return fail(codeQuery, "%v", err)
	}
	p.late = p.checkStorage(ctx, codeQuery)
	return nil
}

// maxLayers is how many layers a map of the account may have.
const maxLayers = 8

// createMap makes the map that create_vis asks for, of the datasets that are new. Those beyond what a map can show are
// left out, and the job says so.
// Source: CartoDB/cartodb: app/models/visualization/derived_creator.rb.
func (p *publication) createMap(ctx context.Context) error {
	if !p.job.CreateMap || len(p.fresh) == 0 {
		return nil
	}
	title, privacy := "Untitled Map", "public"
	if len(p.fresh) > 1 {
		title = beautified(p.fresh[0].Name)
	}
	var rejected []string
	for _, r := range p.fresh[min(maxLayers, len(p.fresh)):] {
		rejected = append(rejected, r.Name)
	}
	shown := p.fresh[:min(maxLayers, len(p.fresh))]
	if slices.ContainsFunc(shown, func(r store.Table) bool { return r.Privacy == "private" }) {
		privacy = "private"
	}
	m := p.t.NewVisualization(store.Map, title, p.w.Owner.ID, privacy)
	if err := p.t.SaveVisualization(ctx, m); err != nil {
		return err
	}
	for _, r := range shown {
		if err := p.t.AddLayer(ctx, m.ID, r.ID); err != nil {
			return err
		}
	}
	if len(rejected) > 0 {
		p.a.warn("rejected_layers", rejected)
		p.a.warn("user_max_layers", maxLayers)
	}
	p.job.VisualizationID = &m.ID
	return nil
}

// beautified makes a title of a name: my_roads becomes My Roads.
func beautified(name string) string {
	words := strings.Fields(strings.ReplaceAll(name, "_", " "))
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:] // names are ASCII
	}
	return strings.Join(words, " ")
}

// incompatible lists what the new columns lack for the dataset to be overwritten: every column of it, of the same
// family of types. New columns may be added.
// Source: CartoDB/cartodb: lib/carto/importer/table_setup.rb, app/connectors/importer.rb.
func incompatible(live, fresh []store.Column) []string {
	types := map[string]string{}
	for _, c := range fresh {
		types[c.Name] = store.CartoType(c.Type)
	}
	var problems []string
	for _, c := range live {
		if c.Name == "cartodb_id" || c.Name == "the_geom_webmercator" {
			continue
		}
		switch got, ok := types[c.Name]; {
		case !ok:
			problems = append(problems, fmt.Sprintf("column %s is missing", c.Name))
		case got != store.CartoType(c.Type):
			problems = append(problems, fmt.Sprintf("column %s is %s, not %s", c.Name, got, store.CartoType(c.Type)))
		}
	}
	slices.Sort(problems)
	return problems
}
