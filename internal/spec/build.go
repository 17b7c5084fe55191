package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/name"
)

// A builder makes typed values of what the schema has judged. It takes what is sound
// and leaves the rest out, so that one mistake does not hide another.
type builder struct {
	schemas     *schemas
	dir         *directory
	defaults    value             // zero where there are none
	connections map[string]string // providers by key
	faults      *faults
}

// entry is a dataset in the making: what stands in the entry itself, else in the
// defaults, where null in the entry means neither.
type entry struct {
	own      value
	defaults value
}

func (e entry) get(name string) (value, bool) {
	if e.own.has(name) {
		return e.own.get(name)
	}
	return e.defaults.get(name)
}

// in returns the entry of a nested mapping whose keys are taken one by one.
func (e entry) in(name string) entry {
	own, written := e.own.get(name)
	if !written && e.own.has(name) {
		return entry{}
	}
	defaults, _ := e.defaults.get(name)
	return entry{own: own, defaults: defaults}
}

func (e entry) text(name string) *string {
	v, _ := e.get(name)
	if s, ok := v.text(); ok {
		return &s
	}
	return nil
}

func (e entry) flag(name string) *bool {
	v, _ := e.get(name)
	if b, ok := v.json.(bool); ok {
		return &b
	}
	return nil
}

func (e entry) flagOr(name string, otherwise bool) bool {
	if b := e.flag(name); b != nil {
		return *b
	}
	return otherwise
}

func (e entry) textOr(name, otherwise string) string {
	if s := e.text(name); s != nil {
		return *s
	}
	return otherwise
}

// texts returns a list of texts, nil where there is none.
func (e entry) texts(name string) *[]string {
	v, ok := e.get(name)
	if _, isList := v.json.([]any); !ok || !isList {
		return nil
	}
	list := []string{}
	for _, item := range v.items() {
		if s, ok := item.text(); ok {
			list = append(list, s)
		}
	}
	return &list
}

// dataset builds one entry. The second result is the connection of an inline connector.
func (b *builder) dataset(v value) (Dataset, *Connection) {
	d := Dataset{Pos: v.pos(), written: &tree{v.doc.path, v.node}}
	if b.defaults.node != nil {
		d.defaults = &tree{b.defaults.doc.path, b.defaults.node}
	}
	e := entry{own: v, defaults: b.defaults}
	b.name(v, &d)
	inline := b.source(v, &d)
	b.sync(e, &d)
	d.Title, d.Description, d.License, d.Attributions = e.text("title"), e.text("description"), e.text("license"), e.text("attributions")
	d.Tags = e.texts("tags")
	if p := e.text("privacy"); p != nil {
		privacy := Privacy(*p)
		d.Privacy = &privacy
	}
	b.checkTags(v)
	d.Share = b.share(e)
	b.renamedFrom(v, &d)
	d.Adopt = adopt(v)
	d.Import = b.importOptions(v, &d, e.in("import"))
	d.Lifecycle = lifecycle(e.in("lifecycle"))
	d.Guards = guards(e.in("guards"))
	d.Expect = b.expect(v, d.Source.Kind)
	return d, inline
}

// name takes only names that CARTO would keep: under another the dataset would never
// be found again, and imported once more at each run.
func (b *builder) name(v value, d *Dataset) {
	n, ok := v.get("name")
	s, isText := n.text()
	if !ok || !isText {
		return
	}
	d.Name = s
	kept := name.Sanitize(s)
	switch {
	case s == "":
		b.faults.add(n.pos(), "the dataset's name is empty", "give it one")
	case len(s) > maxName:
		b.faults.add(n.pos(), fmt.Sprintf("name %s has %d characters, and CARTO tells datasets apart by the first %d", quote(s), len([]rune(s)), maxName), "shorten it")
	case !name.IsDataset(s):
		b.faults.add(n.pos(), fmt.Sprintf("CARTO would not keep the name %s: it would become %s", quote(s), quote(kept)), "write "+quote(kept)+", or another name")
	case strings.Contains(s, "|"):
		b.faults.add(n.pos(), fmt.Sprintf("name %s has a |, which SQL and URLs trip over", quote(s)), "write "+quote(strings.ReplaceAll(s, "|", "_")))
	}
}

// maxName is the length in characters in which dataset names must differ.
// Source: CartoDB/cartodb: lib/carto/valid_table_name_proposer.rb.
const maxName = 62

func (b *builder) sync(e entry, d *Dataset) {
	remote := d.Source.Kind == SourceURL || d.Source.Kind == SourceConnector
	own, written := e.own.get("sync")
	if written && !remote && !unclear(e.own, d) {
		hint := "CARTO cannot fetch a file of yours again; remove sync, or give a url"
		if d.Source.Kind == SourceNone {
			hint = "remove sync, or give a url or a connector as source"
		}
		b.faults.add(own.keyPos(), "sync needs a source that is a url or a connector", hint)
	}
	v, ok := e.in("sync").get("interval")
	if !ok || (!written && !remote) {
		return
	}
	interval, ok := b.interval(v)
	if !ok || !remote {
		return
	}
	d.Sync = &Sync{Interval: interval, Pos: v.pos()}
	source, _ := e.own.get("source")
	if fetch, ok := source.get("fetch"); ok && d.Source.Kind == SourceURL {
		b.faults.add(fetch.keyPos(), "fetch is for a URL that is imported once, and this one has sync", "remove fetch; CARTO fetches what it synchronizes")
	}
}

// interval reads the interval of a synchronization.
func (b *builder) interval(v value) (time.Duration, bool) {
	interval, err := duration(v.json)
	switch {
	case err != nil && b.faults.at(v.pos()):
		return 0, false // the schema said so
	case err != nil:
		b.faults.add(v.pos(), "synchronization interval "+err.Error(), "write 900, 15m, 1h, 1d or 1w")
		return 0, false
	case interval < MinInterval:
		b.faults.add(v.pos(), fmt.Sprintf("synchronization interval %v is below CARTO's minimum of 15m", v.json), "set interval to 15m or more")
		return 0, false
	}
	return interval, true
}

// unclear reports whether there is a source that could not be understood.
func unclear(v value, d *Dataset) bool {
	_, written := v.get("source")
	return written && d.Source.Kind == SourceNone
}

func (b *builder) renamedFrom(v value, d *Dataset) {
	d.RenamedFrom = v.textAt("renamed_from")
	if d.RenamedFrom != "" && d.RenamedFrom == d.Name {
		member, _ := v.get("renamed_from")
		b.faults.add(member.pos(), "renamed_from is the dataset's own name", "remove it, or name the dataset differently")
		d.RenamedFrom = ""
	}
}

func adopt(v value) Adopt {
	member, _ := v.get("adopt")
	any, _ := member.json.(bool)
	return Adopt{Any: any, From: member.textAt("from")}
}

// importOptions are for files and URLs: CARTO passes them to nothing else.
// Source: CartoDB/cartodb: app/models/data_import.rb.
func (b *builder) importOptions(v value, d *Dataset, e entry) Import {
	if own, written := v.get("import"); written {
		switch {
		case d.Source.Kind == SourceConnector:
			b.faults.add(own.keyPos(), "import options have no effect on connectors", "remove import; convert types in sql_query")
		case d.Source.Kind == SourceNone && !unclear(v, d):
			b.faults.add(own.keyPos(), "import options act on files and URLs only", "remove import, or give the dataset a source")
		}
	}
	return Import{
		TypeGuessing:         e.flagOr("type_guessing", true),
		QuotedFieldsGuessing: e.flagOr("quoted_fields_guessing", true),
		ContentGuessing:      e.flagOr("content_guessing", false),
	}
}

func lifecycle(e entry) Lifecycle {
	l := Lifecycle{
		PreventDestroy: e.flag("prevent_destroy"),
		OnSchemaChange: e.textOr("on_schema_change", "fail"),
		OnDrift:        e.textOr("on_drift", ""),
	}
	if fields := e.texts("ignore_changes"); fields != nil {
		l.IgnoreChanges = slices.Compact(slices.Sorted(slices.Values(*fields)))
	}
	return l
}

func guards(e entry) Guards {
	g := Guards{Empty: e.flag("empty"), Extent: e.flag("extent"), Maps: e.flag("maps")}
	if v, ok := e.get("shrink"); ok {
		if share, ok := number(v.json); ok {
			g.Shrink = &share
		}
	}
	if allow := e.texts("allow"); allow != nil {
		g.Allow = *allow
	}
	return g
}
