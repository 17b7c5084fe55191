package conformance

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const sqlPath = "/api/v2/sql"

// sqlChecks are about the SQL API.
func sqlChecks() []check {
	return []check{
		{"9.1", "rows", "A query answers with `rows`, `time`, `fields` and `total_rows`.", 0, sqlRows},
		{"9.2", "GET and POST", "A query goes by GET, or by POST as a form.", 0, sqlMethods},
		{"9.3", "errors are lists", "An error is a 400 with `error`, a list whose first element is the message.", 0, sqlErrors},
		{"9.4", "private rows need the key", "Without a key only public datasets can be read, and nothing can be written.", private, sqlNeedsKey},
		{"9.5", "writing", "With the master key a statement may write, and the dataset shows it.", 0, sqlWrites},
		{"9.6", "rate limits", "A query too many is a 429 with `Retry-After` and the limit's three headers.", admin, sqlRateLimit},
	}
}

func ask(q string) string { return sqlPath + "?" + url.Values{"q": {q}}.Encode() }

func sqlRows(p *probe) {
	p.load(p.name("d.csv"), stations)
	got := p.send("GET", ask("SELECT name, docks FROM "+p.name("d")+" ORDER BY docks"), nil)
	p.same("type", "application/json; charset=utf-8", got.Type)
	answer := p.decode(got)
	p.keys("the answer", "rows time fields total_rows", answer)
	p.same("rows", []any{object{"name": "Plaza", "docks": 12.0}, object{"name": "Retiro", "docks": 20.0}}, answer["rows"])
	p.same("total_rows", 2.0, answer["total_rows"])
	p.same("fields", object{"name": "string", "docks": "number"}, object{"name": dig(answer, "fields", "name", "type"), "docks": dig(answer, "fields", "docks", "type")})
}

func sqlMethods(p *probe) {
	p.same("by form", []any{object{"a": 1.0}}, p.ok("POST", sqlPath, url.Values{"q": {"SELECT 1 AS a"}})["rows"])
	p.same("key in the form", []any{object{"a": 1.0}}, p.ok("POST", sqlPath, url.Values{"q": {"SELECT 1 AS a"}, "api_key": {p.key}}, anonymous)["rows"])
}

func sqlErrors(p *probe) {
	got := p.send("GET", ask("SELECT * FROM "+p.name("nowhere")), nil)
	p.same("status", http.StatusBadRequest, got.Status)
	list, _ := p.decode(got)["error"].([]any)
	if len(list) == 0 || !strings.Contains(list[0].(string), p.name("nowhere")) {
		p.Errorf("error is %v", list)
	}
	p.same("no query", http.StatusBadRequest, p.send("GET", sqlPath, nil).Status)
}

func sqlNeedsKey(p *probe) {
	p.load(p.name("public.csv"), "a\n1\n", "privacy", "public")
	p.load(p.name("private.csv"), "a\n1\n", "privacy", "private")
	p.same("a public dataset", http.StatusOK, p.send("GET", ask("SELECT a FROM "+p.name("public")), nil, anonymous).Status)
	for _, q := range []string{"SELECT a FROM " + p.name("private"), "UPDATE " + p.name("public") + " SET a = 2"} {
		if got := p.send("GET", ask(q), nil, anonymous); got.Status/100 != 4 {
			p.Errorf("%s: %d %s", q, got.Status, got.Body)
		}
	}
	p.same("the rows", 1.0, p.cell("SELECT a FROM "+p.name("public")))
}

func sqlWrites(p *probe) {
	p.load(p.name("d.csv"), "a\n1\n")
	p.ok("POST", sqlPath, url.Values{"q": {"INSERT INTO " + p.name("d") + " (a) VALUES (2)"}})
	p.same("the rows", 2.0, p.cell("SELECT count(*) FROM "+p.name("d")))
}

func sqlRateLimit(p *probe) {
	p.inject("limit=30s" + sqlPath + "*1")
	got := p.send("GET", ask("SELECT 1"), nil)
	p.same("status", http.StatusTooManyRequests, got.Status)
	for _, key := range []string{"Retry-After", "Carto-Rate-Limit-Limit", "Carto-Rate-Limit-Remaining", "Carto-Rate-Limit-Reset"} {
		if _, err := strconv.Atoi(got.Header.Get(key)); err != nil {
			p.Errorf("%s is %q", key, got.Header.Get(key))
		}
	}
	if _, isList := p.decode(got)["error"].([]any); !isList {
		p.Errorf("the body is %s", got.Body)
	}
}
