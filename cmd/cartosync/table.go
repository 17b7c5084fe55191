package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// tableFlags say how a command by hand prints what it found or did.
type tableFlags struct {
	Format  render.Format `group:"output" enum:"text,json,csv" default:"text" placeholder:"text|json|csv" help:"text for people, json for programs, csv for spreadsheets."`
	Quiet   bool          `group:"output" short:"q" help:"Print ids alone, one a line, for other commands to read."`
	Verbose bool          `group:"output" short:"v" help:"Shorten nothing, and log every request to stderr."`
	NoColor bool          `group:"output" help:"No colours, as with the environment variable NO_COLOR."`
}

// handFlags are what the commands by hand have in common.
type handFlags struct {
	accountFlags
	tableFlags
}

func (f handFlags) check() error {
	if f.Quiet && f.Format != render.Text {
		return usage("leave one of the two out", "--quiet prints ids alone, which is no %s", f.Format)
	}
	return nil
}

// A hand is a run of a command that does one thing at the account: it needs no
// manifest, and sets no markers.
type hand struct {
	*app
	handFlags
	*render.Table
	client *carto.Client
	me     carto.User
	step   func(render.Step)
	clear  func() // takes the progress off the terminal
	none   string // what an empty list is one of, if that is not its kind
}

// byHand opens the account, makes sure that the key is the one of its owner, lets do
// fill the table, and prints what there is of it, whatever came of the rest.
func (a *app) byHand(ctx context.Context, f handFlags, mode clientMode, table render.Table, do func(context.Context, *hand) error) (err error) {
	if mode == writes {
		outlivePipes()
	}
	a.listing.Table = table
	if err := f.check(); err != nil {
		return err
	}
	opened, err := a.open(ctx, f.accountFlags, nil)
	if err != nil {
		return err
	}
	defer closing(&err, opened.close)
	h := &hand{app: a, handFlags: f, Table: &a.listing.Table}
	if h.client, err = opened.client(a, mode, f.Verbose); err != nil {
		return err
	}
	if h.me, err = h.client.Me(ctx); err != nil {
		return err
	}
	progress := a.style(a.stderr, f.output())
	progress.Color = false
	h.step, h.clear = render.Steps(a.stderr, progress)
	err = do(ctx, h)
	h.clear()
	if err != nil && (f.Format == render.JSON || h.Single && f.Format == render.Text) {
		return err // the document, or the message, says it all
	}
	if err != nil && len(h.Rows) == 0 {
		return err
	}
	if printed := h.print(); err == nil {
		err = printed
	}
	return err
}

func (f handFlags) output() outputFlags {
	return outputFlags{Verbose: f.Verbose, NoColor: f.NoColor}
}

func (h *hand) print() error {
	switch {
	case h.Quiet:
		return render.IDs(h.stdout, *h.Table)
	case h.Format == render.Text && len(h.Rows) == 0 && !h.Single:
		_, err := fmt.Fprintln(h.stderr, "no "+cmp.Or(h.none, strings.ReplaceAll(h.Kind, "_", " ")+"s"))
		return err
	}
	h.listing.Account = h.account
	return render.List(h.stdout, h.Format, *h.listing, h.style(h.stdout, h.output()))
}

// warn tells what a reader should know besides the table.
func (h *hand) warn(n render.Notice) {
	h.listing.Notices = append(h.listing.Notices, n)
	h.clear()
	render.Notices(h.stderr, n)
}

// say reports progress.
func (h *hand) say(subject, state, detail string) {
	h.step(render.Step{At: time.Now(), Subject: subject, State: state, Detail: detail})
}

// begun says what an interruption from now on interrupts, and what to do then.
func (h *hand) begun(doing, next string) {
	h.began, h.doing, h.next = true, doing, next
}

// handNouns are the words that the commands by hand begin with.
var handNouns = [...]string{"dataset", "import", "synchronization", "connector", "connection"}

// listingFor is the document of a command line, however wrong the rest of it is; nil
// for commands that are not by hand.
func listingFor(args []string) *render.Listing {
	if len(args) == 0 || !slices.Contains(handNouns[:], args[0]) {
		return nil
	}
	return &render.Listing{Table: render.Table{Kind: args[0]}}
}

// single makes a listing one of a single thing.
func single(t render.Table) render.Table {
	t.Single = true
	return t
}

// several names things in a message: at most eight of them.
func several(all []string) string {
	const most = 8
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}
