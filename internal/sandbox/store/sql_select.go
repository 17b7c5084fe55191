package store

import "slices"

// clauseStart are the words that end a select list.
var clauseStart = []string{"from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "window", "into", "for", ")", ";"}

// nameResults gives the expressions of every select and returning list the names that PostgreSQL gives them: the name of
// the function, or ?column?. Names decide the keys of the rows that clients read.
func nameResults(tokens []token) []token {
	var out []token
	for i := 0; i < len(tokens); i++ {
		out = append(out, tokens[i])
		if !tokens[i].oneOf("select", "returning") {
			continue
		}
		for i+1 < len(tokens) && tokens[i+1].oneOf("distinct", "all") {
			i++
			out = append(out, tokens[i])
		}
		end := listEnd(tokens, i+1)
		for n, item := range split(tokens[i+1:end], ",") {
			if n > 0 {
				out = append(out, token{symbol, ","})
			}
			out = append(out, nameResults(item)...)
			if name := resultName(item); name != "" {
				out = append(out, token{word, "as"}, token{quoted, name})
			}
		}
		i = end - 1
	}
	return out
}

func listEnd(tokens []token, i int) int {
	for ; i < len(tokens); i++ {
		if tokens[i].oneOf("(", "[") {
			i = closing(tokens, i)
		} else if tokens[i].oneOf(clauseStart...) {
			return i
		}
	}
	return len(tokens)
}

// resultName is the name that a select item gets, "" when it needs none: it is a column, a star, or has an alias.
func resultName(item []token) string {
	n := len(item)
	if n == 0 || item[n-1].is("*") && (n == 1 || item[n-2].is(".")) || isColumn(item) || hasAlias(item) {
		return ""
	}
	if at := lastCast(item); at > 0 {
		operand := item[:at]
		if isColumn(operand) {
			return operand[len(operand)-1].text
		}
		if len(operand) == 1 {
			return ShortType(sqlText(item[at+1:]))
		}
		return resultName(operand)
	}
	switch {
	case n == 1 && item[0].oneOf("current_date", "current_timestamp", "current_user", "localtimestamp", "session_user"):
		return item[0].text
	case item[0].is("case"):
		return "case"
	case item[0].is("cast"):
		as := lastAs(item, 2, n-1)
		if as < 0 || n < 4 {
			return "?column?"
		}
		return resultName(slices.Concat(item[2:as], words("::"), item[as+1:n-1]))
	case n > 1 && item[0].isName() && item[1].is("(") && callEnd(item) == n:
		return item[0].text
	}
	return "?column?"
}

// isColumn tells whether an item is a plain, maybe qualified, name.
func isColumn(item []token) bool {
	for i, t := range item {
		if i%2 == 0 && (!t.isName() || t.oneOf("true", "false", "null", "current_date", "current_timestamp", "current_user")) || i%2 == 1 && !t.is(".") {
			return false
		}
	}
	return len(item)%2 == 1
}

// hasAlias tells whether an item ends with AS name, or with a name right after a whole operand.
func hasAlias(item []token) bool {
	n := len(item)
	if n < 2 || !item[n-1].isName() || item[n-1].oneOf("end", "null", "true", "false") {
		return false
	}
	before := item[n-2]
	return before.is("as") || before.kind == text || before.kind == number || before.kind == quoted || before.oneOf(")", "]", "end") ||
		before.kind == word && !isKeyword(before) && (n < 3 || !item[n-3].is("::") || !item[n-1].oneOf("precision", "varying"))
}

// lastCast finds the :: outside of brackets with nothing but its type behind it, or -1.
func lastCast(item []token) int {
	for i := len(item) - 1; i > 0; i-- {
		if item[i].is("::") && typeEnd(item, i+1) == len(item) && operandStart(item, i-1) == 0 {
			return i
		}
	}
	return -1
}

// callEnd finds where a function call ends, with FILTER and OVER behind it.
func callEnd(item []token) int {
	end := closing(item, 1) + 1
	for end+1 < len(item) && item[end].oneOf("filter", "over") && item[end+1].is("(") {
		end = closing(item, end+1) + 1
	}
	return end
}
