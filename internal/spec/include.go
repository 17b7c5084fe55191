package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// include reads the files that a root manifest includes, by name, each once.
func include(root *document, manifest value, f *faults) []*document {
	patterns, _ := manifest.get("include")
	if len(patterns.items()) == 0 {
		return nil
	}
	dir := filepath.Dir(root.path)
	inside, err := os.OpenRoot(dir)
	if err != nil {
		f.add(patterns.pos(), "the manifest's directory cannot be opened: "+cause(err), "")
		return nil
	}
	defer inside.Close()
	wanted := map[string]Position{}
	for _, item := range patterns.items() {
		if pattern, ok := item.text(); ok && pattern != "" {
			for _, name := range match(inside, item, pattern, filepath.Base(root.path), f) {
				if _, twice := wanted[name]; !twice {
					wanted[name] = item.pos()
				}
			}
		}
	}
	var docs []*document
	for _, name := range sortedKeys(wanted) {
		if doc := readIncluded(inside, dir, name, wanted[name], f); doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs
}

// match returns the files that a pattern names, without the manifest itself.
func match(inside *os.Root, item value, pattern, self string, f *faults) []string {
	local, fault := localName(pattern)
	if fault != (problem{}) {
		f.add(item.pos(), strings.Replace(fault.text, "file ", "include ", 1), fault.hint)
		return nil
	}
	names, err := []string{local}, error(nil)
	if strings.ContainsAny(local, `*?[\`) {
		names, err = fs.Glob(inside.FS(), local)
	}
	if err != nil {
		f.add(item.pos(), fmt.Sprintf("include %s is not a pattern: %s", quote(pattern), err), "use * ? and [a-z]")
		return nil
	}
	names = slices.DeleteFunc(names, func(name string) bool { return path.Clean(name) == self })
	if len(names) == 0 {
		hint := "patterns count from the manifest's directory"
		if strings.Contains(pattern, "**") {
			hint = "** means no more than *; list each directory"
		}
		f.add(item.pos(), fmt.Sprintf("include %s matches no file", quote(pattern)), hint)
	}
	return names
}

func readIncluded(inside *os.Root, dir, name string, from Position, f *faults) *document {
	shown := filepath.Join(dir, filepath.FromSlash(name))
	file, err := openRegular(inside, name)
	if errors.Is(err, fs.ErrNotExist) {
		f.add(from, fmt.Sprintf("included file %s does not exist", quote(name)), "names count from the manifest's directory")
		return nil
	}
	if err != nil {
		f.add(from, fmt.Sprintf("included file %s cannot be read: %s", quote(name), cause(err)), "include regular files inside the manifest's directory only")
		return nil
	}
	defer file.Close()
	doc, fault := read(shown, file)
	if fault != nil {
		f.list = append(f.list, fault)
		return nil
	}
	return doc
}
