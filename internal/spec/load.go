package spec

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// ManifestName is the name of the manifest of a directory.
const ManifestName = "carto.yaml"

// Options are what a run gives to every manifest.
type Options struct {
	Vars map[string]string // values of variables, over the defaults under vars
}

// Load reads the manifests at paths; a directory stands for its carto.yaml. The error,
// where there is one, is [Errors] with every fault of every file, sorted by place, and
// the manifests are nil then.
func Load(o Options, paths ...string) ([]Manifest, error) {
	f := &faults{}
	var manifests []Manifest
	declared := map[string]bool{}
	var seen []os.FileInfo
	for _, p := range paths {
		info, err := os.Stat(p)
		if err == nil && info.IsDir() {
			p = filepath.Join(p, ManifestName)
			info, err = os.Stat(p)
		}
		if err != nil {
			f.list = append(f.list, unreadable(p, err))
			continue
		}
		if slices.ContainsFunc(seen, func(s os.FileInfo) bool { return os.SameFile(s, info) }) {
			f.add(Position{File: p, Line: 1, Column: 1}, "the manifest is given twice", "name it once")
			continue
		}
		seen = append(seen, info)
		l := &loader{options: o, faults: f, declared: declared}
		manifests = append(manifests, l.load(p))
	}
	checkGiven(o, paths, declared, f)
	checkAcross(manifests, f)
	if len(f.list) > 0 {
		return nil, sorted(f.list)
	}
	return manifests, nil
}

// A loader reads one manifest with the files it includes.
type loader struct {
	options  Options
	faults   *faults
	declared map[string]bool // variables of all manifests so far
	vars     map[string]variable
	manifest Manifest
	builder  *builder
}

// A part is one file, its root converted and judged but for the datasets.
type part struct {
	doc   *document
	root  value
	items *yaml.Node // the list of datasets, nil where there is none
}

func (l *loader) load(path string) Manifest {
	l.manifest = Manifest{Path: path, Dir: filepath.Dir(path)}
	doc := l.open(path)
	if doc == nil {
		return l.manifest
	}
	parts := l.parts(doc)
	l.manifest.SHA256 = digest(l.manifest.Dir, doc, parts)
	if len(parts) == 0 {
		return l.manifest
	}
	dir := newDirectory(l.manifest.Dir)
	defer dir.close()
	l.builder = &builder{schemas: compiled(), dir: dir, connections: map[string]string{}, faults: l.faults}
	l.builder.defaults, _ = parts[0].root.get("defaults")
	l.header(parts[0].root)
	l.connections(parts)
	for _, p := range parts {
		l.datasets(p)
	}
	slices.SortFunc(l.manifest.Connections, func(a, b Connection) int { return strings.Compare(a.Key, b.Key) })
	return l.manifest
}

func (l *loader) open(path string) *document {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() { // opening a pipe would wait for ever
		l.faults.list = append(l.faults.list, &Error{Pos: Position{File: path, Line: 1, Column: 1}, Problem: "it is no regular file", Hint: "name a manifest or a directory that holds a carto.yaml"})
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		l.faults.list = append(l.faults.list, unreadable(path, err))
		return nil
	}
	defer file.Close()
	doc, fault := read(path, file)
	if fault != nil {
		l.faults.list = append(l.faults.list, fault)
		return nil
	}
	return doc
}

// parts returns the root manifest and the files it includes, as far as they are YAML.
func (l *loader) parts(doc *document) []part {
	node := l.parse(doc, "begin with version: 1 and project: NAME")
	if node == nil {
		return nil
	}
	l.vars = declareVars(doc, node, l.options.Vars, l.faults)
	for name := range l.vars {
		l.declared[name] = true
	}
	s := compiled()
	root := l.convert(doc, node)
	s.validate(s.root, root.root, l.faults)
	parts := []part{root}
	for _, included := range include(doc, root.root, l.faults) {
		node := l.parse(included, "list datasets or connections in it, or delete it")
		p := part{doc: included}
		if node != nil {
			p = l.convert(included, node)
			s.validate(s.included, p.root, l.faults)
		}
		parts = append(parts, p)
	}
	return parts
}

// parse returns the top-level mapping of a file that may be walked, else nil. The hint
// is for a file that says nothing.
func (l *loader) parse(doc *document, hint string) *yaml.Node {
	node, fault := doc.parse()
	switch {
	case fault != nil:
		l.faults.list = append(l.faults.list, fault)
		return nil
	case node == nil:
		l.faults.add(doc.start(), "the file says nothing", hint)
		return nil
	case !checkStructure(doc, node, l.faults):
		return nil
	}
	return node
}

// convert makes JSON of a file, all but the entries of its datasets: these are judged
// one by one, since a large manifest is little else.
func (l *loader) convert(doc *document, node *yaml.Node) part {
	c := &converter{doc: doc, faults: l.faults, vars: l.vars}
	p := part{doc: doc}
	root := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, member := resolveAlias(node.Content[i]), node.Content[i+1]
		key := name.Value
		if _, twice := root[key]; twice || name.Kind != yaml.ScalarNode || name.Tag == "!!merge" {
			continue // complained about already
		}
		c.verbatim = key == "vars"
		if list := resolveAlias(member); key == "datasets" && list.Kind == yaml.SequenceNode {
			p.items = list
			root[key] = []any{}
			continue
		}
		root[key] = c.in(key, member)
	}
	p.root = value{doc: doc, node: node, json: root}
	return p
}

// datasets converts, judges and builds the entries of one file.
func (l *loader) datasets(p part) {
	if p.items == nil {
		return
	}
	s := compiled()
	for _, item := range p.items.Content {
		f := &faults{}
		c := &converter{doc: p.doc, faults: f, vars: l.vars, path: []string{"datasets", ""}}
		v := value{doc: p.doc, node: item, json: c.value(item)}
		s.validate(s.dataset, v, f)
		l.builder.faults = f
		if _, ok := v.json.(map[string]any); ok {
			d, inline := l.builder.dataset(v)
			l.manifest.Datasets = append(l.manifest.Datasets, d)
			if inline != nil {
				l.manifest.Connections = append(l.manifest.Connections, *inline)
			}
		}
		l.faults.list = append(l.faults.list, f.list...)
	}
}

// digest identifies the bytes of a manifest with all its files.
func digest(dir string, root *document, parts []part) string {
	h := sha256.New()
	add := func(name string, data []byte) {
		var length [16]byte
		binary.BigEndian.PutUint64(length[:8], uint64(len(name)))
		binary.BigEndian.PutUint64(length[8:], uint64(len(data)))
		h.Write(length[:])
		io.WriteString(h, name)
		h.Write(data)
	}
	add("", root.data)
	for _, p := range parts[min(1, len(parts)):] {
		rel, err := filepath.Rel(dir, p.doc.path)
		if err != nil {
			rel = p.doc.path
		}
		add(filepath.ToSlash(rel), p.doc.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// manifestPath is the path of the manifest that a path on the command line means.
func manifestPath(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, ManifestName)
	}
	return path
}
