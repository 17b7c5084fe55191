package store

import (
	"slices"
	"strings"
)

// translateDDL turns a statement that changes tables into SQLite's, several where SQLite can do one thing at a time.
func translateDDL(tokens []token) ([]statement, error) {
	tokens = slices.DeleteFunc(tokens, func(t token) bool { return t.oneOf("cascade", "restrict") })
	switch {
	case tokens[0].is("truncate"):
		rest := tokens[1:]
		if len(rest) > 0 && rest[0].is("table") {
			rest = rest[1:]
		}
		return []statement{{tokens: slices.Concat(words("delete", "from"), rest), writes: true}}, nil
	case tokens[0].is("alter"):
		return translateAlter(tokens)
	case tokens[0].is("drop"):
		return translateDrop(tokens), nil
	case slices.ContainsFunc(tokens[:min(3, len(tokens))], func(t token) bool { return t.is("index") }):
		return ddl(translateIndex(tokens)), nil
	case len(tokens) > 4 && tokens[1].is("or") && tokens[2].is("replace") && tokens[3].is("view"):
		drop := slices.Concat(words("drop", "view", "if", "exists"), tokens[4:5])
		create := slices.Concat(words("create", "view"), tokens[4:])
		return ddl(drop, rewriteExpressions(create)), nil
	case len(tokens) > 1 && tokens[1].is("table"):
		return ddl(translateCreateTable(tokens)), nil
	}
	return ddl(rewriteExpressions(tokens)), nil
}

func ddl(all ...[]token) []statement {
	var statements []statement
	for _, tokens := range all {
		statements = append(statements, statement{tokens: tokens, writes: true, ddl: true})
	}
	return statements
}

// translateDrop makes one statement for each name.
func translateDrop(tokens []token) []statement {
	head := 2
	if len(tokens) > 4 && tokens[2].is("if") {
		head = 4
	}
	head = min(head, len(tokens))
	var all [][]token
	for _, name := range split(tokens[head:], ",") {
		all = append(all, slices.Concat(tokens[:head], name))
	}
	return ddl(all...)
}

// translateCreateTable puts types and defaults into SQLite's form. Type names are quoted, because SQLite cannot parse
// all of PostgreSQL's.
func translateCreateTable(tokens []token) []token {
	open := slices.IndexFunc(tokens, func(t token) bool { return t.oneOf("(", "as") })
	if open < 0 || tokens[open].is("as") {
		return rewriteExpressions(tokens)
	}
	end := closing(tokens, open)
	out := slices.Clone(tokens[:open+1])
	for i, column := range split(tokens[open+1:min(end, len(tokens))], ",") {
		if i > 0 {
			out = append(out, token{symbol, ","})
		}
		out = append(out, translateColumn(column)...)
	}
	if end >= len(tokens) {
		return out
	}
	return append(out, token{symbol, ")"})
}

// translateColumn rewrites one column definition or table constraint.
func translateColumn(column []token) []token {
	if len(column) < 2 || column[0].oneOf("primary", "unique", "constraint", "check", "foreign", "exclude") {
		return rewriteExpressions(slices.Clone(column))
	}
	end := typeEnd(column, 1)
	name := strings.ReplaceAll(sqlText(column[1:end]), " ", "")
	if _, spaced := typeNames[name]; !spaced {
		name = strings.ReplaceAll(sqlText(column[1:end]), " [ ]", "[]")
	}
	declared := token{quoted, pgTypeName(name)}
	rest := rewriteExpressions(slices.Clone(column[end:]))
	if declared.text == "integer" {
		declared.kind = word // INTEGER PRIMARY KEY numbers its rows only when it is spelled so
	}
	return slices.Concat(column[:1], []token{declared}, bracketDefault(rest))
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

// translateAlter makes one statement for each action of an ALTER TABLE.
func translateAlter(tokens []token) ([]statement, error) {
	if len(tokens) < 4 || !tokens[1].is("table") {
		return []statement{{none: true, writes: true}}, nil
	}
	at := 2
	if tokens[at].is("if") {
		at += 2
	}
	if at < len(tokens) && tokens[at].is("only") {
		at++
	}
	if at >= len(tokens) {
		return nil, &SQLError{Message: "syntax error at end of input"}
	}
	var all []statement
	for _, action := range split(tokens[at+1:], ",") {
		s, err := translateAction(tokens[at], action)
		if err != nil {
			return nil, err
		}
		all = append(all, s...)
	}
	return all, nil
}

func translateAction(table token, action []token) ([]statement, error) {
	head := slices.Concat(words("alter", "table"), []token{table})
	verb := func(i int) token {
		if i < len(action) {
			return action[i]
		}
		return token{}
	}
	switch {
	case verb(0).is("drop") && !verb(1).is("constraint"):
		name, optional := columnName(action[1:])
		if len(name) == 0 {
			return nil, &SQLError{Message: "syntax error at end of input"}
		}
		s := ddl(slices.Concat(head, words("drop", "column"), name[:1]))
		if optional {
			s[0].tokens = append(s[0].tokens, token{symbol, ifColumnExists})
		}
		return s, nil
	case verb(0).is("add") && !verb(1).oneOf("constraint", "primary", "unique", "check", "foreign"):
		name, optional := columnName(action[1:])
		s := ddl(slices.Concat(head, words("add", "column"), translateColumn(name)))
		if optional {
			s[0].tokens = append(s[0].tokens, token{symbol, ifColumnMissing})
		}
		return s, nil
	case verb(0).is("rename"):
		return ddl(slices.Concat(head, action)), nil
	case verb(0).is("alter"):
		return nil, &SQLError{Message: "ALTER COLUMN is not supported by the sandbox; add a column, copy, and drop the old one"}
	}
	return []statement{{none: true, writes: true}}, nil
}

// Marks at the end of a statement that run looks for: SQLite has no IF EXISTS for columns.
const (
	ifColumnExists  = "-- if exists"
	ifColumnMissing = "-- if not exists"
)

// columnName strips COLUMN and IF [NOT] EXISTS from the front.
func columnName(tokens []token) (rest []token, optional bool) {
	if len(tokens) > 0 && tokens[0].is("column") {
		tokens = tokens[1:]
	}
	for len(tokens) > 0 && tokens[0].oneOf("if", "not", "exists") {
		tokens, optional = tokens[1:], true
	}
	return tokens, optional
}

// translateIndex drops the access method, which SQLite does not have, and names an index that has no name.
func translateIndex(tokens []token) []token {
	on := slices.IndexFunc(tokens, func(t token) bool { return t.is("on") })
	if on < 0 || on+1 >= len(tokens) {
		return tokens
	}
	if using := on + 2; using+1 < len(tokens) && tokens[using].is("using") {
		tokens = slices.Delete(slices.Clone(tokens), using, using+2)
	}
	if tokens[on-1].is("index") {
		var parts []string
		for _, t := range tokens[on+1:] {
			if t.isName() {
				parts = append(parts, t.text)
			}
		}
		tokens = slices.Insert(slices.Clone(tokens), on, token{quoted, strings.Join(append(parts, "idx"), "_")})
	}
	return tokens
}
