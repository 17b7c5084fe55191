package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/spec"
)

// sandboxFile is the name of the file that says what stands for the outside world
// under --sandbox.
const sandboxFile = "sandbox.yaml"

// A world is what stands for the outside world:
//
//	serve: remote           # answers http://files.sandbox.test/...
//	connectors:
//	  hive: warehouse       # CSV files that stand for a remote database
//	limits: {tables: 10}    # of the account
//	faults: [slots*2]       # see package fault
//	fault_seed: 7
type world struct {
	serve      string            // a directory, "" for none
	connectors map[string]string // directories by provider
	limits     sandboxLimits
	rules      []fault.Rule
	seed       uint64
}

// maxSandboxFile is the largest sandbox.yaml that is read, in bytes.
const maxSandboxFile = 1 << 20

// readWorld reads the sandbox.yaml in dir; without one there is no outside world.
// Like everything that a repository names, the directories must be inside dir.
func readWorld(dir string) (world, error) {
	path := filepath.Join(dir, sandboxFile)
	text, err := readSmall(path, maxSandboxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return world{}, nil
	}
	if err != nil {
		return world{}, fmt.Errorf("%s: %w", path, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return world{}, err
	}
	defer root.Close()
	m, faults := parseMapping(path, text)
	faults = append(faults, m.known("serve", "connectors", "limits", "faults", "fault_seed")...)
	r := worldReader{root: root, faults: faults, world: world{connectors: map[string]string{}}}
	for _, e := range m.entries {
		r.read(e)
	}
	if r.faults != nil {
		return world{}, r.faults
	}
	return r.world, nil
}

type worldReader struct {
	root   *os.Root
	world  world
	faults spec.Errors
}

func (r *worldReader) read(e entry) {
	switch e.key {
	case "serve":
		r.world.serve = r.dir(e)
	case "connectors":
		providers, faults := e.mapping()
		r.faults = append(r.faults, faults...)
		for _, p := range providers.entries {
			r.world.connectors[p.key] = r.dir(p)
		}
	case "limits":
		r.limits(e)
	case "faults":
		items, fault := e.items()
		r.refuse(fault)
		for _, item := range items {
			r.rule(item)
		}
	case "fault_seed":
		r.world.seed = uint64(r.number(e, 0))
	}
}

func (r *worldReader) refuse(fault *spec.Error) {
	if fault != nil {
		r.faults = append(r.faults, fault)
	}
}

func (r *worldReader) limits(e entry) {
	all := r.world.limits.all()
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.name
	}
	m, faults := e.mapping(names...)
	r.faults = append(r.faults, faults...)
	for _, e := range m.entries {
		for _, l := range all {
			if l.name == e.key {
				*l.value = most(r.number(e, 1))
			}
		}
	}
}

// number is the value of an entry as a whole number.
func (r *worldReader) number(e entry, least int64) int64 {
	text, fault := e.text()
	if fault != nil {
		r.refuse(fault)
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least {
		r.refuse(e.fault(fmt.Sprintf("%q must be a whole number of at least %d", e.key, least), "write digits only"))
	}
	return n
}

func (r *worldReader) rule(e entry) {
	text, bad := e.text()
	if bad != nil {
		r.refuse(bad)
		return
	}
	rule, err := fault.Parse(text)
	if err != nil {
		r.refuse(e.fault(err.Error(), "see cartosync sandbox --help"))
		return
	}
	r.world.rules = append(r.world.rules, rule)
}

// dir is the directory that an entry names.
func (r *worldReader) dir(e entry) string {
	name, fault := e.text()
	if fault != nil {
		r.faults = append(r.faults, fault)
		return ""
	}
	info, err := r.root.Stat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fault = e.fault(fmt.Sprintf("there is no directory %q", name), "create it, or correct the path: it begins at the manifest's directory")
	case err != nil:
		fault = e.fault(fmt.Sprintf("directory %q cannot be used: %v", name, withoutPath(err)), "name a directory inside the manifest's")
	case !info.IsDir():
		fault = e.fault(fmt.Sprintf("%q is not a directory", name), "name the directory that holds the files")
	}
	if fault != nil {
		r.faults = append(r.faults, fault)
		return ""
	}
	return filepath.Join(r.root.Name(), filepath.FromSlash(name))
}
