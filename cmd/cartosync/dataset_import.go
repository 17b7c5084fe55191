package main

import (
	"context"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// datasetImportCmd imports something once, or with an interval again and again.
type datasetImportCmd struct {
	Source string `arg:"" optional:"" name:"file|url" help:"A file on this machine, or a URL that CARTO fetches; it may refer to a variable as $${env:NAME}."`
	sourceFlags
	SyncInterval interval `group:"result" placeholder:"INTERVAL" help:"Have CARTO import it again at this interval: 15m or more, 1h, 1d, 1w."`
	Overwrite    bool     `group:"result" help:"Replace the contents of the dataset that has the name. It keeps its id, its maps and its metadata. For files only."`
	Skip         bool     `group:"result" help:"Do nothing if there is a dataset of the name."`
	guessFlags
	Wait bool `group:"result" negatable:"" default:"true" help:"Wait until the import has ended."`
	handFlags
}

// Help is the rest of the help page.
func (datasetImportCmd) Help() string {
	return `Uploads a file, or lets CARTO fetch a URL or read a database, waits, and says which dataset it became. CARTO names datasets itself: where that cannot be what was asked for, nothing is imported, and where it turns out otherwise, it is said.

Of a file name CARTO makes small letters, digits and underscores. If there is a dataset of that name already, it would import the file beside it as NAME_1; here that is refused, unless --overwrite, --skip or another --name says what is meant.

Examples:

    cartosync dataset import stations.geojson
    cartosync dataset import "Bike Stations (2026).csv" --name stations --privacy public
    cartosync dataset import stations.geojson --overwrite
    cartosync dataset import https://example.org/air.csv
    cartosync dataset import https://example.org/air.csv --sync-interval 1h --name air_quality
    cartosync dataset import --connector warehouse --schema default --table order_items --name orders
    cartosync dataset import --connector postgres --connection server=db.example.org --connection database=shop --connection username=carto --connection password=@pw --sql-query 'SELECT * FROM orders' --name orders
`
}

// importedTable is a table of what imports became.
func importedTable() render.Table {
	return render.Table{Kind: "dataset", Single: true, Columns: []render.Column{
		{Key: "name"}, {Key: "outcome"}, {Key: "rows", Right: true}, {Key: "privacy"}, {Key: "import_id"}, {Key: "state"},
		{Key: "error_code"}, {Key: "error"}, {Key: "remedy"}, {Key: "synchronization_id"}, {Key: "id"},
	}}
}

// Run imports.
func (c *datasetImportCmd) Run(ctx context.Context, a *app) (err error) {
	a.listing.Table = importedTable()
	if err := c.check(); err != nil {
		return err
	}
	i := &importing{
		sourceFlags: c.sourceFlags, interval: time.Duration(c.SyncInterval), collision: c.collision(), guess: c.guessing(), detached: !c.Wait,
	}
	if err := i.open(a, c.Source); err != nil {
		return err
	}
	defer closing(&err, i.close)
	return a.byHand(ctx, c.handFlags, writes, importedTable(), func(ctx context.Context, h *hand) error {
		i.hand = h
		err := i.run(ctx)
		i.report()
		return err
	})
}

func (c *datasetImportCmd) collision() carto.Collision {
	switch {
	case c.Overwrite:
		return carto.CollisionOverwrite
	case c.Skip:
		return carto.CollisionSkip
	}
	return carto.CollisionRename
}

// check refuses what does not go together.
func (c *datasetImportCmd) check() error {
	if err := c.sourceFlags.check(c.Source); err != nil {
		return err
	}
	file := c.Source != "" && !isURL(c.Source)
	switch {
	case c.Overwrite && c.Skip:
		return usage("leave one of the two out", "--overwrite and --skip say different things")
	case c.Overwrite && !file && c.Connector != "":
		return usage("import it under another --name, or have it synchronized", "--overwrite is for files: CARTO ignores it for databases, and makes a second dataset")
	case c.Overwrite && !file:
		return usage("download it and import the file", "--overwrite is for files: the name of what a URL holds is not known before, and it could replace any dataset")
	case c.SyncInterval != 0 && file:
		return usage("give a URL, or import the file without --sync-interval", "CARTO cannot fetch a file on this machine again")
	case c.SyncInterval != 0 && c.Skip:
		return usage("leave it out", "--skip does not work with --sync-interval: CARTO ignores it")
	case !c.Wait && (c.SyncInterval != 0 || c.Privacy != "" && c.Overwrite):
		return usage("leave one of the two out", "--no-wait leaves nobody to do what comes after the import")
	case !c.Wait && c.Name != "" && !file && c.Connector == "":
		return usage("leave one of the two out", "--no-wait leaves nobody to rename what CARTO makes of the URL")
	}
	if c.SyncInterval != 0 {
		return c.SyncInterval.check("--sync-interval")
	}
	return nil
}
