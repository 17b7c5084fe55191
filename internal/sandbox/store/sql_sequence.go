package store

import (
	"slices"
	"strings"
)

// rewriteSeries makes generate_series(from, to, step) after FROM a query, whose column bears the alias if there is one.
func rewriteSeries(tokens []token) []token {
	for i := 1; i+1 < len(tokens); i++ {
		if !tokens[i].is("generate_series") || !tokens[i+1].is("(") || !tokens[i-1].oneOf("from", "join", ",") {
			continue
		}
		end := closing(tokens, i+1)
		if end >= len(tokens) {
			return tokens
		}
		args := split(tokens[i+2:end], ",")
		if len(args) != 2 && len(args) != 3 {
			continue
		}
		step := words("1")
		if len(args) == 3 {
			step = args[2]
		}
		column, alias := tokens[i], end+1
		if alias < len(tokens) && tokens[alias].is("as") {
			alias++
		}
		if alias < len(tokens) && tokens[alias].isName() && !tokens[alias].oneOf(endsOfFrom...) {
			column = tokens[alias]
		}
		name := []token{{quoted, column.text}}
		next := slices.Concat(name, words("+"), words("("), step, words(")"))
		query := slices.Concat(words("(", "with", "recursive", "series", "("), name, words(")", "as", "(", "select", "("), args[0],
			words(")", "where", "("), args[0], words(")", "<=", "("), args[1], words(")", "union", "all", "select"), next,
			words("from", "series", "where"), next, words("<=", "("), args[1], words(")", ")", "select"), name, words("from", "series", ")"))
		tokens = slices.Replace(tokens, i, end+1, query...)
		i += len(query) - 1
	}
	return tokens
}

// endsOfFrom are words that may follow a relation in FROM and are no alias.
var endsOfFrom = []string{"where", "group", "order", "limit", "offset", "join", "left", "right", "inner", "cross", "full", "on", "union", "having", "returning"}

// rewriteSequences makes nextval('t_cartodb_id_seq') the number that the next row of a dataset gets. No other sequences
// are kept.
func rewriteSequences(tokens []token) []token {
	for i := 0; i+3 < len(tokens); i++ {
		if !tokens[i].is("nextval") || !tokens[i+1].is("(") || tokens[i+2].kind != text || !tokens[i+3].is(")") {
			continue
		}
		table, numbered := strings.CutSuffix(relname(tokens[i+2].text), "_cartodb_id_seq")
		if !numbered {
			continue
		}
		query := slices.Concat(words("(", "select", "coalesce", "(", "max", "(", "cartodb_id", ")", ",", "0", ")", "+", "1", "from"), []token{{quoted, table}}, words(")"))
		tokens = slices.Replace(tokens, i, i+4, query...)
	}
	return tokens
}
