package docstest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A document is a file of Markdown as far as the tests care.
type document struct {
	name     string // from the module's directory, with slashes
	lines    []string
	blocks   []block
	headings []heading
}

// A heading begins a section, which ends at the next heading of the same level or above.
type heading struct {
	line  int // from 1
	level int
	title string
}

// A block is a fenced block.
type block struct {
	line    int // of the opening fence, from 1
	lang    string
	comment string // the HTML comment right before it
	section string // the title of the heading above it
	body    []string
}

var (
	headingLine = regexp.MustCompile(`^(#{1,6}) +(.+?) *$`)
	commentLine = regexp.MustCompile(`^<!-- *(.*?) *-->$`)
)

func parse(name, text string) (*document, error) {
	d := &document{name: name, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	var open *block
	section := ""
	for i, line := range d.lines {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open != nil && isFence:
			d.blocks, open = append(d.blocks, *open), nil
		case open != nil:
			open.body = append(open.body, line)
		case isFence:
			open = &block{line: i + 1, lang: fence, section: section}
			if m := commentLine.FindStringSubmatch(before(d.lines, i)); m != nil {
				open.comment = m[1]
			}
		default:
			if m := headingLine.FindStringSubmatch(line); m != nil {
				section = m[2]
				d.headings = append(d.headings, heading{i + 1, len(m[1]), m[2]})
			}
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s:%d: the block has no end", name, open.line)
	}
	return d, nil
}

func before(lines []string, i int) string {
	if i == 0 {
		return ""
	}
	return lines[i-1]
}

// excuse is why a block is not run, and whether it claims one.
func (b block) excuse() (reason string, ok bool) {
	return strings.CutPrefix(b.comment, "not run: ")
}

// file is the name that a block of YAML gives itself.
func (b block) file() string {
	if len(b.body) == 0 {
		return ""
	}
	name, ok := strings.CutPrefix(b.body[0], "# ")
	if !ok || strings.ContainsAny(name, " :") || !strings.Contains(name, ".y") {
		return ""
	}
	return name
}

// fragment is the part of a manifest that a block is, as its comment says.
func (b block) fragment() string {
	part, _ := strings.CutPrefix(b.comment, "part of a manifest: ")
	if part == b.comment {
		return ""
	}
	return part
}

// section is the lines below a heading, up to the next of its level or above.
func (d *document) section(t *testing.T, title string) []string {
	t.Helper()
	for i, h := range d.headings {
		if h.title != title {
			continue
		}
		end := len(d.lines)
		for _, next := range d.headings[i+1:] {
			if next.level <= h.level {
				end = next.line - 1
				break
			}
		}
		return d.lines[h.line:end]
	}
	t.Fatalf("%s has no section %q", d.name, title)
	return nil
}

// rows are the rows of all tables among lines, without their heads, cell by cell.
func rows(lines []string) [][]string {
	var all [][]string
	for i, line := range lines {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
			continue
		}
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "| ---") {
			continue // the head
		}
		all = append(all, cells(line))
	}
	return all
}

func cells(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.Trim(line, "| "), `\|`, bar)
	var out []string
	for cell := range strings.SplitSeq(line, "|") {
		out = append(out, strings.ReplaceAll(strings.TrimSpace(cell), bar, "|"))
	}
	return out
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// code are the code spans in a text.
func code(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestParse(t *testing.T) {
	const text = "# Title\n\n| a | b |\n| --- | --- |\n| `x\\|y` | z |\n\n## Sub\n<!-- not run: no -->\n```console\n$ x\n# not a heading\n```\n\n# Next\n"
	d, err := parse("x.md", text)
	if err != nil {
		t.Fatal(err)
	}
	want := document{
		name:     "x.md",
		lines:    d.lines,
		headings: []heading{{1, 1, "Title"}, {7, 2, "Sub"}, {14, 1, "Next"}},
		blocks:   []block{{9, "console", "not run: no", "Sub", []string{"$ x", "# not a heading"}}},
	}
	if diff := cmp.Diff(want, *d, cmp.AllowUnexported(document{}, heading{}, block{})); diff != "" {
		t.Errorf("parsed document (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"`x|y`", "z"}}, rows(d.section(t, "Title"))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, err := parse("x.md", "```sh\n"); err == nil {
		t.Error("a block without end is no error")
	}
}
