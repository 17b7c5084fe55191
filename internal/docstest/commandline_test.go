package docstest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)?)  +`)
	helpFlag    = regexp.MustCompile(`(?m)^ +(?:-[a-z], +)?--((?:\[no-\])?[a-z][a-z-]*)`)
	flagName    = regexp.MustCompile(`(?:^|[\s(\x60])--((?:\[no-\])?[a-z][a-z-]*)`)
)

// help is what a command says about itself.
func help(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.Command(build(t), append(command, "--help")...).Output()
	if err != nil {
		t.Fatalf("cartosync %s --help: %v", strings.Join(command, " "), err)
	}
	return string(out)
}

// flags are the flags of each command, as the program's help lists them.
func flags(t *testing.T) map[string][]string {
	t.Helper()
	_, list, ok := strings.Cut(help(t), "Commands:\n")
	if !ok {
		t.Fatal("the help page lists no commands")
	}
	list, _, _ = strings.Cut(list, "\n\n")
	all := map[string][]string{}
	for _, m := range helpCommand.FindAllStringSubmatch(list, -1) {
		all[m[1]] = unique(submatches(helpFlag, help(t, strings.Fields(m[1])...)))
	}
	if len(all) < 2 {
		t.Fatalf("the help page lists the commands %v", all)
	}
	return all
}

func submatches(re *regexp.Regexp, text string) []string {
	var all []string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// TestFlags compares the tables of docs/command-line.md with the program's help, command by
// command. "All flags of `cartosync plan`" in a section stands for that command's table,
// and "but `--out`" after it leaves one out.
func TestFlags(t *testing.T) {
	d := open(t, "docs/command-line.md")
	want := flags(t)
	tables := map[string][]string{}
	for _, h := range d.headings {
		command, ok := strings.CutPrefix(h.title, "`cartosync ")
		if !ok {
			continue
		}
		tables[strings.TrimSuffix(command, "`")] = d.documentedFlags(t, h.title)
	}
	got := map[string][]string{}
	inherited := regexp.MustCompile("[Aa]ll flags of `cartosync ([a-z ]+)`(?: but `--([a-z-]+)`)?")
	for command, own := range tables {
		own = append(slices.Clone(own), "help") // every command has it
		for _, m := range inherited.FindAllStringSubmatch(strings.Join(d.section(t, "`cartosync "+command+"`"), " "), -1) {
			for _, flag := range tables[m[1]] {
				if flag != m[2] {
					own = append(own, flag)
				}
			}
		}
		got[command] = unique(own)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands and flags (-program +docs/command-line.md):\n%s", diff)
	}
}

func (d *document) documentedFlags(t *testing.T, section string) []string {
	t.Helper()
	var all []string
	for _, row := range rows(d.section(t, section)) {
		all = append(all, submatches(flagName, row[0])...)
	}
	return all
}

// TestMentions makes sure that commands and flags that are mentioned anywhere exist.
func TestMentions(t *testing.T) {
	known := asWritten(flags(t))
	for _, d := range pages(t) {
		for i, line := range d.lines {
			for _, text := range d.commands(i, line) {
				for part := range strings.SplitSeq(strings.ReplaceAll(text, "$(", "|"), "|") {
					for _, fault := range known.faults(part) {
						t.Errorf("%s:%d: %s", d.name, i+1, fault)
					}
				}
			}
		}
	}
}

// A vocabulary is the flags of each command, as they may be written. "" has those of all.
type vocabulary map[string][]string

// asWritten adds the ways of writing --[no-]wait, and the words that commands begin with.
func asWritten(known map[string][]string) vocabulary {
	all := vocabulary{}
	for command, names := range known {
		for _, name := range names {
			all[command] = append(all[command], name)
			if plain, ok := strings.CutPrefix(name, "[no-]"); ok {
				all[command] = append(all[command], plain, "no-"+plain)
			}
		}
		all[""] = append(all[""], all[command]...)
		if group, _, ok := strings.Cut(command, " "); ok {
			all[group] = []string{"help"}
		}
	}
	return all
}

var mention = regexp.MustCompile(`(?:^|[\s$])(?:cartosync|go run \./cmd/cartosync) +([a-z]+)(?: +([a-z]+))?`)

// faults are the commands and flags in a text that do not exist.
func (v vocabulary) faults(text string) (all []string) {
	command := ""
	if m := mention.FindStringSubmatch(text); m != nil {
		command = m[1]
		if v[m[1]+" "+m[2]] != nil {
			command += " " + m[2]
		}
		if v[command] == nil {
			all = append(all, fmt.Sprintf("there is no command %q", command))
		}
	}
	for _, name := range submatches(flagName, text) {
		if !slices.Contains(v[command], name) {
			all = append(all, fmt.Sprintf("%q has no flag --%s", text, name))
		}
	}
	return all
}

// commands are the texts on a line that may be commands of ours: code spans, and lines of blocks
// that call the program.
func (d *document) commands(i int, line string) []string {
	for _, b := range d.blocks {
		if i+1 > b.line && i+1 <= b.line+len(b.body) {
			if strings.Contains(line, "cartosync ") && (strings.HasPrefix(line, "$ ") || b.lang != "console") {
				return []string{line}
			}
			return nil
		}
	}
	return code(line)
}

// TestEnvironment compares the variables in docs/command-line.md with those that the command
// line's package names.
func TestEnvironment(t *testing.T) {
	name := regexp.MustCompile(`\b(CARTO_[A-Z_]+|CARTOSYNC_[A-Z_]+|NO_COLOR|TERM)\b`)
	var want []string
	for _, f := range parseDir(t, "cmd/cartosync") {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				want = append(want, submatches(name, lit.Value)...)
			}
			return true
		})
	}
	var got []string
	for _, row := range rows(open(t, "docs/command-line.md").section(t, "Environment")) {
		got = append(got, submatches(name, row[0])...)
	}
	if diff := cmp.Diff(unique(want), unique(got)); diff != "" {
		t.Errorf("environment variables (-program +docs/command-line.md):\n%s", diff)
	}
}

// parseDir parses the Go files of a package.
func parseDir(t *testing.T, dir string) []*ast.File {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil || len(entries) == 0 {
		t.Fatalf("%s has no Go files: %v", dir, err)
	}
	var files []*ast.File
	fset := token.NewFileSet()
	for _, path := range entries {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// constants are the values of the text constants of a type in a file.
func constants(t *testing.T, file, typ string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, s := range gen.Specs {
			v := s.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); !ok || id.Name != typ {
				continue
			}
			for i, name := range v.Names {
				if lit, ok := v.Values[i].(*ast.BasicLit); ok {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						all[name.Name] = text
					}
				}
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no constants of type %s", file, typ)
	}
	return all
}

// TestExitCodes compares the exit codes in the documents with those of the help page.
func TestExitCodes(t *testing.T) {
	_, list, _ := strings.Cut(help(t), "Exit codes:\n")
	want := submatches(regexp.MustCompile(`(?m)^ +([0-9]+) `), list)
	if len(want) == 0 {
		t.Fatal("the help page lists no exit codes")
	}
	for _, at := range []struct{ document, section string }{
		{"README.md", "Exit codes"}, {"docs/command-line.md", "Exit codes"},
	} {
		var got []string
		for _, row := range rows(open(t, at.document).section(t, at.section)) {
			got = append(got, code(row[0])...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("exit codes (-program +%s):\n%s", at.document, diff)
		}
	}
}
