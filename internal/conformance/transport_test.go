package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// transportChecks are about addresses, keys and bodies.
func transportChecks() []check {
	return []check{
		{"1.1", "the path names the user", "`/user/NAME` and `/u/NAME` before `/api` say whose account is meant, whatever the host is called.", 0, pathNamesUser},
		{"1.2", "a trailing slash is nothing", "A slash at the end of a path makes no difference, and nothing is redirected.", 0, trailingSlash},
		{"1.3", "four ways to send the key", "The key travels as the password of HTTP Basic, as `api_key` in the query, or as `api_key` in a form, multipart or JSON body.", 0, waysOfTheKey},
		{"1.4", "Basic beats api_key", "A Basic header with another user's name is refused even beside a correct `api_key`.", 0, basicWins},
		{"1.5", "other schemes are not read", "An `Authorization` header of another scheme is passed over, and `api_key` counts.", 0, otherSchemes},
		{"1.6", "a wrong key gets an empty 401", "Where a key is needed, a wrong one and none get 401 with an empty body.", 0, wrongKey},
		{"1.7", "a list for everybody", "`GET /api/v1/viz` answers 200 to a wrong key, with the public datasets alone and without the totals of the account.", private, listForEverybody},
		{"1.8", "one dataset for everybody", "`GET /api/v1/viz/ID` shows a public dataset to a wrong key, in a short form, and refuses a private one with 403.", private, oneForEverybody},
		{"1.9", "v3/me knows everybody", "`GET /api/v3/me` answers 200 to a wrong key too, without `user_data`.", 0, meForEverybody},
		{"1.10", "an unknown user has no list", "The list of a user who does not exist is a 400.", 0, unknownUser},
		{"1.11", "JSON says so", "Answers are `application/json; charset=utf-8`; empty ones have no body at all.", 0, contentTypes},
		{"1.12", "a bad callback comes too late", "A malformed `callback` is a 400, but what was asked for has been done by then.", 0, badCallback},
		{"1.13", "JSON that is none", "A body that claims to be JSON and is not gets 400 before the endpoint sees it.", 0, brokenJSON},
		{"1.14", "proxies speak HTML", "Proxies in front of the service answer 411, 413, 502, 503 and 504 with a page of HTML.", admin, htmlPages},
		{"1.15", "writes over http are redirected", "An install that demands https answers 301, to writes too.", admin, redirected},
		{"1.16", "an answer can be lost", "A request may take effect although its answer never arrives.", admin, lostAnswer},
	}
}

// userless is the account's address without a user in its path.
func (p *probe) userless() string {
	for _, form := range []string{"/user/", "/u/"} {
		if before, _, found := strings.Cut(p.base, form); found {
			return before
		}
	}
	return p.base
}

func pathNamesUser(p *probe) {
	for _, form := range []string{"/user/", "/u/"} {
		p.same(form, p.user, p.get(p.userless() + form + p.user + "/api/v1/users/me")["username"])
	}
}

func trailingSlash(p *probe) {
	p.same("its answer", http.StatusOK, p.send("GET", "/api/v1/users/me/", nil).Status)
	p.same("a list", http.StatusOK, p.send("GET", "/api/v1/synchronizations/", nil).Status)
}

// waysOfTheKey posts what is refused, so that a key in a body is shown to count without any effect.
func waysOfTheKey(p *probe) {
	const path = "/api/v1/imports"
	bad := "collision_strategy"
	ways := []struct {
		name, path string
		body       any
	}{
		{"query", path + "?api_key=" + p.key, object{bad: "x"}},
		{"form", path, url.Values{"api_key": {p.key}, bad: {"x"}}},
		{"multipart", path, form{values: []string{"api_key", p.key, bad, "x"}}},
		{"JSON", path, object{"api_key": p.key, bad: "x"}},
	}
	for _, way := range ways {
		p.same(way.name, http.StatusBadRequest, p.send("POST", way.path, way.body, anonymous).Status)
	}
	p.same("JSON that does not say so", http.StatusUnauthorized, p.send("POST", path, raw{"text/plain", `{"api_key":"` + p.key + `"}`}, anonymous).Status)
}

func basicWins(p *probe) {
	other := func(r *http.Request) { r.SetBasicAuth("somebody", p.key) }
	p.refused(p.send("GET", "/api/v1/users/me?api_key="+p.key, nil, other), http.StatusUnauthorized, "")
}

func otherSchemes(p *probe) {
	p.same("with api_key", http.StatusOK, p.send("GET", "/api/v1/users/me?api_key="+p.key, nil, with("Authorization", "Bearer "+p.key)).Status)
	p.same("alone", http.StatusUnauthorized, p.send("GET", "/api/v1/users/me", nil, with("Authorization", "Bearer "+p.key)).Status)
}

// wrong sends a key that is not the account's.
func wrong(r *http.Request) {
	user, _, _ := r.BasicAuth()
	r.SetBasicAuth(user, "0123456789abcdef")
}

const nobody = "11111111-2222-4333-8444-555555555555"

func wrongKey(p *probe) {
	guarded := []struct{ method, path string }{
		{"GET", "/api/v1/users/me"}, {"POST", "/api/v1/imports"}, {"GET", "/api/v1/imports"}, {"GET", "/api/v1/imports/" + nobody},
		{"POST", "/api/v1/synchronizations"}, {"GET", "/api/v1/synchronizations"}, {"GET", "/api/v1/synchronizations/" + nobody},
		{"PUT", "/api/v1/synchronizations/" + nobody}, {"DELETE", "/api/v1/synchronizations/" + nobody}, {"PUT", "/api/v1/synchronizations/" + nobody + "/sync_now"},
		{"PUT", "/api/v1/viz/" + nobody}, {"DELETE", "/api/v1/viz/" + nobody}, {"PUT", "/api/v1/perm/" + nobody}, {"GET", "/api/v1/tables/" + nobody},
		{"GET", "/api/v1/connectors"}, {"GET", "/api/v4/me"}, {"GET", "/api/v4/connections"},
	}
	for _, g := range guarded {
		for name, as := range map[string]option{"a wrong key": wrong, "no key": anonymous} {
			got := p.send(g.method, g.path, nil, as)
			if got.Status != http.StatusUnauthorized || got.Body != "" {
				p.Errorf("%s %s with %s: %d %q", g.method, g.path, name, got.Status, got.Body)
			}
		}
	}
}

const totals = "visualizations total_entries total_user_entries total_locked total_likes total_shared"

const shortShape = "id name display_name attributions source license type tags description created_at updated_at title kind privacy liked permission stats auth_tokens table"

func listForEverybody(p *probe) {
	public := p.load(p.name("public.csv"), "a\n1\n", "privacy", "public")["table_name"]
	p.load(p.name("private.csv"), "a\n1\n", "privacy", "private")
	path := "/api/v1/viz?type=table&per_page=100&q=" + p.prefix
	p.keys("the owner's list", totals, p.get(path))
	for name, as := range map[string]option{"a wrong key": wrong, "no key": anonymous} {
		list := p.get(path, as)
		p.keys("the list for "+name, "visualizations total_entries", list)
		entries, _ := list["visualizations"].([]any)
		if len(entries) != 1 {
			p.Fatalf("%s sees %d datasets, not one", name, len(entries))
		}
		p.same(name, public, dig(entries[0], "name"))
		p.keys("an entry", shortShape, entries[0])
		p.keys("its permission", "id owner", dig(entries[0], "permission"))
	}
}

func oneForEverybody(p *probe) {
	public := p.dataset(p.load(p.name("public.csv"), "a\n1\n", "privacy", "public"))
	private := p.dataset(p.load(p.name("private.csv"), "a\n1\n", "privacy", "private"))
	p.has("a public one", "id name privacy", p.get("/api/v1/viz/"+public["id"].(string), wrong))
	if _, there := p.get("/api/v1/viz/"+public["id"].(string), wrong)["map_id"]; there {
		p.Error("the short form has a map_id")
	}
	p.refused(p.send("GET", "/api/v1/viz/"+private["id"].(string), nil, wrong), http.StatusForbidden, `{"errors":"Visualization not viewable","errors_cause":null}`)
}

func meForEverybody(p *probe) {
	p.keys("the answer to a wrong key", "user_frontend_version config", p.get("/api/v3/me", wrong))
	p.has("the answer to the owner", "user_data config", p.get("/api/v3/me"))
}

func unknownUser(p *probe) {
	p.refused(p.send("GET", p.userless()+"/user/nobody-of-that-name/api/v1/viz?type=table", nil, anonymous), http.StatusBadRequest, `{"error":"Wrong 'username' parameter value."}`)
}

func contentTypes(p *probe) {
	p.same("a list", "application/json; charset=utf-8", p.send("GET", "/api/v1/synchronizations", nil).Type)
	got := p.send("GET", "/api/v1/synchronizations/"+nobody, nil)
	p.same("nothing", []any{404, "application/json", ""}, []any{got.Status, got.Type, got.Body})
}

func badCallback(p *probe) {
	d := p.dataset(p.load(p.name("x.csv"), "a\n1\n"))
	id := d["id"].(string)
	p.refused(p.send("PUT", "/api/v1/viz/"+id+"?callback=a(b", object{"id": id, "description": "done"}), http.StatusBadRequest, `{"errors":{"callback":"Invalid callback format"}}`)
	p.same("the dataset", "done", p.viz(id)["description"])
	got := p.send("GET", "/api/v1/synchronizations?callback=cb", nil)
	p.same("a good one", "text/javascript", strings.Split(got.Type, ";")[0])
	if !strings.HasPrefix(got.Body, "/**/cb({") || !strings.HasSuffix(got.Body, "})") {
		p.Errorf("a good one: %s", got.Body)
	}
}

func brokenJSON(p *probe) {
	p.same("an import", http.StatusBadRequest, p.send("POST", "/api/v1/imports", raw{"application/json", `{"url":`}).Status)
}

func htmlPages(p *probe) {
	for _, status := range []int{411, 413, 502, 503, 504} {
		p.inject(fmt.Sprintf("status=%d/api/v1/users*1", status))
		got := p.send("GET", "/api/v1/users/me", nil)
		if got.Status != status || !strings.HasPrefix(got.Type, "text/html") || !strings.Contains(got.Body, "<html>") {
			p.Errorf("%d: %d %s %q", status, got.Status, got.Type, got.Body)
		}
	}
}

func redirected(p *probe) {
	p.inject("redirect/api/v1/imports*1")
	got := p.send("POST", "/api/v1/imports", object{})
	p.same("status", http.StatusMovedPermanently, got.Status)
	if to := got.Header.Get("Location"); !strings.HasPrefix(to, "https://") || !strings.HasSuffix(to, "/api/v1/imports") {
		p.Errorf("it points to %q", to)
	}
}

func lostAnswer(p *probe) {
	p.inject("lose@POST/api/v1/imports*1")
	name := p.name("lost")
	if got, err := p.try("POST", "/api/v1/imports", form{"file", name + ".csv", "a\n1\n", nil}); err == nil {
		p.Fatalf("there was an answer: %d", got.Status)
	}
	p.until("the dataset is there", func() bool { return p.send("GET", "/api/v1/viz/"+name, nil).Status == http.StatusOK })
	table, _ := dig(p.get("/api/v1/viz/"+name), "table", "id").(string)
	p.dispose(table)
}
