package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/secret"
)

// An importing is an import by hand: of a file, a URL or a database, once or at an
// interval.
type importing struct {
	*hand
	sourceFlags
	interval  time.Duration // 0: once
	collision carto.Collision
	guess     carto.Guessing
	detached  bool // the end is not waited for

	// The source: one of these.
	file     *localFile
	url      secret.Value
	database *connectorSource

	params, credentials []carto.Param

	before   *carto.Dataset  // what is overwritten
	kept     []carto.Dataset // what --skip leaves alone
	jobID    string
	job      carto.Import
	sync     *carto.Synchronization
	datasets []carto.Dataset // what it became
	rows     int64
	outcome  string // created, overwritten, skipped, accepted or failed
}

// open reads what is on this machine, before anything is asked of an account.
func (i *importing) open(a *app, source string) (err error) {
	i.rows = -1
	switch {
	case i.Connector != "":
		if i.credentials, err = a.params("connection", i.Connection); err != nil {
			return err
		}
		i.params, err = a.params("param", i.Param)
	case isURL(source):
		i.url, err = a.resolved("the URL", source)
	default:
		i.file, err = openFile(source, i.Name)
	}
	return err
}

func (i *importing) close() error {
	if i.file != nil {
		return i.file.Close()
	}
	return nil
}

// run imports, and makes of the result what was asked for.
func (i *importing) run(ctx context.Context) error {
	i.outcome = "failed"
	if err := i.permitted(); err != nil {
		return err
	}
	skipped, err := i.prepare(ctx)
	if err != nil {
		return err
	}
	if skipped {
		i.outcome = "skipped"
		return nil
	}
	if err := i.start(ctx); err != nil {
		return err
	}
	if i.detached {
		i.outcome, i.IDKey = "accepted", "import_id"
		return nil
	}
	if err := i.wait(ctx); err != nil {
		return err
	}
	return i.settle(ctx)
}

// permitted refuses what the account says beforehand that it will refuse.
func (i *importing) permitted() error {
	switch {
	case i.me.Viewer:
		return fmt.Errorf("user %q is a viewer, which may read only; ask for a builder seat", i.me.Username)
	case i.interval != 0 && !i.me.SyncTables:
		return errors.New("synchronizations are not enabled for this account; import it once, or ask CARTO's support")
	case i.Privacy != "" && i.Privacy != string(carto.PrivacyPublic) && !i.me.PrivateTables:
		return fmt.Errorf("this account can have public datasets only; leave out --privacy %s", i.Privacy)
	case i.file != nil && i.file.size > i.me.ImportFileSize:
		return fmt.Errorf("%s has %d bytes, and the account may import %d; split it, or ask for a higher limit", i.file.path, i.file.size, i.me.ImportFileSize)
	}
	return nil
}

// subject is what the import is called while it has no dataset.
func (i *importing) subject() string {
	switch {
	case i.file != nil:
		return i.file.path
	case i.Name != "":
		return i.Name
	case i.database != nil:
		return i.database.connector.ImportAs
	}
	if named := i.fromURL(); named != "" {
		return named
	}
	return "the URL"
}

// fromURL is the dataset that CARTO will most likely make of a URL, "" if it will
// invent a name.
func (i *importing) fromURL() string {
	file, ok := name.FromURL(i.url.Reveal(), "", "")
	if !ok {
		return ""
	}
	return name.FromUpload(file)
}

// expected are the names that the datasets will have if all goes well; none where
// CARTO invents one.
func (i *importing) expected() []string {
	switch {
	case i.Name != "":
		return []string{i.Name}
	case i.file != nil:
		return i.file.layers
	case i.database != nil:
		return []string{i.database.connector.ImportAs}
	}
	if named := i.fromURL(); named != "" {
		return []string{named}
	}
	return nil
}

// prepare looks whether the names are free, which CARTO would not say: it would
// import beside what is there, under another name.
func (i *importing) prepare(ctx context.Context) (skipped bool, err error) {
	switch {
	case i.Connector != "":
		source, err := i.connector(ctx, i.hand, i.params, i.credentials)
		if err != nil {
			return false, err
		}
		i.database = &source
	case i.file == nil:
		if err := checkURL(i.url, i.client.Account().Loopback); err != nil {
			return false, err
		}
		if err := i.unused(ctx); err != nil {
			return false, err
		}
	}
	names := i.expected()
	if len(names) == 0 {
		i.warn(render.Notice{Code: "name_unknown", Problem: "the URL holds no file name, so CARTO will invent one for the dataset", Hint: "give it one with --name"})
	}
	if i.collision == carto.CollisionOverwrite {
		return false, i.overwritable(ctx, names)
	}
	for _, named := range names {
		taken, err := i.taken(ctx, named)
		if err != nil {
			return false, err
		}
		if taken == nil {
			continue
		}
		if i.collision != carto.CollisionSkip {
			return false, i.inTheWay(*taken)
		}
		i.kept = append(i.kept, *taken)
	}
	if len(i.kept) == 0 || len(i.kept) < len(names) {
		return false, nil
	}
	i.datasets = i.kept
	return true, nil
}

// taken is the dataset of a name, nil if there is none.
func (i *importing) taken(ctx context.Context, named string) (*carto.Dataset, error) {
	d, err := i.client.Dataset(ctx, named)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &d, nil
}

func (i *importing) inTheWay(d carto.Dataset) error {
	hint := "give it another --name, or leave what is there with --skip"
	switch {
	case i.file != nil && len(i.file.layers) > 1:
		hint = "leave what is there with --skip, or import one file for each layer"
	case i.file != nil:
		hint = "replace its contents with --overwrite, leave it with --skip, or give this another --name"
	case i.interval != 0:
		hint = "give this another --name"
	}
	return fmt.Errorf("there is a dataset %q already, and CARTO would import this beside it as %q; %s", d.Name, d.Name+"_1", hint)
}

// overwritable makes sure that the upload will replace the dataset that is meant.
func (i *importing) overwritable(ctx context.Context, names []string) error {
	if err := i.file.replaces(); err != nil {
		return err
	}
	if made := i.file.layers[0]; made != names[0] {
		return fmt.Errorf("CARTO goes by the name inside %s and would replace %q, not %q; unpack it", i.file.path, made, names[0])
	}
	d, err := i.taken(ctx, names[0])
	switch {
	case err != nil:
		return err
	case d == nil:
		return fmt.Errorf("there is no dataset %q to overwrite; leave out --overwrite to create it, or say with --name which one is meant", names[0])
	}
	i.before = d
	if full, err := i.client.Dataset(ctx, d.ID); err == nil && full.Synchronization != nil {
		i.warn(render.Notice{Code: "has_synchronization", Dataset: d.Name,
			Problem: fmt.Sprintf("dataset %q has a synchronization, whose next run that finds changes replaces the contents again", d.Name)})
	}
	return nil
}

// unused refuses a second synchronization of a URL: CARTO makes another dataset for
// each.
func (i *importing) unused(ctx context.Context) error {
	if i.interval == 0 || i.Name != "" {
		return nil
	}
	all, err := i.client.Synchronizations(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.URL.Equal(i.url) {
			return fmt.Errorf("synchronization %s imports that URL already (%s); run it with cartosync synchronization force, "+
				"or give this one a --name if a second dataset is meant", syncText(s), healthOf(s, time.Now()))
		}
	}
	return nil
}

// start has CARTO begin, once an import slot is free.
func (i *importing) start(ctx context.Context) error {
	i.begun("the import was sent", fmt.Sprintf("look with cartosync %s list whether it was imported before you try again", i.leaves()))
	id, err := apply.WhileBusy(ctx, i.post, func() { i.say(i.subject(), "waiting", "all import slots of the account are taken") })
	switch {
	case err != nil && i.interval == 0 && carto.MaybeApplied(err):
		return fmt.Errorf("%w; it may have been imported all the same: look with cartosync dataset list before you try again", err)
	case err != nil:
		return err
	}
	i.jobID = id
	i.say(i.subject(), "pending", "import job "+id)
	i.begun("CARTO imported", fmt.Sprintf("import job %s goes on there, and cartosync import show says how it ended", id))
	return nil
}

// leaves is what there is more of once the server has accepted the import.
func (i *importing) leaves() string {
	if i.interval != 0 {
		return "synchronization"
	}
	return "dataset"
}

// post sends the one request that starts the import.
func (i *importing) post(ctx context.Context) (string, error) {
	privacy := carto.Privacy(i.Privacy)
	skip := i.collision == carto.CollisionSkip
	switch {
	case i.interval != 0:
		return i.createSync(ctx)
	case i.database != nil:
		return i.client.ImportConnector(ctx, carto.ConnectorImport{Connector: i.database.connector, Privacy: privacy, Skip: skip})
	case i.file == nil:
		return i.client.ImportURL(ctx, carto.URLImport{URL: i.url, Privacy: privacy, Skip: skip, Guessing: i.guess})
	}
	if err := i.stillThere(ctx); err != nil {
		return "", err
	}
	upload, err := i.file.request(i.collision, privacy, i.guess)
	if err != nil {
		return "", err
	}
	upload.Progress = func(sent int64) {
		i.step(render.Step{At: time.Now(), Subject: i.subject(), State: "uploading", Bytes: sent, Total: upload.Size})
	}
	return i.client.Upload(ctx, upload)
}

// stillThere reads what is to be overwritten again, right before the upload: a slot
// may have been long in coming, and the name decides which dataset is replaced.
func (i *importing) stillThere(ctx context.Context) error {
	if i.before == nil {
		return nil
	}
	now, err := i.client.Dataset(ctx, i.before.Name)
	if err != nil {
		return fmt.Errorf("dataset %q, which was to be overwritten: %w", i.before.Name, err)
	}
	if now.ID != i.before.ID {
		return fmt.Errorf("dataset %q is another by now (%s, was %s); look at it and try again", now.Name, now.ID, i.before.ID)
	}
	return nil
}

// wait waits for the end of the job.
func (i *importing) wait(ctx context.Context) error {
	job, err := i.client.WaitImport(ctx, i.jobID, carto.Poll{Observe: func(job carto.Import) {
		i.say(i.subject(), string(job.State), "import job "+i.jobID)
	}})
	i.job = job
	if i.database != nil {
		i.database.newConnections(ctx, i.hand)
	}
	failed := (*carto.ImportError)(nil)
	switch {
	case errors.Is(err, carto.ErrUnfinished):
		return fmt.Errorf("%w; it goes on, and cartosync import show %s says how it ends", err, i.jobID)
	case !errors.As(err, &failed):
		return err
	}
	err = fmt.Errorf("CARTO's import of %s failed with error %w", i.subject(), err)
	if i.sync != nil {
		return i.dropSync(ctx, err)
	}
	return err
}

// report adds what the import became to the table: a row for each dataset, or one
// for a job that made none.
func (i *importing) report() {
	if i.jobID == "" && i.outcome == "failed" {
		return // nothing was sent
	}
	var code, meaning, remedy, id, state, sync any
	if i.jobID != "" {
		id = i.jobID
	}
	if i.job.State != "" {
		state = string(i.job.State)
	}
	if i.job.Code != 0 || i.job.Err() != nil {
		x := (&carto.ImportError{Import: i.job}).Explanation()
		code, meaning, remedy = render.Code(i.job.Code), explained(x, cmp.Or(i.job.ErrorText, i.job.ErrorTitle)), x.Remedy
	}
	if i.sync != nil {
		sync = i.sync.ID
	}
	if len(i.datasets) == 0 {
		named := strings.Join(i.expected(), ",")
		i.Add(named, i.outcome, nil, nil, id, state, code, meaning, remedy, sync, nil)
	}
	i.Single = len(i.datasets) < 2
	for _, d := range i.datasets {
		rows, outcome := i.rows, i.outcome
		if len(i.datasets) > 1 {
			rows = -1
		}
		if slices.ContainsFunc(i.kept, func(k carto.Dataset) bool { return k.ID == d.ID }) {
			outcome = "skipped"
		}
		i.Add(d.Name, outcome, known(rows), string(d.Privacy), id, state, code, meaning, remedy, sync, d.ID)
	}
}
