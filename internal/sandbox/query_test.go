package sandbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// TestParametersAsWritten sends what clients do not encode: GDAL's CARTO driver posts statements with bare semicolons, and
// many a hand writes LIKE '%x%' into a curl command.
func TestParametersAsWritten(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	tests := []struct {
		name, path, form string
		status           int
		want             string // of what the answer holds
	}{
		{"a semicolon in a form", "/api/v2/sql", "q=SELECT 1 AS n;", 200, `"rows":[{"n":1}]`},
		{"a semicolon in a query", "/api/v2/sql?q=SELECT+2+AS+n;", "", 200, `"rows":[{"n":2}]`},
		{"a percent sign that encodes nothing", "/api/v2/sql", "q=SELECT+count(*)+AS+n+FROM+stations+WHERE+name+LIKE+'%laz%'", 200, `"rows":[{"n":1}]`},
		{"a percent sign that does", "/api/v2/sql", "q=SELECT%20'%25'%20AS+n", 200, `"rows":[{"n":"%"}]`},
		{"semicolons separate the application's parameters", "/api/v1/viz?type=table;per_page=1;page=2", "", 200, `"visualizations":[]`},
		{"the application refuses what it cannot decode", "/api/v1/imports", "url=%zz", 400, `"error":"Bad Request"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			method, body := "GET", any(nil)
			if tt.form != "" {
				method, body = "POST", &stream{strings.NewReader(tt.form), "application/x-www-form-urlencoded"}
			}
			got := a.send(method, tt.path, body)
			if !strings.Contains(got.Body, tt.want) {
				t.Errorf("the answer does not hold %s: %s", tt.want, got.Body)
			}
			if diff := cmp.Diff(tt.status, got.Status); diff != "" {
				t.Error(diff)
			}
		})
	}
}
