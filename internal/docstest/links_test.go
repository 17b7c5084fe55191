package docstest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks follows every link within the repository, to the heading that it names.
func TestLinks(t *testing.T) {
	anchors := map[string]map[string]bool{}
	docs := pages(t)
	for _, d := range docs {
		anchors[d.name] = d.anchors()
	}
	found := 0
	for _, d := range docs {
		for i, line := range d.prose() {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.HasPrefix(m[1], "https://") {
					continue
				}
				found++
				file, anchor, _ := strings.Cut(m[1], "#")
				target := d.name
				if file != "" {
					target = path.Join(path.Dir(d.name), file)
				}
				if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
					t.Errorf("%s:%d: there is no %s", d.name, i+1, target)
				}
				if anchor != "" && !anchors[target][anchor] {
					t.Errorf("%s:%d: %s has no heading #%s", d.name, i+1, target, anchor)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no link was found")
	}
}

// prose is the document's lines with those of blocks left empty.
func (d *document) prose() []string {
	lines := append([]string(nil), d.lines...)
	for _, b := range d.blocks {
		for i := range len(b.body) + 2 {
			lines[b.line-1+i] = ""
		}
	}
	return lines
}

// anchors are the headings as links name them.
func (d *document) anchors() map[string]bool {
	all := map[string]bool{}
	for _, h := range d.headings {
		all[anchor(h.title)] = true
	}
	return all
}

// anchor is the link to a heading: lower case, spaces as hyphens, no other punctuation.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
