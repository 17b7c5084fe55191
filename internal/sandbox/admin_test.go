package sandbox_test

import (
	"cmp"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// Nothing of the admin route is there unless it was asked for, and it is not for web pages or strangers.
func TestAdminIsGuarded(t *testing.T) {
	t.Parallel()
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	tests := []struct {
		name    string
		config  sandbox.Config
		method  string
		key     string
		user    string // the account's by default
		host    string
		headers http.Header
		status  int
	}{
		{name: "not asked for", method: "GET", key: sandbox.DefaultAPIKey, status: 404},
		{name: "with the key", config: sandbox.Config{Admin: true}, method: "GET", key: sandbox.DefaultAPIKey, status: 200},
		{name: "without a key", config: sandbox.Config{Admin: true}, method: "GET", status: 401},
		{name: "with a wrong key", config: sandbox.Config{Admin: true}, method: "GET", key: "wrong", status: 401},
		{name: "with the key that reads", config: sandbox.Config{Admin: true}, method: "GET", key: sandbox.DefaultPublicKey, status: 401},
		{name: "with the key and another user", config: sandbox.Config{Admin: true}, method: "GET", key: sandbox.DefaultAPIKey, user: "mallory", status: 401},
		{name: "from another site", config: sandbox.Config{Admin: true}, method: "POST", key: sandbox.DefaultAPIKey,
			headers: http.Header{"Sec-Fetch-Site": {"cross-site"}}, status: 403},
		{name: "from a form of another origin", config: sandbox.Config{Admin: true}, method: "DELETE", key: sandbox.DefaultAPIKey,
			headers: http.Header{"Origin": {"https://evil.example.org"}}, status: 403},
		{name: "the default key by a foreign name", config: sandbox.Config{Admin: true}, method: "GET", key: sandbox.DefaultAPIKey, host: "evil.example.org:8080", status: 403},
		{name: "an own key by a foreign name", config: sandbox.Config{Admin: true, APIKey: "mine"}, method: "GET", key: "mine", host: "ci-sandbox:8080", status: 200},
		{name: "a form", config: sandbox.Config{Admin: true}, method: "POST", key: sandbox.DefaultAPIKey, headers: form, status: 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, test.config)
			r, err := http.NewRequestWithContext(t.Context(), test.method, "http://127.0.0.1/_sandbox/faults", nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.key != "" {
				r.SetBasicAuth(cmp.Or(test.user, "sandbox"), test.key)
			}
			if test.host != "" {
				r.Host = test.host
			}
			for key, values := range test.headers {
				r.Header[key] = values
			}
			resp, err := a.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			fact(t, "status", test.status, resp.StatusCode)
		})
	}
}

// A schedule of hours is seen at once: every run comes at its time, and in order.
func TestAdvanceRunsWhatFallsDue(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "a\n1\n")
	write(t, files, "sea.csv", "a\n1\n")
	inBubble(t, sandbox.Config{Serve: files, Admin: true}, func(t *testing.T, a *api) {
		air, _ := a.synchronize(object{"url": airURL, "interval": 900})
		sea, _ := a.synchronize(object{"url": "http://files.sandbox.test/sea.csv", "interval": 2000})
		began := time.Now()
		seconds := func(v any) string { return strings.Split(v.(string), ".")[0] }
		fact(t, "clock", []any{"2000-01-01T00:00:00", 1.0}, []any{seconds(a.get("/_sandbox/clock")["now"]), a.get("/_sandbox/clock")["speed"]})
		first := a.ok("POST", "/_sandbox/clock", object{"advance": "29m"})
		fact(t, "less than half an hour", []any{"2000-01-01T00:29:00", 1.0}, []any{seconds(first["now"]), first["runs"]})
		fact(t, "at its own time", "2000-01-01T00:15:00", seconds(a.sync(air)["ran_at"]))
		fact(t, "another half an hour", object{"runs": 3.0}, pick(a.ok("POST", "/_sandbox/clock", object{"advance": "30m"}), "runs"))
		fact(t, "the slower one", "2000-01-01T00:33:20", seconds(a.sync(sea)["ran_at"]))
		a.ok("POST", "/_sandbox/clock", object{"advance": "10h", "wait": false})
		synctest.Wait()
		fact(t, "a jump runs each once", []any{"2000-01-01T10:59:00", "2000-01-01T10:59:00"}, []any{seconds(a.sync(air)["ran_at"]), seconds(a.sync(sea)["ran_at"])})
		fact(t, "time that passed", time.Duration(0), time.Since(began))
		runs, err := a.s.Advance(t.Context(), time.Hour)
		fact(t, "from Go", []any{3 + 1, nil}, []any{runs, err})
	})
}

func TestAdminMistakes(t *testing.T) {
	tests := []struct{ name, method, path, body, want string }{
		{"no duration", "POST", "clock", `{}`, `{"error":"\"advance\" must be a duration from 0s to 8784h0m0s, such as \"1h30m\""}`},
		{"backwards", "POST", "clock", `{"advance":"-1h"}`, `{"error":"\"advance\" must be a duration from 0s to 8784h0m0s, such as \"1h30m\""}`},
		{"unknown key", "POST", "clock", `{"advnace":"1h"}`, `{"error":"the body is not as it should be: json: unknown field \"advnace\""}`},
		{"unknown fault", "POST", "faults", `{"faults":["refuse","lose=2"]}`, `{"error":"fault \"lose=2\": the status must be between 400 and 599"}`},
		{"unknown path", "GET", "colck", ``, `{"error":"the admin route has clock and faults; see cartosync sandbox --help"}`},
	}
	a := open(t, sandbox.Config{Admin: true})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fact(t, "answer", test.want, a.send(test.method, "/_sandbox/"+test.path, test.body).Body)
		})
	}
	fact(t, "below the account's address too", object{"faults": []any{}}, a.get("/user/sandbox/_sandbox/faults"))
	fact(t, "no rule of a wrong list is added", object{"faults": []any{}}, a.get("/_sandbox/faults"))
}

// Rules can be added, counted and taken away while the account is in use.
func TestAdminFaults(t *testing.T) {
	a := open(t, sandbox.Config{Admin: true})
	a.ok("POST", "/_sandbox/faults", object{"faults": []string{"status=502@GET/api/v1/viz+1*1", "empty=401/api/v1/users%50"}, "seed": 7})
	var got []int
	for range 3 {
		got = append(got, a.send("GET", "/api/v1/viz", nil).Status)
	}
	fact(t, "answers", []int{200, 502, 200}, got)
	want := object{"faults": []any{
		object{"fault": "status=502@GET/api/v1/viz+1*1", "seen": 2.0, "hits": 1.0},
		object{"fault": "empty=401/api/v1/users%50", "seen": 0.0, "hits": 0.0},
	}}
	fact(t, "counts", want, a.get("/_sandbox/faults"))
	fact(t, "the admin route is never hit", 204, a.send("DELETE", "/_sandbox/faults", nil).Status)
	fact(t, "no rules", object{"faults": []any{}}, a.get("/_sandbox/faults"))
}
