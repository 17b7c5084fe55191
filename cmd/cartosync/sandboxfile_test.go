package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

func TestReadWorld(t *testing.T) {
	tests := []struct {
		name, text string
		want       world
		err        string
	}{
		{"both", "serve: remote\nconnectors:\n  hive: warehouse\n  mysql: ./remote/../warehouse\n",
			world{serve: "DIR/remote", connectors: map[string]string{"hive": "DIR/warehouse", "mysql": "DIR/warehouse"}}, ""},
		{"empty", "# nothing\n", world{connectors: map[string]string{}}, ""},
		{"limits and faults", "limits: {import_file_size: 10, import_rows: 20, import_slots: 1, connector_rows: 30, storage: 40, tables: 2, public_datasets: 1}\n" +
			"faults:\n  - lose@POST/api/v1/imports*1\n  - slots\nfault_seed: 7\n", world{connectors: map[string]string{},
			limits: sandboxLimits{ImportFileSize: 10, ImportRows: 20, ImportSlots: 1, ConnectorRows: 30, Storage: 40, Tables: 2, PublicDatasets: 1},
			rules:  []fault.Rule{{Kind: fault.Lose, Method: "POST", Path: "/api/v1/imports", Times: 1}, {Kind: fault.Slots}}, seed: 7}, ""},
		{"wrong limits", "limits:\n  tabels: 1\n  import_rows: 0\n  storage: 1GB\n  tables: [1]\n", world{},
			`DIR/sandbox.yaml:2:3: unknown key "tabels"; did you mean "tables"?` + "\n" +
				`DIR/sandbox.yaml:3:3: "import_rows" must be a whole number of at least 1; write digits only` + "\n" +
				`DIR/sandbox.yaml:4:3: "storage" must be a whole number of at least 1; write digits only` + "\n" +
				`DIR/sandbox.yaml:5:3: "tables" must be a text`},
		{"wrong faults", "faults: [refuse=2, {a: b}]\n", world{},
			`DIR/sandbox.yaml:1:10: fault "refuse=2": refuse takes no value; see cartosync sandbox --help` + "\n" + `DIR/sandbox.yaml:1:20: "faults" must be a text`},
		{"faults are a list", "faults: slots\nfault_seed: -1\n", world{},
			`DIR/sandbox.yaml:1:1: "faults" must be a list; write [a, b]` + "\n" + `DIR/sandbox.yaml:2:1: "fault_seed" must be a whole number of at least 0; write digits only`},
		{"unknown key", "sreve: remote\n", world{}, `DIR/sandbox.yaml:1:1: unknown key "sreve"; did you mean "serve"?`},
		{"missing directory", "serve: remot\n", world{},
			`DIR/sandbox.yaml:1:1: there is no directory "remot"; create it, or correct the path: it begins at the manifest's directory`},
		{"a file", "serve: file.csv\n", world{}, `DIR/sandbox.yaml:1:1: "file.csv" is not a directory; name the directory that holds the files`},
		{"outside", "connectors:\n  hive: ../elsewhere\n", world{},
			`DIR/sandbox.yaml:2:3: directory "../elsewhere" cannot be used: path escapes from parent; name a directory inside the manifest's`},
		{"absolute", "serve: /etc\n", world{},
			`DIR/sandbox.yaml:1:1: directory "/etc" cannot be used: path escapes from parent; name a directory inside the manifest's`},
		{"link to the outside", "serve: link\n", world{},
			`DIR/sandbox.yaml:1:1: directory "link" cannot be used: path escapes from parent; name a directory inside the manifest's`},
		{"wrong types", "serve: [remote]\nconnectors: warehouse\n", world{}, "DIR/sandbox.yaml:1:1: \"serve\" must be a text\n" +
			"DIR/sandbox.yaml:2:13: this must be a mapping; write key: value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, sub := range []string{"remote", "warehouse"} {
				if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(t.TempDir(), filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			for name, content := range map[string]string{"file.csv": "a\n1\n", sandboxFile: test.text} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			got, err := readWorld(dir)
			if diff := cmp.Diff(test.err, replaced(message(err), dir, "DIR")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			got.serve = strings.Replace(got.serve, dir, "DIR", 1)
			for provider, path := range got.connectors {
				got.connectors[provider] = strings.Replace(path, dir, "DIR", 1)
			}
			if diff := cmp.Diff(test.want, got, unexported); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadWorldWithoutFile(t *testing.T) {
	got, err := readWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(world{}, got, unexported); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSandboxDirIgnoresItself(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second time there is nothing to make
		got, err := sandboxDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, ".cartosync", "sandbox"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		ignored, err := os.ReadFile(filepath.Join(dir, ".cartosync", ".gitignore"))
		if diff := cmp.Diff("*\n", string(ignored)); err != nil || diff != "" {
			t.Errorf("%v, .gitignore (-want +got):\n%s", err, diff)
		}
	}
}
