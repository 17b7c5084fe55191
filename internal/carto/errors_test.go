package carto

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestErrorsOfEveryBody(t *testing.T) {
	const request = "POST /api/v1/imports: "
	tests := []struct {
		name string
		a    scripted
		want string
	}{
		{"errors is an object", scripted{status: 400, body: `{"errors":{"imports":"collision_strategy Invalid collision strategy"}}`},
			request + "400 Bad Request: collision_strategy Invalid collision strategy"},
		{"errors is a string", scripted{status: 400, body: `{"errors":"Invalid interval","errors_cause":null}`},
			request + "400 Bad Request: Invalid interval"},
		{"errors is a list", scripted{status: 400, body: `{"errors":["Name can't be blank","Privacy is not included in the list"]}`},
			request + "400 Bad Request: Name can't be blank, Privacy is not included in the list"},
		{"error is a list", scripted{status: 400, body: `{"error":["relation \"x\" does not exist"],"detail":"none\nhere"}`},
			request + `400 Bad Request: relation "x" does not exist, none here`},
		{"error is a string", scripted{status: 400, body: `{"error":"Wrong 'page' parameter value."}`},
			request + "400 Bad Request: Wrong 'page' parameter value."},
		{"the framework's own", scripted{status: 500, body: `{"status":"500","error":"Internal Server Error"}`},
			request + "500 Internal Server Error; an error of the server; try again, and ask its operator if it stays"},
		{"empty 401", scripted{status: 401},
			request + `401 Unauthorized; check CARTO_API_KEY: it must be the master key of user "acme"`},
		{"empty 403", scripted{status: 403},
			request + "403 Forbidden; the key's user may not do this; check that the dataset is its own, that it is no viewer and the account is activated"},
		{"page with a title", scripted{status: 502, body: "<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>"},
			request + "502 Bad Gateway; the server did not answer the proxy in front of it; try again later"},
		{"page without a title", scripted{status: 413, body: "<html><style>h1{}</style><h1>Too &amp; large</h1><script>alert(1)</script></html>"},
			request + "413 Request Entity Too Large: Too & large; the server or a proxy in front of it does not take a request of this size; split the file or ask its operator"},
		{"text", scripted{status: 418, body: "short and\tstout\x1b[31m"},
			request + "418 I'm a teapot: short and stout[31m"},
		{"long text", scripted{status: 418, body: strings.Repeat("ä", 300)},
			request + "418 I'm a teapot: " + strings.Repeat("ä", 200) + "…"},
		{"not UTF-8", scripted{status: 418, body: "caf\xe9"}, request + "418 I'm a teapot: caf�"},
		{"a bare JSON string", scripted{status: 400, body: `"no"`}, request + "400 Bad Request: no"},
		{"JSON that says nothing", scripted{status: 400, body: `{"a":1}`}, request + "400 Bad Request"},
		{"slots", scripted{status: 429, body: `{"errors":{"imports":"We're sorry but you're already using your allowed 3 import slots"}}`},
			request + "429 Too Many Requests: We're sorry but you're already using your allowed 3 import slots; wait for a running import job to end and try again"},
		{"viewer", scripted{status: 400, body: `{"errors":{"imports":"user Viewer users can't create data imports"}}`},
			request + "400 Bad Request: user Viewer users can't create data imports; the account is a viewer, which may read only; ask for a builder seat"},
		{"status without a name", scripted{status: 599}, request + "599"},
		{"200 and a page", ok("<html><title>Log in</title></html>"),
			request + `200 OK: the answer is not JSON but "Log in"; check that the account URL points to a CARTO server's API`},
		{"200 and nothing", ok(""),
			request + "200 OK: the answer is empty; check that the account URL points to a CARTO server's API"},
		{"200 and half of the document", ok(`{"item_queue_id":"`),
			request + "200 OK: the answer ends in the middle, after 18 bytes; something on the way cut it off; try again"},
		{"200 and a template", ok(`{"a" %}`),
			request + `200 OK: the answer is not JSON but "{\"a\" %}"; check that the account URL points to a CARTO server's API`},
		{"200 and a list", ok(`[]`),
			request + "200 OK: the answer is JSON of another shape than expected (its top level: array); check that the account URL points to a CARTO server's API"},
		{"the key in the answer", scripted{status: 400, body: `{"errors":"bad key ` + testKey + ` and https://u:p4ss@db.example.org/?token=abc"}`},
			request + "400 Bad Request: bad key " + secret.Placeholder + " and https://" + secret.Placeholder + "@db.example.org/?token=" + secret.Placeholder},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.a)
			_, err := c.ImportURL(t.Context(), URLImport{URL: secret.New("https://example.org/x.csv")})
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
			if strings.ContainsAny(message(err), "\n\x1b") {
				t.Errorf("%q is not one line", err)
			}
		})
	}
}

func TestErrorsOfOneDataset(t *testing.T) {
	tests := []struct {
		name      string
		a         scripted
		notFound  bool
		temporary bool
		want      string
	}{
		{"unknown", scripted{status: 404, body: `{"errors":"Visualization does not exist","errors_cause":null}`}, true, false,
			"DELETE /api/v1/viz/" + idA + ": 404 Not Found: Visualization does not exist"},
		{"locked for a moment", scripted{status: 400, body: `{"errors":["PG::LockNotAvailable: ERROR: canceling statement due to lock timeout"]}`}, false, true,
			"DELETE /api/v1/viz/" + idA + ": 400 Bad Request: PG::LockNotAvailable: ERROR: canceling statement due to lock timeout; somebody uses the table; try again"},
		{"a view", scripted{status: 400, body: `{"errors":["cannot drop table roads because other objects depend on it"]}`}, false, false,
			"DELETE /api/v1/viz/" + idA + ": 400 Bad Request: cannot drop table roads because other objects depend on it; drop the view that depends on the table first"},
		{"not the owner", scripted{status: 403, body: `{"errors":"Visualization not editable","errors_cause":null}`}, false, false,
			"DELETE /api/v1/viz/" + idA + ": 403 Forbidden: Visualization not editable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.a)
			err := c.DeleteDataset(t.Context(), idA)
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
			if errors.Is(err, ErrNotFound) != tt.notFound || Temporary(err) != tt.temporary {
				t.Errorf("not found %v, temporary %v", errors.Is(err, ErrNotFound), Temporary(err))
			}
		})
	}
}

func TestAPIErrorFields(t *testing.T) {
	c, _ := answering(t, scripted{status: 403, body: `{"errors":"Visualization not viewable","errors_cause":"privacy_password"}`})
	_, err := c.Synchronization(t.Context(), idA)
	var got *APIError
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	want := &APIError{
		Method: "GET", Path: "/api/v1/synchronizations/" + idA, Status: 403,
		Messages: []string{"Visualization not viewable"}, Cause: "privacy_password",
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestUnauthorizedSynchronizationNamesBothReasons(t *testing.T) {
	c, _ := answering(t, scripted{status: 401})
	_, err := c.Synchronization(t.Context(), idA)
	want := "GET /api/v1/synchronizations/" + idA + ": 401 Unauthorized; check CARTO_API_KEY, and that the account may use synchronizations: CARTO answers alike"
	if diff := cmp.Diff(want, message(err)); diff != "" || !errors.Is(err, ErrUnauthorized) {
		t.Error(diff, errors.Is(err, ErrUnauthorized))
	}
}

func FuzzBodyText(f *testing.F) {
	for _, s := range []string{``, `{}`, `{"errors":{"a":["b",{"c":"d"}]}}`, `<html>`, `[[]]`, `"x"`, `{"error":{"a":{}},"errors":[]}`} {
		f.Add([]byte(s))
	}
	c, err := New(Config{Account: testAccount, APIKey: secret.New(testKey)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		messages, cause, snippet := c.bodyText(body)
		if len(messages) > 0 && snippet != "" {
			t.Error("both messages and a snippet")
		}
		for _, s := range append(messages, cause, snippet) {
			if strings.ContainsAny(s, "\r\n\x1b\x00") || strings.Contains(s, testKey) {
				t.Errorf("%q is not fit to print", s)
			}
		}
	})
}

func TestCollectKeepsTheOrderOfTheText(t *testing.T) {
	got := collect(nil, json.RawMessage(`{"b":"1","a":["2",{"z":"3","y":null,"x":4}],"c":{"d":"5"},"e":"6"}`))
	if diff := cmp.Diff([]string{"1", "2", "3", "5", "6"}, got); diff != "" {
		t.Error(diff)
	}
}
