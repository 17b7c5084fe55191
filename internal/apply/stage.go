package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// stagedBefore finds what an earlier run imported. The plan saw it, and
// [job.unmoved] has read it again. What is not known to be whole is deleted, to
// be imported anew.
func (j *job) stagedBefore(ctx context.Context) (bool, error) {
	j.remembered()
	if done, err := j.resumed(ctx); err != nil || done {
		return done, err
	}
	if done, err := j.arrived(ctx); err != nil || done {
		return done, err
	}
	if j.live.ID != "" {
		whole, err := j.whole(ctx)
		if err != nil || whole {
			return whole, err
		}
		if err := j.abandoned(ctx, j.live); err != nil {
			return false, err
		}
		name := j.live.Name
		j.a.ID = "" // the dataset will be another
		if err := j.discard(ctx); err != nil {
			return false, err
		}
		j.cleared("what an earlier run imported as %q, since nobody can tell whether it is complete", name)
	}
	if done, err := j.earlierSync(ctx); err != nil || done {
		return done, err
	}
	return false, j.clearSync(ctx)
}

// whole reports whether a staged dataset holds what its source holds. A
// synchronization shows a dataset only once its first import has succeeded;
// what else nobody could look into before may lack anything.
func (j *job) whole(ctx context.Context) (bool, error) {
	if j.dataset.Sync != nil || j.sync != nil {
		return j.sync != nil, j.countRows(ctx)
	}
	look, ok := j.look()
	if !ok {
		return false, nil
	}
	made, err := j.lookInto(ctx, j.live.ID, j.live.Name)
	j.result.Rows = made.Rows
	return err == nil && differs(j.live.Name, made, look) == nil, err
}

// stage brings the contents into the account under a name that nobody uses,
// private where the account allows it, and checks them.
func (j *job) stage(ctx context.Context) error {
	if err := j.bring(ctx); err != nil {
		return err
	}
	return j.checkStaged(ctx)
}

func (j *job) bring(ctx context.Context) error {
	if j.dataset.Sync != nil || slices.Contains(j.a.Steps, plan.StepRelease) {
		return j.stageSync(ctx)
	}
	switch j.dataset.Source.Kind {
	case spec.SourceFile:
		return j.stageFile(ctx)
	case spec.SourceURL:
		if j.dataset.Source.Fetch == spec.FetchServer {
			return j.stageByServer(ctx)
		}
		return j.stageFetched(ctx)
	case spec.SourceConnector:
		return j.stageConnector(ctx)
	}
	return errors.New("the dataset has no source to import")
}

func (j *job) stageFile(ctx context.Context) error {
	f, err := j.openFile()
	if err != nil {
		return err
	}
	defer f.Close()
	return j.stageUpload(ctx, f)
}

func (j *job) stageFetched(ctx context.Context) error {
	f, err := j.fetch(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	return j.stageUpload(ctx, f)
}

func (j *job) stageUpload(ctx context.Context, f *upload) error {
	imp, err := j.importing(ctx, j.asks(plan.PendingUpload, j.a.Staging), func(ctx context.Context) (string, error) {
		return j.send(ctx, f, j.a.Staging, carto.CollisionRename)
	})
	if err != nil {
		return j.afterFailedImport(ctx, err)
	}
	if err := j.take(ctx, imp, j.a.Staging); err != nil {
		return err
	}
	if err := f.check("it is not published"); err != nil {
		return also(err, j.discard(ctx))
	}
	return nil
}

func (j *job) stageByServer(ctx context.Context) error {
	url, err := j.secret(j.dataset.Source.URL)
	if err != nil {
		return err
	}
	defer j.unnamed.begin()()
	imp, err := j.importing(ctx, j.asks(plan.PendingURL, ""), func(ctx context.Context) (string, error) {
		return j.Client.ImportURL(ctx, carto.URLImport{URL: url, Privacy: j.stagingPrivacy(), Guessing: j.guessing()})
	})
	if err != nil {
		return err
	}
	if err := j.take(ctx, imp, ""); err != nil {
		return err
	}
	return j.hide(ctx)
}

// hide gives a dataset that CARTO named the staging name: the one it has may be
// meant for another, and after a crash nobody would know what it is.
func (j *job) hide(ctx context.Context) error {
	staging := j.stagingName()
	if j.live.Name == staging {
		return nil
	}
	taken, err := j.bearStaging(ctx, func() (string, error) {
		return j.writeOnce(ctx, carto.DatasetUpdate{Name: &staging})
	})
	if err == nil && taken != "" {
		err = fmt.Errorf("the name %q, under which it is to be checked, is taken; delete what has it, and apply again", staging)
		return also(err, j.discard(ctx))
	}
	return err
}

func (j *job) stageConnector(ctx context.Context) error {
	c, err := j.connector(j.a.Staging)
	if err != nil {
		return err
	}
	imp, err := j.importing(ctx, j.asks(plan.PendingConnector, j.a.Staging), func(ctx context.Context) (string, error) {
		return j.Client.ImportConnector(ctx, carto.ConnectorImport{Connector: c, Privacy: j.stagingPrivacy()})
	})
	if err != nil {
		return j.afterFailedImport(ctx, err)
	}
	return j.take(ctx, imp, j.a.Staging)
}

// importing starts an import job while it holds an import slot, and waits for
// its end. The slot is passed on as soon as the end is seen.
func (j *job) importing(ctx context.Context, asked plan.Pending, start func(context.Context) (string, error)) (carto.Import, error) {
	waiting, over := patience(ctx)
	defer over()
	defer func() { j.slot = false }()
	queued := time.Now()
	j.event("", "queued", "")
	refusal := ""
	id, end, err := j.slots.begin(waiting, func(context.Context) (id string, err error) {
		j.slot, j.result.Waited = true, time.Since(queued)
		if over := j.over(); over != nil {
			return "", over
		}
		id, asked, err = j.journaled(ctx, asked, start)
		refusal = busyCause(err)
		return id, err
	}, func() {
		j.slot = false
		j.event("", "waiting", refusal)
	})
	if err != nil {
		if posted(err) && carto.MaybeApplied(err) {
			err = again(fmt.Errorf("%w (the import may have started all the same)", err), "to find and finish it")
		}
		return carto.Import{}, err
	}
	defer end()
	j.event("", "pending", "import job "+id)
	imp, err := j.watch(waiting, asked, carto.Poll{})
	if failedImport(err) {
		err = fmt.Errorf("CARTO's import failed with error %w", err)
	} else if interruption(waiting, err) {
		err = fmt.Errorf("%w while CARTO runs import job %s", errStopped, id)
	}
	return imp, err
}

// take makes the imported dataset the one that the job is about, and refuses
// what is not what was asked for: a name other than the expected one means that
// the name was taken meanwhile. What is refused is deleted, by its own id.
func (j *job) take(ctx context.Context, imp carto.Import, expected string) error {
	live, err := j.imported(ctx, imp)
	if err != nil {
		return err
	}
	j.live = live
	if expected != "" && live.Name != expected {
		err = j.displace(ctx, expected)
	}
	switch {
	case err != nil:
	case imp.Code != 0:
		err = fmt.Errorf("CARTO imported it and reported error %d %s; it is not published", imp.Code, carto.Explain(imp.Code).Meaning)
	case len(imp.Warnings) > 0:
		err = fmt.Errorf("CARTO imported it with a warning (%s); it is not published", warnings(imp.Warnings))
	}
	if err != nil {
		return also(err, j.discard(ctx))
	}
	return nil
}

// displace gives what was just imported the staging name that it was meant to
// have. An import that an interrupted run began, and that ended since the plan
// was made, has it: that one nobody has checked, so it goes.
func (j *job) displace(ctx context.Context, staging string) error {
	holder, err := j.Client.Dataset(ctx, staging)
	switch {
	case errors.Is(err, carto.ErrNotFound):
	case err != nil:
		return err
	default:
		if err := j.abandoned(ctx, holder); err != nil {
			return err
		}
		if err := j.remove(ctx, holder, nil); err != nil {
			return err
		}
		j.cleared("dataset %q, which an interrupted run imported and nobody checked", holder.Name)
	}
	taken, err := j.bearStaging(ctx, func() (string, error) {
		return j.writeOnce(ctx, carto.DatasetUpdate{Name: &staging})
	})
	if taken != "" {
		return fmt.Errorf("CARTO imported it as %q, and the staging name %q is taken by something that is no dataset; remove that table, and apply again",
			j.live.Name, staging)
	}
	return err
}

// imported finds the dataset that an import job made. That of an interrupted run may
// have another name by now.
func (j *job) imported(ctx context.Context, imp carto.Import) (carto.Dataset, error) {
	for _, d := range j.Account.Datasets {
		if imp.TableID != "" && d.TableID == imp.TableID {
			return j.Client.Dataset(ctx, d.ID)
		}
	}
	if imp.TableName == "" {
		return carto.Dataset{}, fmt.Errorf("import job %s is complete and names no dataset; look for it in CARTO's dashboard", imp.ID)
	}
	live, err := j.Client.Dataset(ctx, imp.TableName)
	if err != nil {
		return carto.Dataset{}, fmt.Errorf("the imported dataset %q: %w", imp.TableName, err)
	}
	if imp.TableID != "" && live.TableID != imp.TableID {
		return carto.Dataset{}, again(fmt.Errorf("dataset %q %w that import job %s made", live.Name, errOtherDataset, imp.ID), "")
	}
	return live, nil
}

var errOtherDataset = errors.New("is not the one")

// checkStaged holds what was staged against what its source holds.
func (j *job) checkStaged(ctx context.Context) error {
	err := j.checkContents(ctx)
	if err != nil && ctx.Err() == nil {
		return also(err, j.discard(ctx))
	}
	return err
}

// countRows counts the rows of the live dataset. The server's own figure is an
// estimate and proves nothing.
func (j *job) countRows(ctx context.Context) error {
	rows, err := j.count(ctx, j.live.Name)
	if err != nil {
		return fmt.Errorf("counting the rows of %q: %w", j.live.Name, err)
	}
	j.result.Rows = rows
	return nil
}

func (j *job) count(ctx context.Context, table string) (int64, error) {
	answer, err := j.Client.Query(ctx, "SELECT count(*) AS n FROM "+carto.QuoteIdentifier(table))
	if err != nil {
		return 0, err
	}
	return answer.Int(0, "n")
}

func (j *job) stagingPrivacy() carto.Privacy {
	if j.Account.Limits.PrivateDatasets {
		return carto.PrivacyPrivate
	}
	return "" // all that the account can have is public
}

func (j *job) guessing() carto.Guessing {
	i := j.dataset.Import
	return carto.Guessing{Types: &i.TypeGuessing, QuotedFields: &i.QuotedFieldsGuessing, Content: &i.ContentGuessing}
}

func (j *job) importOptions() data.Options {
	i := j.dataset.Import
	return data.Options{
		TypeGuessing: i.TypeGuessing, QuotedFieldsGuessing: i.QuotedFieldsGuessing, ContentGuessing: i.ContentGuessing,
	}
}

func warnings(all []carto.Warning) string {
	var words []string
	for _, w := range all {
		words = append(words, strings.TrimSpace(w.Key+" "+w.Value))
	}
	return strings.Join(words, ", ")
}
