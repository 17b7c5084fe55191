package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// DefaultUser and DefaultAPIKey are who a sandbox belongs to when its configuration does not say. The key is no secret.
const (
	DefaultUser   = "sandbox"
	DefaultAPIKey = "sandbox0000000000000000000000000000key"
)

// Limits that an account has when its configuration does not say.
// Source: CartoDB/cartodb: app/models/user.rb, doc/developer-center/import-api/guides.
const (
	defaultImportFileSize = 157_286_400
	defaultImportRows     = 500_000
	defaultImportSlots    = 3
	defaultStorageQuota   = 10 << 30
)

// Bounds of requests for SQL. At CARTO the time depends on the account.
const (
	sqlAnswerBytes = 256 << 20
	sqlTime        = 5 * time.Minute
)

// Config says what account a sandbox is. Zero values mean defaults.
type Config struct {
	Dir    string // state directory; created; used by one process at a time
	User   string // DefaultUser
	APIKey string // the master key; DefaultAPIKey

	Organization string   // the organization that the user belongs to; none by default
	Members      []string // its other users, with whom datasets can be shared
	Groups       []string // its groups
	Viewers      []string // those of its users, the account's own or members, who may look and not write

	State AccountState // Active

	Serve      string            // directory whose files answer at http://files.sandbox.test/
	Connectors map[string]string // provider to a directory of CSV files that stands for its database
	AllowFetch []string          // hosts whose URLs and databases may be reached besides loopback and files.sandbox.test
	ClockSpeed float64           // how much faster than real time; 1

	ImportFileSize int64 // bytes; 157,286,400
	ImportRows     int64 // 500,000
	ImportSlots    int   // imports at the same time; 3
	ConnectorRows  int64 // rows that a connector reads before it truncates; 500,000
	StorageQuota   int64 // bytes of all datasets; 10 GiB
	TableQuota     int   // datasets; 0 is unlimited
	PublicOnly     bool  // datasets cannot be private: actions.private_tables is false
	PublicQuota    int   // public datasets; 0 is unlimited

	NoSynchronizations bool // the account's plan has none
	NoConnectors       bool // the account lacks the feature flag of connectors

	Faults    []fault.Rule // see package fault
	FaultSeed uint64       // of what faults draw at random
	Admin     bool         // answer at /_sandbox/ too; see admin.go
	Log       *slog.Logger // discarded by default
}

func (c Config) withDefaults() Config {
	if c.User == "" {
		c.User = DefaultUser
	}
	if c.APIKey == "" {
		c.APIKey = DefaultAPIKey
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.ImportFileSize = orDefault(c.ImportFileSize, defaultImportFileSize)
	c.ImportRows = orDefault(c.ImportRows, defaultImportRows)
	c.ImportSlots = orDefault(c.ImportSlots, defaultImportSlots)
	c.StorageQuota = orDefault(c.StorageQuota, defaultStorageQuota)
	return c
}

// defaultPrivacy is what a dataset has that nobody chose a privacy for.
// Source: CartoDB/cartodb: app/models/carto/helpers/user_commons.rb.
func (c Config) defaultPrivacy() string {
	if c.PublicOnly {
		return "public"
	}
	return "private"
}

func orDefault[T int | int64](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

// A Sandbox is an account that works until it is closed. It is safe for concurrent use.
type Sandbox struct {
	config    Config
	store     *store.Store
	worker    *work.Worker
	clock     *work.Clock
	owner     store.Principal
	faults    fault.Set
	handler   http.Handler
	sqlLimit  sqlLimit
	sqlBounds sqlBounds
	batches   *batches
	requests  requests
}

// Open opens or creates the account in c.Dir and starts to work: leftovers of a crash are removed, unfinished jobs begin
// again, and synchronizations whose time has passed run once. It fails when another process uses the directory.
func Open(ctx context.Context, c Config) (*Sandbox, error) {
	if c.Dir == "" {
		return nil, errors.New("open a sandbox: no directory is given")
	}
	s := &Sandbox{config: c.withDefaults(), sqlBounds: sqlBounds{sqlAnswerBytes, sqlTime}}
	s.clock = work.NewClock(time.Time{}, c.ClockSpeed)
	var err error
	if s.store, err = store.Open(ctx, store.Options{Dir: c.Dir, Now: func() time.Time { return s.clock.Now() }}); err != nil {
		return nil, err
	}
	s.faults.Seed(c.FaultSeed)
	for _, r := range c.Faults {
		s.faults.Add(r)
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	s.handler = s.faults.Wrap(s.dispatch(routes()), func(r *http.Request) string { _, path := splitUser(r.URL.Path); return path })
	if c.Admin {
		s.handler = s.withAdmin(s.handler)
	}
	return s, nil
}

func (s *Sandbox) start(ctx context.Context) error {
	c := s.config
	err := s.store.Update(ctx, func(t *store.Tx) error {
		latest, err := t.LatestInstant(ctx)
		if err != nil {
			return err
		}
		s.clock = work.NewClock(latest, c.ClockSpeed)
		if s.owner, err = t.EnsurePrincipal(ctx, store.User, c.User); err != nil {
			return err
		}
		return s.ensureOrganization(ctx, t)
	})
	if err != nil {
		return fmt.Errorf("prepare the sandbox account: %w", err)
	}
	s.batches = newBatches(ctx)
	s.worker, err = work.Start(ctx, work.Config{
		Store: s.store, Clock: s.clock, Owner: s.owner, Log: c.Log, Faults: &s.faults, NoSynchronizations: c.NoSynchronizations, NoConnectors: c.NoConnectors, Serve: c.Serve, AllowFetch: c.AllowFetch, Connectors: c.Connectors,
		Limits: work.Limits{PublicOnly: c.PublicOnly, FileSize: c.ImportFileSize, Rows: c.ImportRows, Storage: c.StorageQuota, Tables: c.TableQuota, Public: c.PublicQuota, ConnectorRows: c.ConnectorRows},
	})
	return err
}

func (s *Sandbox) ensureOrganization(ctx context.Context, t *store.Tx) error {
	if s.config.Organization == "" {
		return nil
	}
	if _, err := t.EnsurePrincipal(ctx, store.Organization, s.config.Organization); err != nil {
		return err
	}
	for _, name := range s.config.Members {
		if _, err := t.EnsurePrincipal(ctx, store.User, name); err != nil {
			return err
		}
	}
	for _, name := range s.config.Groups {
		if _, err := t.EnsurePrincipal(ctx, store.Group, name); err != nil {
			return err
		}
	}
	return nil
}

// parting is how long Close waits for requests. What they began is soon over once their clients are gone.
const parting = 10 * time.Second

// Close ends all work and closes the directory. Imports that are running begin again when it is opened next. Requests that
// come from now on are refused, and those that are being answered may take a few seconds to end.
func (s *Sandbox) Close() error {
	if left := s.requests.end(parting); left > 0 {
		s.config.Log.Warn("requests are cut off", "requests", left)
	}
	s.batches.close()
	return errors.Join(s.worker.Close(), s.store.Close())
}

// ServeHTTP answers as the account does. Requests for files.sandbox.test are answered with the files of Config.Serve.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.requests.enter() {
		http.Error(w, "the sandbox is being closed", http.StatusServiceUnavailable)
		return
	}
	defer s.requests.leave()
	if host(r) == work.FilesHost {
		s.worker.FileHost().ServeHTTP(w, r)
		return
	}
	s.handler.ServeHTTP(w, r)
}

// host is the host of a request without its port.
func host(r *http.Request) string {
	if h, _, err := net.SplitHostPort(r.Host); err == nil {
		return h
	}
	return r.Host
}

// Transport calls the sandbox in the same process, without a socket. Bodies stream both ways.
func (s *Sandbox) Transport() http.RoundTripper { return work.InProcess(s) }

// Inject makes further requests fail as a rule says.
func (s *Sandbox) Inject(r fault.Rule) { s.faults.Add(r) }

// Faults lists the rules, spent ones too, with how often each has hit.
func (s *Sandbox) Faults() []fault.Count { return s.faults.Counts() }

// ClearFaults removes all rules. What they did stays done.
func (s *Sandbox) ClearFaults() { s.faults.Clear() }

// Advance lets d of the account's time pass at once. Synchronizations that fall due on the way run at their time, in
// order, each to its end; it tells how many. It waits as long as they take, or until ctx ends.
func (s *Sandbox) Advance(ctx context.Context, d time.Duration) (runs int, err error) {
	return s.worker.Advance(ctx, d)
}

// Now is the account's time.
func (s *Sandbox) Now() time.Time { return s.clock.Now() }
