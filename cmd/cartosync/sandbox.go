package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// sandboxCmd serves a sandbox on this machine.
type sandboxCmd struct {
	Listen             string            `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one. An address that others can reach needs an --api-key of your own. Default: ${default}."`
	Dir                string            `placeholder:"DIR" help:"Where the account is kept. Default: .cartosync/sandbox, where --sandbox keeps it for a manifest in this directory."`
	User               string            `default:"${sandbox_user}" placeholder:"NAME" help:"The account's user name. Default: ${default}."`
	APIKey             string            `name:"api-key" default:"${sandbox_key}" placeholder:"KEY" env:"CARTOSYNC_SANDBOX_API_KEY" help:"The account's master key. The default is one that everybody knows."`
	Serve              string            `placeholder:"DIR" help:"Answer http://files.sandbox.test/... from this directory."`
	Connector          map[string]string `placeholder:"PROVIDER=DIR" mapsep:"none" help:"Let a directory of CSV files, SCHEMA/TABLE.csv, stand for the databases of a provider. Repeatable."`
	ClockSpeed         float64           `default:"1" placeholder:"N" help:"Let time pass N times as fast, so that synchronizations are due sooner."`
	AllowFetch         []string          `placeholder:"HOST,..." help:"Hosts whose URLs and PostgreSQL databases imports may reach, besides this machine."`
	Limits             sandboxLimits     `embed:""`
	NoSynchronizations bool              `help:"Let the account's plan have no synchronizations."`
	NoConnectors       bool              `help:"Let the account's plan have no connectors."`
	Fault              []string          `placeholder:"SPEC" sep:"none" help:"Let requests, imports or sources fail: KIND[=VALUE][@METHOD][/PATH][+SKIP][*TIMES][%PERCENT], such as status=502 or lose@POST/api/v1/imports*1. Repeatable."`
	FaultSeed          uint64            `placeholder:"N" help:"What faults draw at random is the same for the same seed."`
	Admin              bool              `help:"Answer at /_sandbox/ too, where time and faults can be steered with the master key."`
}

// Help is the rest of the help page.
func (sandboxCmd) Help() string {
	return `Any CARTO client can use it: it answers the Import API, datasets, synchronizations, connections and SQL, and really imports. It runs until it is interrupted and keeps the account for the next time. With --sandbox, plan and apply do without this command.

Examples:

    cartosync sandbox
    cartosync sandbox --listen 127.0.0.1:0 --serve examples/quickstart/remote
    cartosync sandbox --connector hive=examples/quickstart/warehouse --clock-speed 60
    cartosync sandbox --fault 'lose@POST/api/v1/imports*1' --fault delay=2s
`
}

// Run serves until ctx ends.
func (c *sandboxCmd) Run(ctx context.Context, a *app) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	cfg, err := c.config(a)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --listen, port 0 takes a free one", err)
	}
	defer listener.Close()
	s, err := sandbox.Open(ctx, cfg)
	if err != nil {
		return c.unopened(err)
	}
	defer closing(&err, s.Close)
	if err := c.introduce(a, listener.Addr()); err != nil {
		return err
	}
	return serve(ctx, listener, s, cfg.Log)
}

// unopened says which file or flag is to blame that the sandbox could not be opened.
func (c *sandboxCmd) unopened(err error) error {
	var at *fs.PathError
	if !errors.As(err, &at) {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	where := at.Path
	if at.Path == c.Serve {
		where = "--serve " + at.Path
	}
	for provider, dir := range c.Connector {
		if at.Path == dir {
			where = "--connector " + provider + "=" + dir
		}
	}
	return fmt.Errorf("open the sandbox: %s: %w", where, fileError(err))
}

// check refuses to let others in with a key that everybody knows.
func (c *sandboxCmd) check() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usage("write HOST:PORT, such as 127.0.0.1:8080", "--listen %q is no address", c.Listen)
	}
	if c.ClockSpeed <= 0 {
		return usage("give a number above 0", "--clock-speed %v would stop the clock", c.ClockSpeed)
	}
	if _, err := carto.ParseAccount(sandboxURL("localhost", c.User)); err != nil {
		return usage("use letters, digits and hyphens", "--user %q is no user name", c.User)
	}
	if !keyCharacters.MatchString(c.APIKey) {
		return usage("use letters, digits and underscores", "--api-key holds characters that no CARTO key has")
	}
	if c.APIKey == sandbox.DefaultAPIKey && !onlyHere(host) {
		return usage("listen on 127.0.0.1, or choose a key with --api-key", "--listen %s lets others in, and everybody knows the default key", c.Listen)
	}
	_, err = c.faults()
	return err
}

// faults are the rules by which requests fail.
func (c *sandboxCmd) faults() ([]fault.Rule, error) {
	var rules []fault.Rule
	for _, text := range c.Fault {
		r, err := fault.Parse(text)
		if err != nil {
			return nil, usage("see cartosync sandbox --help", "--%s", err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

var keyCharacters = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// onlyHere reports whether a host is reached from this machine alone.
func onlyHere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (c *sandboxCmd) config(a *app) (sandbox.Config, error) {
	dir := c.Dir
	if dir == "" {
		var err error
		if dir, err = sandboxDir("."); err != nil {
			return sandbox.Config{}, err
		}
	}
	faults, err := c.faults()
	if err != nil {
		return sandbox.Config{}, err
	}
	cfg := sandbox.Config{
		Dir: dir, User: c.User, APIKey: c.APIKey, Serve: c.Serve, AllowFetch: c.AllowFetch, Connectors: c.Connector,
		ClockSpeed: c.ClockSpeed, NoSynchronizations: c.NoSynchronizations, NoConnectors: c.NoConnectors,
		Faults: faults, FaultSeed: c.FaultSeed, Admin: c.Admin, Log: slog.New(slog.NewTextHandler(a.stderr, nil)),
	}
	c.Limits.set(&cfg)
	return cfg, nil
}

// introduce prints how to use the account, in lines that a shell can read.
func (c *sandboxCmd) introduce(a *app, at net.Addr) error {
	_, err := fmt.Fprintf(a.stdout, `# A CARTO account on this machine, until you interrupt it. In another terminal:
export CARTO_ACCOUNT_URL=%s
export CARTO_API_KEY=%s
cartosync plan
`, sandboxURL(reachable(at), c.User), c.APIKey)
	return err
}

// reachable is the address by which this machine reaches a listener.
func reachable(at net.Addr) string {
	ap, err := netip.ParseAddrPort(at.String())
	if err != nil || !ap.Addr().IsUnspecified() {
		return at.String()
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), ap.Port()).String()
}

// graceful is how long requests under way may take once the end has come.
const graceful = 5 * time.Second

// serve answers requests until ctx ends.
func serve(ctx context.Context, listener net.Listener, h http.Handler, log *slog.Logger) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
