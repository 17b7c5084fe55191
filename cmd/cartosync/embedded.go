package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// stateDir is where a sandbox is kept, beside a manifest.
const stateDir = apply.StateDir

// openEmbedded opens the sandbox that is kept beside the first manifest, or in this
// directory where there is none. Requests reach it without a socket.
func openEmbedded(ctx context.Context, a *app, _ accountFlags, desired []spec.Manifest) (*account, error) {
	dir := "."
	if len(desired) > 0 {
		dir = desired[0].Dir
	}
	outside, err := readWorld(dir)
	if err != nil {
		return nil, err
	}
	kept, err := sandboxDir(dir)
	if err != nil {
		return nil, err
	}
	cfg := sandbox.Config{Dir: kept, Serve: outside.serve, Connectors: outside.connectors, Faults: outside.rules, FaultSeed: outside.seed}
	outside.limits.set(&cfg)
	s, err := sandbox.Open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	return &account{
		URL: sandboxURL("localhost", sandbox.DefaultUser), key: secret.New(sandbox.DefaultAPIKey), loopback: true,
		transport: s.Transport(), close: s.Close,
	}, nil
}

// sandboxDir makes the directory that a sandbox below dir is kept in.
func sandboxDir(dir string) (string, error) {
	state, err := apply.MakeStateDir(dir)
	return filepath.Join(state, "sandbox"), err
}

// sandboxURL is the account of a user at an address of this machine.
func sandboxURL(host, user string) string { return "http://" + host + "/user/" + user }
