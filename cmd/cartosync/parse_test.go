package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
)

// parse reads a command line as a run would.
func parse(t *testing.T, args ...string) (grammar, error) {
	t.Helper()
	for _, name := range []string{"CARTO_ACCOUNT_URL", "CARTO_CREDENTIALS", "CARTOSYNC_SANDBOX_API_KEY"} {
		unsetenv(t, name)
	}
	var g grammar
	parser, err := newParser(&g, streams{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return g, err
}

// bare are the flags of plan and apply when none is given.
func bare() planFlags {
	var f planFlags
	f.Manifests, f.SecretsDir, f.Format = []string{"carto.yaml"}, "/run/secrets", "text"
	return f
}

func with(set func(*planFlags)) planFlags {
	f := bare()
	set(&f)
	return f
}

func TestParsePlan(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want planFlags
	}{
		{"defaults", nil, bare()},
		{"manifests as typed", []string{"./a", "b/../carto.yaml"}, with(func(f *planFlags) {
			f.Manifests = []string{"./a", "b/../carto.yaml"}
		})},
		{"names repeated and listed", []string{"--target", "a,b", "--target=c", "--exclude", "d", "--reimport", "e"}, with(func(f *planFlags) {
			f.Target, f.Exclude, f.Reimport = []string{"a", "b", "c"}, []string{"d"}, []string{"e"}
		})},
		{"guards", []string{"--allow", "shrink:parcels", "--allow", "mass_delete:roads"}, with(func(f *planFlags) {
			f.Allow = []allowance{{plan.GuardShrink, "parcels"}, {plan.GuardMassDelete, "roads"}}
		})},
		{"values may hold anything", []string{"--var", "a=1;2,3=4", "--var", "b="}, with(func(f *planFlags) {
			f.Var = map[string]string{"a": "1;2,3=4", "b": ""}
		})},
		{"secrets", []string{"--secret-env", "PGPASSWORD,HIVE", "--secrets-dir", "s"}, with(func(f *planFlags) {
			f.SecretEnv, f.SecretsDir = []string{"PGPASSWORD", "HIVE"}, "s"
		})},
		{"account", []string{"--account", "https://a.carto.com", "--api-key-file", "k", "--credentials", "c", "--sandbox"}, with(func(f *planFlags) {
			f.accountFlags = accountFlags{Account: "https://a.carto.com", APIKeyFile: "k", Credentials: "c", Sandbox: true}
		})},
		{"output", []string{"--format", "json", "-v", "--no-color", "--detailed-exitcode", "--parallelism", "3"}, with(func(f *planFlags) {
			f.outputFlags = outputFlags{Format: "json", Verbose: true, NoColor: true}
			f.DetailedExitcode, f.Parallelism = true, 3
		})},
		{"choices", []string{"--prune", "--prune-first", "--adopt", "--allow-private-urls"}, with(func(f *planFlags) {
			f.Prune, f.PruneFirst, f.Adopt, f.AllowPrivateURLs = true, true, true, true
		})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parse(t, append([]string{"plan"}, test.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Plan.planFlags, unexported); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			got, err = parse(t, append([]string{"apply", "--auto-approve"}, test.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(applyCmd{planFlags: test.want, leaseFlags: leaseFlags{LeaseTimeout: 10 * time.Minute}, AutoApprove: true}, got.Apply, unexported); diff != "" {
				t.Errorf("apply (-want +got):\n%s", diff)
			}
		})
	}
}

// unexported lets cmp look into our own types.
var unexported = cmp.Exporter(func(t reflect.Type) bool { return strings.HasSuffix(t.PkgPath(), "cmd/cartosync") })

func TestParseOthers(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want grammar
	}{
		{"validate", []string{"validate", "a", "--var", "x=y", "--format=json"}, grammar{Validate: validateCmd{
			manifestArgs: manifestArgs{[]string{"a"}}, varFlags: varFlags{map[string]string{"x": "y"}}, Format: "json",
		}}},
		{"schema", []string{"schema"}, grammar{Schema: schemaCmd{Of: "manifest"}}},
		{"schema of plans", []string{"schema", "plan"}, grammar{Schema: schemaCmd{Of: "plan"}}},
		{"version", []string{"version"}, grammar{}},
		{"sandbox", []string{"sandbox"}, grammar{Sandbox: sandboxCmd{
			Listen: "127.0.0.1:8080", User: sandbox.DefaultUser, APIKey: sandbox.DefaultAPIKey, ClockSpeed: 1,
		}}},
		{"sandbox with all", []string{
			"sandbox", "--listen", "127.0.0.1:0", "--dir", "d", "--user", "u", "--api-key", "k", "--serve", "s",
			"--connector", "hive=h", "--connector", "mysql=m,n;o", "--clock-speed", "2.5", "--import-file-size", "10", "--import-rows", "20",
			"--allow-fetch", "a.test,b.test", "--import-slots", "1", "--connector-rows", "2", "--storage", "3", "--tables", "4", "--public-datasets", "5",
			"--no-synchronizations", "--no-connectors", "--fault", "lose*1,2", "--fault-seed", "7", "--admin",
		}, grammar{Sandbox: sandboxCmd{
			Listen: "127.0.0.1:0", Dir: "d", User: "u", APIKey: "k", Serve: "s",
			Connector: map[string]string{"hive": "h", "mysql": "m,n;o"}, ClockSpeed: 2.5, AllowFetch: []string{"a.test", "b.test"},
			Limits:             sandboxLimits{ImportFileSize: 10, ImportRows: 20, ImportSlots: 1, ConnectorRows: 2, Storage: 3, Tables: 4, PublicDatasets: 5},
			NoSynchronizations: true, NoConnectors: true, Fault: []string{"lose*1,2"}, FaultSeed: 7, Admin: true,
		}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parse(t, test.args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, selected(test.args[0], got), unexported); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// selected leaves the command that was given; the others hold their defaults.
func selected(command string, g grammar) grammar {
	switch command {
	case "validate":
		return grammar{Validate: g.Validate}
	case "schema":
		return grammar{Schema: g.Schema}
	case "sandbox":
		return grammar{Sandbox: g.Sandbox}
	}
	return grammar{}
}

func TestParseEnvironment(t *testing.T) {
	t.Setenv("CARTO_ACCOUNT_URL", "https://b.carto.com")
	t.Setenv("CARTO_CREDENTIALS", "mine.yaml")
	var g grammar
	parser, err := newParser(&g, streams{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"plan", "--credentials", "other.yaml"}); err != nil {
		t.Fatal(err)
	}
	want := accountFlags{Account: "https://b.carto.com", Credentials: "other.yaml"}
	if diff := cmp.Diff(want, g.Plan.accountFlags); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheckFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"nothing", nil, ""},
		{"prune alone", []string{"--prune", "--prune-first"}, ""},
		{"prune and target", []string{"--prune", "--target", "a"}, "--prune cannot be combined with --target: it is about everything that is no longer declared; run --prune on its own"},
		{"prune and exclude", []string{"--exclude", "a", "--prune"}, "--prune cannot be combined with --exclude: it is about everything that is no longer declared; run --prune on its own"},
		{"order without deletion", []string{"--prune-first"}, "--prune-first says when to delete, but nothing is deleted without --prune; add --prune, or leave it out"},
		{"negative pool", []string{"--parallelism=-1"}, "--parallelism -1 is negative; give 1 or more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, err := parse(t, append([]string{"plan"}, test.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, message(g.Plan.check())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryCommandRuns(t *testing.T) {
	parser, err := newParser(new(grammar), streams{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Leaves(false) {
		t.Run(node.Name, func(t *testing.T) {
			if _, ok := node.Target.Addr().Interface().(command); !ok {
				t.Error("it has no Run(context.Context, *app) error")
			}
		})
	}
}
