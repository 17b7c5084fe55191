package store

import (
	"strings"
	"unicode/utf8"
)

// tokenKind says what a token of an SQL text is.
type tokenKind int

const (
	word   tokenKind = iota // an unquoted name or keyword, in lower case as PostgreSQL folds it
	quoted                  // a "quoted" name, without its quotes
	text                    // a 'string', without its quotes
	number
	symbol // an operator or a bracket
)

type token struct {
	kind tokenKind
	text string
}

func (t token) is(s string) bool { return (t.kind == word || t.kind == symbol) && t.text == s }

func (t token) oneOf(all ...string) bool {
	for _, s := range all {
		if t.is(s) {
			return true
		}
	}
	return false
}

// isName tells whether the token can name a column, table or function.
func (t token) isName() bool { return t.kind == quoted || t.kind == word }

func (t token) sql() string {
	switch t.kind {
	case quoted:
		return quote(t.text)
	case text:
		return "'" + strings.ReplaceAll(t.text, "'", "''") + "'"
	}
	return t.text
}

func words(texts ...string) []token {
	tokens := make([]token, len(texts))
	for i, s := range texts {
		tokens[i] = token{word, s}
		if c, _ := utf8.DecodeRuneInString(s); !isWordStart(c) {
			tokens[i].kind = symbol
		}
	}
	return tokens
}

// sqlText writes tokens as one statement.
func sqlText(tokens []token) string {
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = t.sql()
	}
	return strings.Join(parts, " ")
}

// tokenize cuts PostgreSQL's text into tokens; comments and white space go.
func tokenize(sql string) ([]token, error) {
	l := lexer{in: sql}
	for {
		t, ok, err := l.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return l.out, nil
		}
		l.out = append(l.out, t)
	}
}

type lexer struct {
	in  string
	pos int
	out []token
}

// operators are those of more than one character, longest first.
var operators = []string{"!~~*", "->>", "!~*", "!~~", "#>>", "~~*", "::", "<=", ">=", "<>", "!=", "||", "->", "#>", "~*", "!~", "~~", "&&", "<<", ">>", "@>", "<@", ":="}

func (l *lexer) next() (token, bool, error) {
	if err := l.skipSpace(); err != nil {
		return token{}, false, err
	}
	rest := l.in[l.pos:]
	if rest == "" {
		return token{}, false, nil
	}
	switch c, _ := utf8.DecodeRuneInString(rest); {
	case (c == 'e' || c == 'E') && strings.HasPrefix(rest[1:], "'"):
		l.pos++
		return l.delimited('\'', text, true)
	case isWordStart(c):
		return l.run(word, isWordPart), true, nil
	case c >= '0' && c <= '9', c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		return l.number(), true, nil
	case c == '\'':
		return l.delimited('\'', text, false)
	case c == '"', c == '`': // backticks are Hive's and MySQL's
		return l.delimited(byte(c), quoted, false)
	case c == '$':
		return l.dollar()
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.pos += len(op)
			return token{symbol, op}, true, nil
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	l.pos += n
	return token{symbol, rest[:n]}, true, nil
}

func (l *lexer) skipSpace() error {
	for l.pos < len(l.in) {
		rest := l.in[l.pos:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			l.pos++
		case strings.HasPrefix(rest, "--"):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				l.pos += end
			} else {
				l.pos = len(l.in)
			}
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return &SQLError{Message: "unterminated /* comment"}
			}
			l.pos += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) run(kind tokenKind, part func(rune) bool) token {
	start := l.pos
	for l.pos < len(l.in) {
		c, n := utf8.DecodeRuneInString(l.in[l.pos:])
		if !part(c) {
			break
		}
		l.pos += n
	}
	return token{kind, strings.ToLower(l.in[start:l.pos])}
}

func (l *lexer) number() token {
	start := l.pos
	for l.pos < len(l.in) {
		c := l.in[l.pos]
		exponentSign := (c == '+' || c == '-') && (l.in[l.pos-1] == 'e' || l.in[l.pos-1] == 'E') && l.pos > start
		if !exponentSign && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			break
		}
		l.pos++
	}
	return token{number, l.in[start:l.pos]}
}

// delimited reads up to the closing mark; a doubled mark stands for one. With escapes, a backslash escapes too.
func (l *lexer) delimited(mark byte, kind tokenKind, escapes bool) (token, bool, error) {
	var b strings.Builder
	for i := l.pos + 1; i < len(l.in); i++ {
		switch c := l.in[i]; {
		case escapes && c == '\\' && i+1 < len(l.in):
			i++
			b.WriteByte(unescape(l.in[i]))
		case c != mark:
			b.WriteByte(c)
		case i+1 < len(l.in) && l.in[i+1] == mark:
			b.WriteByte(c)
			i++
		default:
			l.pos = i + 1
			return token{kind, b.String()}, true, nil
		}
	}
	what := "quoted string"
	if kind == quoted {
		what = "quoted identifier"
	}
	return token{}, false, &SQLError{Message: "unterminated " + what}
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return c
}

// dollar reads a $tag$ string $tag$ or a lone dollar sign.
func (l *lexer) dollar() (token, bool, error) {
	rest := l.in[l.pos:]
	end := strings.IndexByte(rest[1:], '$')
	if end < 0 || strings.IndexFunc(rest[1:end+1], func(c rune) bool { return !isWordPart(c) }) >= 0 {
		l.pos++
		return token{symbol, "$"}, true, nil
	}
	tag := rest[:end+2]
	body := rest[len(tag):]
	stop := strings.Index(body, tag)
	if stop < 0 {
		return token{}, false, &SQLError{Message: "unterminated dollar-quoted string"}
	}
	l.pos += 2*len(tag) + stop
	return token{text, body[:stop]}, true, nil
}

func isWordStart(c rune) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// isWordPart includes the dollar sign, as PostgreSQL does: so the names of the account's own tables are one token.
func isWordPart(c rune) bool { return isWordStart(c) || c == '$' || c >= '0' && c <= '9' }

// closing finds the bracket that closes the one at i, or len(tokens).
func closing(tokens []token, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		switch {
		case tokens[i].oneOf("(", "["):
			depth++
		case tokens[i].oneOf(")", "]"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(tokens)
}

// opening finds the bracket that the one at i closes, or 0.
func opening(tokens []token, i int) int {
	depth := 0
	for ; i >= 0; i-- {
		switch {
		case tokens[i].oneOf(")", "]"):
			depth++
		case tokens[i].oneOf("(", "["):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return 0
}

// split cuts tokens at a separator outside of brackets. Empty parts stay.
func split(tokens []token, separator string) [][]token {
	var parts [][]token
	start := 0
	for i := 0; i < len(tokens); i++ {
		switch {
		case tokens[i].oneOf("(", "["):
			i = closing(tokens, i)
		case tokens[i].is(separator):
			parts = append(parts, tokens[start:i])
			start = i + 1
		}
	}
	return append(parts, tokens[start:])
}

// mentions tells whether an SQL text holds a name.
func mentions(sql, name string) bool {
	tokens, err := tokenize(sql)
	if err != nil {
		return false
	}
	for _, t := range tokens {
		if t.isName() && t.text == name {
			return true
		}
	}
	return false
}
