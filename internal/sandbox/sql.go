package sandbox

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// sql answers the SQL API: rows in the format that is asked for, or an error in a list.
// Source: CartoDB/CartoDB-SQL-API: lib/api/sql/query-controller.js, lib/api/middlewares.
func (c *call) sql() (reply, error) {
	if c.target.ID == "" {
		return with(http.StatusNotFound, fields{{"error", []string{"Sorry, we can't find CARTO user"}}}), nil
	}
	if c.refusedKey() {
		return with(http.StatusUnauthorized, fields{{"error", []string{"Unauthorized"}}}), nil
	}
	if !c.present("q") {
		return wrongSQL("You must indicate a sql query"), nil
	}
	out, err := c.sqlFormat()
	if err != nil {
		return wrongSQL(err.Error()), nil
	}
	request := store.Request{SQL: c.window(c.text("q")), User: c.target.Name, Master: c.master}
	body := out.finished()
	result, err := c.runSQL(request, body.Len, out.row)
	if err == nil {
		err = out.end(result)
	}
	if refusal, refused := sqlRefusal(err); refused {
		return refusal, nil
	}
	if err != nil {
		return reply{}, err
	}
	c.s.worker.Reschedule()
	disposition := c.disposition(body.extension)
	return reply{status: http.StatusOK, write: func(w http.ResponseWriter) error {
		w.Header().Set("Content-Type", body.kind)
		w.Header().Set("Content-Disposition", disposition)
		_, err := body.WriteTo(w)
		return err
	}}, nil
}

// refusedKey tells whether a key came along that is none of the account's; no key at all stands for default_public.
func (c *call) refusedKey() bool {
	_, inQuery := c.query["api_key"]
	_, inBody := c.params["api_key"]
	return !c.anyKey && (inQuery || inBody || basicCredential.MatchString(c.Header.Get("Authorization")))
}

var selects = regexp.MustCompile(`(?i)^\s*(select|with)\b`)

// window is a query, or the part of its rows that rows_per_page and page ask for.
func (c *call) window(q string) string {
	rows, err := strconv.Atoi(c.text("rows_per_page"))
	if err != nil || rows < 0 || !selects.MatchString(q) {
		return q
	}
	window := fmt.Sprintf("SELECT * FROM (%s\n) AS cdbq_1 LIMIT %d", strings.TrimRight(q, "; \t\r\n"), rows)
	if page, err := strconv.Atoi(c.text("page")); err == nil && page > 0 {
		window += fmt.Sprintf(" OFFSET %d", page*rows)
	}
	return window
}

var notInFilenames = regexp.MustCompile("[;()\\[\\]<>'\"\\s]")

// disposition says under which name an answer may be saved.
func (c *call) disposition(extension string) string {
	how := "attachment"
	if c.text("format") == "" && c.text("filename") == "" {
		how = "inline"
	}
	file := "cartodb-query"
	if given := c.text("filename"); given != "" {
		file = notInFilenames.ReplaceAllString(strings.TrimSuffix(path.Base(given), path.Ext(given)), "_")
	}
	return fmt.Sprintf(`%s; filename=%s.%s; modification-date="%s";`, how, file, extension, time.Now().UTC().Format(http.TimeFormat))
}
