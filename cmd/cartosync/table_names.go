package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// nameArgs are the things that a command is about.
type nameArgs struct {
	Names []string `arg:"" name:"name" help:"Names or ids. A single - reads them from standard input, one a line."`
}

// maxNames is how much of standard input is read for names, in bytes.
const maxNames = 4 << 20

// read returns the names, each once and in their order.
func (n nameArgs) read(a *app) ([]string, error) {
	names := n.Names
	if len(names) == 1 && names[0] == "-" {
		var err error
		if names, err = readNames(a.stdin); err != nil {
			return nil, err
		}
	}
	var all []string
	seen := map[string]bool{}
	for _, name := range names {
		if name == "" || name == "-" {
			return nil, usage("give names or ids", "%q is neither a name nor an id", name)
		}
		if !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all, nil
}

func readNames(r io.Reader) ([]string, error) {
	var names []string
	limited := &io.LimitedReader{R: r, N: maxNames + 1}
	for lines := bufio.NewScanner(limited); ; {
		if !lines.Scan() {
			if err := lines.Err(); err != nil {
				return nil, fmt.Errorf("reading names from standard input: %w", err)
			}
			break
		}
		if name := strings.TrimSpace(lines.Text()); name != "" {
			names = append(names, name)
		}
	}
	if limited.N <= 0 {
		return nil, errors.New("standard input holds more than 4 MB of names; is this the right input?")
	}
	return names, nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// isID reports whether an argument is an id. No dataset can have one for a name, since
// CARTO makes underscores of hyphens.
func isID(s string) bool { return uuidForm.MatchString(s) }

// didYouMean is the hint for a name that nothing bears.
func didYouMean(name string, known []string, otherwise string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}
