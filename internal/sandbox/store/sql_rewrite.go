package store

import (
	"slices"
	"strings"
)

// A statement is one statement of a client, ready for SQLite.
type statement struct {
	tokens     []token
	definition *definition // what it does to tables; nil for a query or a change of rows
	writes     bool        // changes something
	none       bool        // has no meaning here and does nothing, like SET or GRANT
}

// names lists the names in a statement that may be those of relations.
func (st statement) names() []string {
	tokens := st.tokens
	if d := st.definition; d != nil {
		tokens = append(slices.Clone(d.tokens), token{quoted, d.name})
		if d.table != "" {
			tokens = append(tokens, token{quoted, d.table})
		}
	}
	return namesIn(tokens)
}

func namesIn(tokens []token) []string {
	var names []string
	for _, t := range tokens {
		if t.isName() && !slices.Contains(names, t.text) {
			names = append(names, t.text)
		}
	}
	return names
}

// translate turns PostgreSQL's SQL, as far as clients of CARTO use it, into SQLite's. What it does not know it passes on.
func translate(sql, user string) ([]statement, error) {
	tokens, err := tokenize(sql)
	if err != nil {
		return nil, err
	}
	if err := guard(tokens); err != nil {
		return nil, err
	}
	var all []statement
	for _, part := range split(tokens, ";") {
		if len(part) == 0 {
			continue
		}
		parts, err := translateOne(slices.Clone(part), user)
		if err != nil {
			return nil, err
		}
		all = append(all, parts...)
	}
	return all, nil
}

// guard refuses what would reach beyond the tables of the account's datasets.
func guard(tokens []token) error {
	for i, t := range tokens {
		name := strings.ToLower(t.text)
		if t.kind == number || t.kind == symbol {
			continue
		}
		// SQLite takes a string for a table's name where only a name can stand.
		names := t.kind != text || i > 0 && tokens[i-1].oneOf("from", "join", "into", "table", "update", ",")
		if strings.HasPrefix(name, StatePrefix) || names && slices.ContainsFunc(closed, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return &SQLError{Message: "permission denied for relation " + t.text}
		}
		if t.kind == word && slices.Contains([]string{"load_extension", "virtual", "attach", "detach", "pragma"}, name) {
			return &SQLError{Message: `syntax error at or near "` + t.text + `"`}
		}
	}
	return nil
}

// closed are the beginnings of names that belong to SQLite or to our catalogue views.
var closed = []string{"sqlite_", "pragma_", "dbstat", "pg_catalog.", "information_schema.", "carto_file_size"}

// ignored are statements that mean nothing in the sandbox: it has no sessions, no roles, no statistics.
var ignored = []string{"set", "reset", "analyze", "vacuum", "grant", "revoke", "comment", "begin", "commit", "end", "start"}

var reading = []string{"select", "values", "explain", "show"}

func translateOne(tokens []token, user string) ([]statement, error) {
	first := tokens[0]
	if first.oneOf(ignored...) {
		return []statement{{none: true, writes: first.oneOf("grant", "revoke", "comment")}}, nil
	}
	tokens = rewriteNames(tokens, user)
	switch {
	case first.oneOf(reading...):
		if d := cartodbfyCall(tokens); d != nil {
			return []statement{d.statement()}, nil
		}
		tokens = rewriteSetFunctions(tokens)
		return []statement{{tokens: rewriteExpressions(tokens)}}, nil
	case first.is("with"):
		return []statement{{tokens: rewriteExpressions(tokens), writes: changesData(tokens)}}, nil
	case first.oneOf("insert", "update", "delete"):
		tokens = rewriteGeometryLiterals(tokens)
		return []statement{{tokens: rewriteExpressions(tokens), writes: true}}, nil
	case first.oneOf("create", "alter", "drop", "truncate"):
		return translateDDL(tokens)
	}
	return nil, &SQLError{Message: `syntax error at or near "` + first.text + `"`}
}

// changesData tells whether a WITH statement inserts, updates or deletes.
func changesData(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.oneOf("insert", "update", "delete") })
}

// rewriteNames takes the schema off qualified names: a sandbox has one schema. Views of the information schema have the
// dot in their name.
func rewriteNames(tokens []token, user string) []token {
	var out []token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		qualifies := i+2 < len(tokens) && tokens[i+1].is(".") && t.isName() && (i == 0 || !tokens[i-1].is("."))
		switch {
		case qualifies && t.text == "information_schema":
			out = append(out, token{quoted, "information_schema." + tokens[i+2].text})
			i += 2
		case qualifies && (t.text == "public" || t.text == "pg_catalog" || t.text == user):
			i++
		default:
			out = append(out, t)
		}
	}
	return out
}

// rewriteSetFunctions makes CDB_UserTables(), which returns rows, the view that stands for it.
func rewriteSetFunctions(tokens []token) []token {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.is("cdb_usertables") })
	if at <= 0 || at+1 >= len(tokens) || !tokens[at+1].is("(") {
		return tokens
	}
	end := closing(tokens, at+1)
	if end == len(tokens) {
		return tokens // SQLite says what is missing
	}
	tokens = slices.Delete(tokens, at+1, end+1)
	if tokens[at-1].is("select") {
		tokens = slices.Insert(tokens, listEnd(tokens, at), words("from", "cdb_usertables")...)
	}
	return tokens
}

// rewriteExpressions is everything that may stand in a query.
func rewriteExpressions(tokens []token) []token {
	tokens = rewriteSeries(nameResults(tokens))
	tokens = rewriteCasts(tokens)
	tokens = rewriteAny(tokens)
	tokens = rewriteCatalogConditions(tokens)
	tokens = rewriteExtract(tokens)
	tokens = rewriteSizes(tokens)
	tokens = rewriteSequences(tokens)
	tokens = rewriteLocking(tokens)
	return rewriteOperators(tokens)
}

// rewriteOperators renames operators and functions that SQLite spells in another way. MATCH stands for ILIKE, since LIKE
// is case-sensitive here as in PostgreSQL, and GLOB for the overlap of boxes.
func rewriteOperators(tokens []token) []token {
	var out []token
	for _, t := range tokens {
		switch {
		case t.oneOf("ilike", "~~*"):
			out = append(out, words("match")...)
		case t.is("!~~*"):
			out = append(out, words("not", "match")...)
		case t.is("~~"):
			out = append(out, words("like")...)
		case t.is("!~~"):
			out = append(out, words("not", "like")...)
		case t.is("~"):
			out = append(out, words("regexp")...)
		case t.is("!~"):
			out = append(out, words("not", "regexp")...)
		case t.is("~*"):
			out = append(append(out, words("regexp")...), token{text, "(?i)"}, token{symbol, "||"})
		case t.is("!~*"):
			out = append(append(out, words("not", "regexp")...), token{text, "(?i)"}, token{symbol, "||"})
		case t.is("&&"):
			out = append(out, words("glob")...)
		case t.oneOf("current_timestamp", "localtimestamp"):
			out = append(out, words("now", "(", ")")...)
		case t.oneOf("current_date", "current_user", "session_user"):
			out = append(out, words(t.text, "(", ")")...)
		default:
			out = append(out, t)
		}
	}
	return out
}

// rewriteAny makes "= ANY (ARRAY[...])" an IN.
func rewriteAny(tokens []token) []token {
	for i := 0; i+4 < len(tokens); i++ {
		if !tokens[i].is("=") || !tokens[i+1].oneOf("any", "some") || !tokens[i+2].is("(") || !tokens[i+3].is("array") || !tokens[i+4].is("[") {
			continue
		}
		end := closing(tokens, i+2)
		if end >= len(tokens) {
			continue
		}
		list := slices.Clone(tokens[i+5 : end-1])
		tokens = slices.Replace(tokens, i, end+1, slices.Concat(words("in", "("), list, words(")"))...)
	}
	return tokens
}

// rewriteExtract makes EXTRACT(field FROM x) a call of date_part('field', x).
func rewriteExtract(tokens []token) []token {
	for i := 0; i+3 < len(tokens); i++ {
		if tokens[i].is("extract") && tokens[i+1].is("(") && tokens[i+3].is("from") {
			field := token{text, tokens[i+2].text}
			tokens = slices.Replace(tokens, i, i+4, token{word, "date_part"}, token{symbol, "("}, field, token{symbol, ","})
		}
	}
	return tokens
}

// sizeFunctions tell how many bytes a table takes. Ours takes one file, its indexes included.
var sizeFunctions = []string{"pg_total_relation_size", "pg_relation_size", "pg_table_size"}

// rewriteSizes makes pg_total_relation_size(x) look for the file of the table that x names.
func rewriteSizes(tokens []token) []token {
	for i := 0; i+1 < len(tokens); i++ {
		if !tokens[i].oneOf(sizeFunctions...) || !tokens[i+1].is("(") {
			continue
		}
		end := closing(tokens, i+1)
		if end >= len(tokens) {
			return tokens
		}
		name := slices.Concat(words("carto_relname", "("), tokens[i+2:end], words(")"))
		call := slices.Concat(words("coalesce", "(", "(", "select", "carto_file_size", "(", "file", ")", "from"), []token{{quoted, "pg_catalog.tables"}},
			words("where", "name", "="), name, words(")", ",", "carto_no_relation", "("), name, words(")", ")"))
		tokens = slices.Replace(tokens, i, end+1, call...)
		i += len(call) - 1
	}
	return tokens
}

// rewriteLocking drops FOR UPDATE and FOR SHARE: a statement is alone anyway.
func rewriteLocking(tokens []token) []token {
	n := len(tokens)
	if n > 2 && tokens[n-2].is("for") && tokens[n-1].oneOf("update", "share") {
		return tokens[:n-2]
	}
	return tokens
}

// rewriteCasts makes x::type and CAST(x AS type) calls of carto_cast(x, 'type').
func rewriteCasts(tokens []token) []token {
	for i := 0; i < len(tokens); i++ {
		switch {
		case tokens[i].is("::") && i > 0:
			start := operandStart(tokens, i-1)
			end := typeEnd(tokens, i+1)
			call := castCall(tokens[start:i], tokens[i+1:end])
			tokens = slices.Replace(tokens, start, end, call...)
			i = start
		case tokens[i].is("cast") && i+1 < len(tokens) && tokens[i+1].is("("):
			end := closing(tokens, i+1)
			as := lastAs(tokens, i+2, end)
			if end == len(tokens) || as < 0 {
				continue
			}
			call := castCall(tokens[i+2:as], tokens[as+1:end])
			tokens = slices.Replace(tokens, i, end+1, call...)
		}
	}
	return tokens
}

func castCall(operand, typ []token) []token {
	name := strings.ReplaceAll(strings.ReplaceAll(sqlText(typ), " [ ]", "[]"), `"`, "")
	call := words("carto_cast", "(")
	call = append(call, operand...)
	return append(call, token{symbol, ","}, token{text, name}, token{symbol, ")"})
}

// operandStart finds where the operand begins that ends at i: a name, a literal, or a bracket with the function before it.
func operandStart(tokens []token, i int) int {
	if tokens[i].oneOf(")", "]") {
		i = opening(tokens, i)
		if i > 0 && tokens[i-1].isName() && !isKeyword(tokens[i-1]) {
			i--
		} else {
			return i
		}
	}
	for i >= 2 && tokens[i-1].is(".") {
		i -= 2
	}
	return i
}

// typeEnd finds the end of the type name that begins at i: words, then maybe a length, then maybe brackets.
func typeEnd(tokens []token, i int) int {
	if i >= len(tokens) {
		return i
	}
	first := tokens[i]
	i++
	more := map[string][]string{"double": {"precision"}, "character": {"varying"}, "timestamp": {"with", "without", "time", "zone"}, "time": {"with", "without", "time", "zone"}}
	for i < len(tokens) && tokens[i].oneOf(more[first.text]...) {
		i++
	}
	for _, open := range []string{"(", "["} {
		if i < len(tokens) && tokens[i].is(open) {
			i = min(closing(tokens, i)+1, len(tokens))
		}
	}
	return i
}

func lastAs(tokens []token, from, to int) int {
	for i := min(to, len(tokens)) - 1; i >= from; i-- {
		if tokens[i].oneOf(")", "]") {
			i = opening(tokens, i)
		} else if tokens[i].is("as") {
			return i
		}
	}
	return -1
}

// isKeyword tells whether a word before a bracket is not a function's name.
func isKeyword(t token) bool {
	return t.kind == word && t.oneOf("select", "in", "and", "or", "not", "where", "from", "on", "as", "when", "then", "else", "case",
		"values", "returning", "by", "having", "limit", "offset", "set", "between", "like", "ilike", "is", "union", "all", "distinct",
		"join", "using", "any", "some", "exists", "end", "over", "filter", "order", "group")
}
