package apply

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
)

// A Journal remembers, in a file beside the manifest, which requests of a run
// create something, so that the run after one that was killed finds the import
// jobs again instead of uploading once more. It only saves time: what decides is
// in the account, and the file may be deleted whenever no run is under way.
//
// Every line is on the disk before the request that it is about is sent, or the
// step that follows its answer is taken. Several processes may write to the file:
// each line is written at once, at its end, under a lock. Nil remembers nothing.
//
// It holds names of datasets, fingerprints and ids, and neither keys nor secrets
// nor URLs of sources.
type Journal struct {
	dir    string // the manifest's
	header header
	name   string // of the file, in StateDir
	warn   func(error)

	mu     sync.Mutex
	broken bool // said once, and not tried again
	barred bool // another process does not let go of its lock, and is not waited for again
}

// A JournalOwner is what a journal is about. What belongs to one account or
// project never turns up in the journal of another.
type JournalOwner struct {
	Account  string // its URL
	Project  string
	Embedded bool // the account is a sandbox inside this program
}

// OpenJournal is the journal of a project in the directory of its manifest, and
// what interrupted runs left in it. Nothing is written before the first request
// that creates something. Where the file cannot be used, an error says why, and
// the journal returned with it is nil or, if the file may be replaced, begins anew.
// Later errors are told to warn, the first one only.
func OpenJournal(dir string, of JournalOwner, warn func(error)) (*Journal, []plan.Pending, error) {
	h := headerOf(of)
	j := &Journal{dir: dir, header: h, name: h.file(), warn: warn}
	state, err := j.load()
	switch {
	case err != nil:
		err = fmt.Errorf("the journal %s is not used: %w", j.path(), err)
		if !errors.Is(err, errReplaceable) {
			return nil, nil, err
		}
	case state.damaged > 0:
		err = fmt.Errorf("%d lines of the journal %s are damaged and left out", state.damaged, j.path())
	}
	return j, state.pending(), err
}

func headerOf(of JournalOwner) header {
	return header{
		Format: journalFormat, Version: journalVersion, Account: secret.RedactURL(of.Account), Project: of.Project, Embedded: of.Embedded,
	}
}

// file is the name of the journal's file.
func (h header) file() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%t\x00%s\x00%s", h.Embedded, h.Account, h.Project))
	return "journal-" + hex.EncodeToString(sum[:8])
}

// begin notes that a request is about to be sent that creates something, and
// returns what the rest of the run knows it by.
func (j *Journal) begin(p plan.Pending) plan.Pending {
	if j == nil {
		return p
	}
	p.ID, p.Since = rand.Text()[:12], time.Now().UTC()
	j.write(line{Event: eventBegin, Pending: p})
	return p
}

// made notes what the request has made: an import job, a synchronization, a
// connection, or neither where its answer was lost. Sound is false if something
// else was sent than was planned.
func (j *Journal) made(p plan.Pending, sound bool) {
	j.write(line{Event: eventMade, Pending: plan.Pending{ID: p.ID, ImportID: p.ImportID, SyncID: p.SyncID, Since: p.Since}, Unsound: !sound})
}

// done notes that nothing is left to do about requests: what they made is where it
// belongs, or is gone.
func (j *Journal) done(ids ...string) {
	for _, id := range ids {
		if id != "" {
			j.write(line{Event: eventDone, Pending: plan.Pending{ID: id}})
		}
	}
}

// write appends a line. The journal is given up if that fails: the run goes on, and
// a later one may have to import something again.
func (j *Journal) write(l line) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken {
		return
	}
	err := j.append(l)
	for try := 0; errors.Is(err, fs.ErrNotExist) && try < 10; try++ { // another process may remove the directory just now
		err = j.append(l)
	}
	if err != nil {
		j.broken = true
		j.warn(fmt.Errorf("the journal of this run cannot be kept, so that a run after an interrupted one may import again what is there already: %w", err))
	}
}

// Close leaves no file where nothing is pending, and else a short one.
func (j *Journal) Close() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken {
		return
	}
	if err := j.compact(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn(fmt.Errorf("the journal %s could not be cleared up after the run: %w", j.path(), err))
	}
}

// pending are the requests of which no end is noted, in the order of their lines.
func (s journalState) pending() []plan.Pending {
	var all []plan.Pending
	for _, id := range s.order {
		all = append(all, s.open[id])
	}
	return all
}

// take adds a line to what is known.
func (s *journalState) take(l line) {
	p, known := s.open[l.ID]
	switch {
	case l.Event == eventBegin && !known && l.ID != "":
		s.open[l.ID] = l.Pending
		s.order = append(s.order, l.ID)
	case !known:
	case l.Event == eventMade:
		p.ImportID, p.SyncID = l.ImportID, l.SyncID
		if !l.Since.IsZero() {
			p.Since = l.Since
		}
		if l.Unsound {
			p.Fingerprint = ""
		}
		s.open[l.ID] = p
	case l.Event == eventDone:
		delete(s.open, l.ID)
		s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == l.ID })
	}
}
