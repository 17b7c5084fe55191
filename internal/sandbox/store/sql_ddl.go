package store

import (
	"slices"
	"strings"
)

// A verb is what a definition does.
type verb string

const (
	createTable   verb = "create table"
	createTableAs verb = "create table as"
	createView    verb = "create view"
	createIndex   verb = "create index"
	dropTable     verb = "drop table"
	dropView      verb = "drop view"
	dropIndex     verb = "drop index"
	renameTable   verb = "rename table"
	alterTable    verb = "alter table"
	cartodbfy     verb = "cartodbfy"
)

// A definition is a statement that changes what relations there are or what columns they have.
type definition struct {
	verb     verb
	name     string  // of the relation or index that it is about
	table    string  // of an index that is created
	to       string  // a new name
	optional bool    // IF EXISTS, IF NOT EXISTS
	replace  bool    // OR REPLACE
	cascade  bool    // views that depend on a table go with it
	unique   bool    // of an index
	tokens   []token // columns in SQLite's form, a query, or one action of ALTER TABLE
}

// creates is the name that must be free for the definition, "" when it needs none.
func (d *definition) creates() string {
	switch d.verb {
	case createTable, createTableAs, createView:
		return d.name
	case renameTable:
		return d.to
	}
	return ""
}

func (d *definition) statement() statement { return statement{definition: d, writes: true} }

// A cursor reads the tokens of a definition from the left.
type cursor struct{ rest []token }

// skip passes over words if they are next.
func (c *cursor) skip(all ...string) bool {
	for i, w := range all {
		if i >= len(c.rest) || !c.rest[i].is(w) {
			return false
		}
	}
	c.rest = c.rest[len(all):]
	return true
}

// name reads a name, or refuses what stands in its place.
func (c *cursor) name() (string, error) {
	if len(c.rest) == 0 || !c.rest[0].isName() {
		return "", c.wrong()
	}
	name := c.rest[0].text
	c.rest = c.rest[1:]
	return name, nil
}

func (c *cursor) wrong() error {
	if len(c.rest) == 0 {
		return &SQLError{Message: "syntax error at end of input"}
	}
	return &SQLError{Message: `syntax error at or near "` + c.rest[0].text + `"`}
}

// translateDDL turns a statement that changes tables into definitions, several where it does several things.
func translateDDL(tokens []token) ([]statement, error) {
	c := &cursor{tokens}
	switch {
	case c.skip("truncate"):
		return translateTruncate(c), nil
	case c.skip("create"):
		return translateCreate(c)
	case c.skip("drop"):
		return translateDrop(c)
	case c.skip("alter", "table"):
		return translateAlter(c)
	case c.skip("alter"):
		return []statement{{none: true, writes: true}}, nil
	}
	return nil, c.wrong()
}

func translateTruncate(c *cursor) (all []statement) {
	c.skip("table")
	c.skip("only")
	for _, name := range split(c.rest, ",") {
		if len(name) > 0 {
			all = append(all, statement{tokens: append(words("delete", "from"), name[0]), writes: true})
		}
	}
	return all
}

// unsupported are kinds of things that PostgreSQL can create and the sandbox cannot.
var unsupported = []string{"function", "trigger", "type", "schema", "extension", "aggregate", "rule", "role"}

func isUnsupported(tokens []token) bool { return len(tokens) > 0 && tokens[0].oneOf(unsupported...) }

func translateCreate(c *cursor) (_ []statement, err error) {
	d := &definition{replace: c.skip("or", "replace")}
	for c.skip("temp") || c.skip("temporary") || c.skip("unlogged") {
	}
	d.unique = c.skip("unique")
	switch {
	case c.skip("table"):
		d.verb = createTable
	case c.skip("view"), c.skip("materialized", "view"):
		d.verb = createView
	case c.skip("index"):
		return translateIndex(c, d)
	case c.skip("sequence"): // rows of a dataset number themselves
		return []statement{{none: true, writes: true}}, nil
	case isUnsupported(c.rest):
		return nil, &SQLError{Message: "CREATE " + strings.ToUpper(c.rest[0].text) + " is not supported by the sandbox"}
	default:
		return nil, c.wrong()
	}
	d.optional = c.skip("if", "not", "exists")
	if d.name, err = c.name(); err != nil {
		return nil, err
	}
	if d.verb == createTable && len(c.rest) > 0 && c.rest[0].is("(") {
		end := closing(c.rest, 0)
		if end == len(c.rest) {
			return nil, &SQLError{Message: "syntax error at end of input"}
		}
		d.tokens = translateColumns(c.rest[1:end])
		return []statement{d.statement()}, nil
	}
	if !c.skip("as") || len(c.rest) == 0 {
		return nil, c.wrong()
	}
	if d.verb == createTable {
		d.verb = createTableAs
	}
	d.tokens = rewriteExpressions(c.rest)
	return []statement{d.statement()}, nil
}

// translateColumns puts types and defaults into SQLite's form. References to other tables go: every table is alone in its
// file.
func translateColumns(body []token) []token {
	var out []token
	for _, column := range split(body, ",") {
		if len(column) > 0 && column[0].is("foreign") || len(column) > 2 && column[0].is("constraint") && column[2].is("foreign") {
			continue
		}
		if len(out) > 0 {
			out = append(out, token{symbol, ","})
		}
		out = append(out, translateColumn(column)...)
	}
	return out
}

// translateColumn rewrites one column definition or table constraint.
func translateColumn(column []token) []token {
	if len(column) < 2 || column[0].oneOf("primary", "unique", "constraint", "check", "exclude") {
		return rewriteExpressions(slices.Clone(column))
	}
	end := typeEnd(column, 1)
	rest := withoutReferences(rewriteExpressions(slices.Clone(column[end:])))
	return slices.Concat(column[:1], []token{columnType(column[1:end])}, bracketDefault(rest))
}

// columnType is a declared type as SQLite stores it: quoted, because SQLite cannot parse all of PostgreSQL's. INTEGER
// PRIMARY KEY numbers its rows only when it is spelled so.
func columnType(tokens []token) token {
	name := strings.ReplaceAll(sqlText(tokens), " ", "")
	if _, spaced := typeNames[name]; !spaced {
		name = strings.ReplaceAll(sqlText(tokens), " [ ]", "[]")
	}
	declared := token{quoted, pgTypeName(name)}
	if declared.text == "integer" || name == "bigserial" {
		declared = token{word, "integer"}
	}
	return declared
}

// withoutReferences drops REFERENCES table (columns) ON DELETE action.
func withoutReferences(tokens []token) []token {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.is("references") })
	if at < 0 {
		return tokens
	}
	end := at + 2
	if end < len(tokens) && tokens[end].is("(") {
		end = min(closing(tokens, end)+1, len(tokens))
	}
	for end+2 < len(tokens) && tokens[end].is("on") {
		if end += 3; tokens[end-1].oneOf("set", "no") {
			end++
		}
	}
	return slices.Concat(tokens[:at], tokens[min(end, len(tokens)):])
}

// bracketDefault puts a default that is an expression into brackets.
func bracketDefault(tokens []token) []token {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.is("default") })
	if at < 0 || at+2 >= len(tokens) || !tokens[at+1].isName() || !tokens[at+2].is("(") {
		return tokens
	}
	end := min(closing(tokens, at+2)+1, len(tokens))
	return slices.Concat(tokens[:at+1], words("("), tokens[at+1:end], words(")"), tokens[end:])
}

// translateIndex drops the access method, which SQLite does not have, and names an index that has no name.
func translateIndex(c *cursor, d *definition) (_ []statement, err error) {
	d.verb = createIndex
	c.skip("concurrently")
	d.optional = c.skip("if", "not", "exists")
	if !c.skip("on") {
		if d.name, err = c.name(); err != nil {
			return nil, err
		}
		if !c.skip("on") {
			return nil, c.wrong()
		}
	}
	c.skip("only")
	if d.table, err = c.name(); err != nil {
		return nil, err
	}
	if c.skip("using") {
		if _, err := c.name(); err != nil {
			return nil, err
		}
	}
	if len(c.rest) == 0 || !c.rest[0].is("(") {
		return nil, c.wrong()
	}
	d.tokens = rewriteExpressions(slices.Clone(c.rest))
	if d.name == "" {
		d.name = strings.Join(slices.Concat([]string{d.table}, namesIn(c.rest[:min(closing(c.rest, 0), len(c.rest))]), []string{"idx"}), "_")
	}
	return []statement{d.statement()}, nil
}

// translateDrop makes one definition for each name.
func translateDrop(c *cursor) ([]statement, error) {
	var kind verb
	switch {
	case c.skip("table"):
		kind = dropTable
	case c.skip("view"), c.skip("materialized", "view"):
		kind = dropView
	case c.skip("index"):
		kind = dropIndex
		c.skip("concurrently")
	case c.skip("sequence"), isUnsupported(c.rest) && c.skip(c.rest[0].text, "if", "exists"):
		return []statement{{none: true, writes: true}}, nil
	default:
		return nil, c.wrong()
	}
	optional := c.skip("if", "exists")
	cascade := slices.ContainsFunc(c.rest, func(t token) bool { return t.is("cascade") })
	var all []statement
	for _, part := range split(c.rest, ",") {
		one := &cursor{part}
		name, err := one.name()
		if err != nil {
			return nil, err
		}
		if !one.skip("cascade") && !one.skip("restrict") && len(one.rest) > 0 {
			return nil, one.wrong()
		}
		d := &definition{verb: kind, name: name, optional: optional, cascade: cascade}
		all = append(all, d.statement())
	}
	return all, nil
}

// translateAlter makes one definition for each action of an ALTER TABLE.
func translateAlter(c *cursor) ([]statement, error) {
	optional := c.skip("if", "exists")
	c.skip("only")
	table, err := c.name()
	if err != nil {
		return nil, err
	}
	var all []statement
	for _, action := range split(c.rest, ",") {
		if len(action) == 0 {
			return nil, &SQLError{Message: "syntax error at end of input"}
		}
		d := &definition{verb: alterTable, name: table, optional: optional, tokens: action}
		if a := (&cursor{action}); a.skip("rename", "to") {
			d.verb, d.tokens = renameTable, nil
			if d.to, err = a.name(); err != nil {
				return nil, err
			}
		}
		all = append(all, d.statement())
	}
	return all, nil
}

// cartodbfyCall recognises SELECT CDB_CartodbfyTable(...), alone: it changes the table that its last argument names.
func cartodbfyCall(tokens []token) *definition {
	if len(tokens) < 5 || !tokens[0].is("select") || tokens[1].text != "cdb_cartodbfytable" || !tokens[2].is("(") {
		return nil
	}
	name := ""
	for _, t := range tokens[3:min(closing(tokens, 2), len(tokens))] {
		if t.kind == text {
			name = relname(t.text)
		}
	}
	return &definition{verb: cartodbfy, name: name}
}
