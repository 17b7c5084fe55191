package store

import (
	"errors"
	"regexp"
	"strings"

	"modernc.org/sqlite"
)

// An SQLError is what PostgreSQL would answer to a statement that it refuses. Source of its form: CartoDB/carto-python:
// carto/sql.py, which reads the first message of the error list.
type SQLError struct {
	Message string
}

func (e *SQLError) Error() string { return e.Message }

var sqliteMessage = regexp.MustCompile(`(?s)^(?:SQL logic error|constraint failed|[a-z ]+): (.*) \(\d+\)$`)

// rephrasings turn SQLite's messages into PostgreSQL's.
var rephrasings = []struct {
	pattern *regexp.Regexp
	to      string
}{
	{regexp.MustCompile(`^no such (?:table|view): (?:main\.)?(.*)$`), `relation "$1" does not exist`},
	{regexp.MustCompile(`^no such column: "?([^"]*?)"?(?: - should this be .*)?$`), `column "$1" does not exist`},
	{regexp.MustCompile(`^no such index: (.*)$`), `index "$1" does not exist`},
	{regexp.MustCompile(`^no such function: (.*)$`), `function $1 does not exist`},
	{regexp.MustCompile(`^wrong number of arguments to function (.*?)\(\)$`), `function $1 does not exist with these arguments`},
	{regexp.MustCompile(`^near "(.*)": syntax error$`), `syntax error at or near "$1"`},
	{regexp.MustCompile(`^incomplete input$`), `syntax error at end of input`},
	{regexp.MustCompile(`^(?:table|view) "?([^"]*?)"? already exists$`), `relation "$1" already exists`},
	{regexp.MustCompile(`^duplicate column name: (.*)$`), `column "$1" specified more than once`},
	{regexp.MustCompile(`^table (.*) has no column named (.*)$`), `column "$2" of relation "$1" does not exist`},
	{regexp.MustCompile(`^UNIQUE constraint failed: (.*)$`), `duplicate key value violates unique constraint ($1)`},
	{regexp.MustCompile(`^NOT NULL constraint failed: [^.]*\.(.*)$`), `null value in column "$1" violates not-null constraint`},
	{regexp.MustCompile(`^CHECK constraint failed: (.*)$`), `new row violates check constraint "$1"`},
	{regexp.MustCompile(`^ambiguous column name: (.*)$`), `column reference "$1" is ambiguous`},
	{regexp.MustCompile(`^string or blob too big.*$`), `a value is bigger than the 64 MB that the sandbox holds`},
	{regexp.MustCompile(`^attempt to write a readonly database$`), `permission denied: the statement would change data`},
}

// sqlError is PostgreSQL's form of an error of SQLite. Errors that are not about the statement pass as they are.
func sqlError(err error) error {
	var known *SQLError
	var of *sqlite.Error
	if err == nil || errors.As(err, &known) || !errors.As(err, &of) {
		return err
	}
	message := of.Error()
	if m := sqliteMessage.FindStringSubmatch(message); m != nil {
		message = m[1]
	}
	message = strings.TrimSuffix(message, " (8)")
	for _, r := range rephrasings {
		if r.pattern.MatchString(message) {
			return &SQLError{Message: r.pattern.ReplaceAllString(message, r.to)}
		}
	}
	return &SQLError{Message: message}
}
