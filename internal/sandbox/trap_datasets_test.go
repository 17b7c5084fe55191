package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// Each of these tests shows one way in which CARTO misleads a client that keeps datasets equal to a declaration.

// viz is the path of a visualization.
func viz(id any) string { return fmt.Sprint("/api/v1/viz/", id) }

// put changes a visualization, and the change must be accepted.
func (a *api) put(id any, change object) object {
	a.t.Helper()
	change["id"] = id
	return a.ok("PUT", viz(id), change)
}

// made loads a small dataset and returns its id.
func (a *api) made(name string) any {
	a.t.Helper()
	a.load(name+".csv", "a\n1\n")
	return a.get(viz(name))["id"]
}

// said is the status and the body of an answer.
func said(got answer) []any { return []any{got.Status, got.Body} }

// listed are the names of the account's own datasets, in a list that asks for more.
func (a *api) listed(more string) []any {
	a.t.Helper()
	return names(a.get("/api/v1/viz?type=table&exclude_shared=true" + more))
}

// With a wrong key the list answers 200 with what is public, so that whatever is private seems to be gone. Only the missing
// totals tell. CartoDB/cartodb: app/controllers/carto/api/visualization_searcher.rb.
func TestTrap1BadKeyLooksLikeAnEmptyAccount(t *testing.T) {
	a := open(t, sandbox.Config{})
	for name, privacy := range map[string]string{"open_data": "public", "linked_data": "link", "closed_data": "private"} {
		a.load(name+".csv", "a\n1\n", "privacy", privacy)
	}
	for name, key := range map[string]string{"no key": "", "a wrong key": "wrong", "a key that is not the master key": sandbox.DefaultPublicKey} {
		t.Run(name, func(t *testing.T) {
			visitor := *a
			visitor.t, visitor.key = t, key
			list := visitor.get("/api/v1/viz?type=table")
			fact(t, "only public datasets", []any{"open_data"}, names(list))
			_, totals := list["total_user_entries"]
			fact(t, "no totals", false, totals)
			fact(t, "what is private", []any{403, `{"errors":"Visualization not viewable","errors_cause":null}`}, said(visitor.send("GET", viz("closed_data"), nil)))
			short := visitor.get(viz("linked_data"))
			for _, key := range []string{"map_id", "url", "locked", "synchronization", "version"} {
				if _, there := short[key]; there {
					t.Errorf("the short form has %s", key)
				}
			}
			fact(t, "users/me", []any{401, ""}, said(visitor.send("GET", "/api/v1/users/me", nil)))
		})
	}
}

// The newer endpoint for the account answers everybody as well. CartoDB/cartodb: app/controllers/carto/api/users_controller.rb.
func TestTrap2MeAnswers200ToABadKey(t *testing.T) {
	a := open(t, sandbox.Config{})
	fact(t, "with the key", "sandbox", dig(a.get("/api/v3/me"), "user_data", "username"))
	a.key = "wrong"
	me := a.get("/api/v3/me")
	keys := []string{}
	for key := range me {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	fact(t, "without it", []string{"config", "user_frontend_version"}, keys)
}

// A Basic credential for another user is not made good by a right parameter, and one that is cut short by a character
// outside letters, digits and underscores is a wrong one. CartoDB/cartodb: config/initializers/warden.rb.
func TestTrap3WrongUserInBasicBeatsARightKey(t *testing.T) {
	a := open(t, sandbox.Config{APIKey: "key>?key"})
	inQuery := "/api/v1/users/me?api_key=" + url.QueryEscape("key>?key")
	fact(t, "the parameter alone", 200, (&api{t: t, s: a.s, client: a.client}).send("GET", inQuery, nil).Status)
	a.user, a.key = "alice", "key>?key"
	fact(t, "another user", []any{401, ""}, said(a.send("GET", inQuery, nil)))
	a.user = "sandbox" // sandbox:key>?key holds a slash when it is encoded
	fact(t, "cut short", []any{401, ""}, said(a.send("GET", inQuery, nil)))
}

// Lists hold what others shared, under the same bare name. CartoDB/cartodb: app/controllers/carto/api/visualization_searcher.rb.
func TestTrap5ListsHoldDatasetsOfOthers(t *testing.T) {
	a := open(t, sandbox.Config{Organization: "acme", Members: []string{"alice"}})
	a.made("rivers")
	if _, err := a.s.AddSharedDataset(t.Context(), "alice", "rivers", "r"); err != nil {
		t.Fatal(err)
	}
	var seen []any
	for _, v := range a.get("/api/v1/viz?type=table&order=updated_at&order_direction=asc")["visualizations"].([]any) {
		seen = append(seen, []any{dig(v, "name"), dig(v, "permission", "owner", "username"), dig(v, "table", "name")})
	}
	fact(t, "entries", []any{[]any{"rivers", "sandbox", "rivers"}, []any{"rivers", "alice", `"alice".rivers`}}, seen)
	for query, want := range map[string][]any{"": {2.0}, "&exclude_shared=true": {1.0}, "&shared=no": {1.0}, "&shared=only": {1.0}, "&only_shared=true": {1.0}} {
		t.Run(query, func(t *testing.T) {
			fact(t, "entries", want, []any{a.get("/api/v1/viz?type=table" + query)["total_entries"]})
		})
	}
}

// Privacy is written in capitals, read in any case, filtered in small letters; the nested table calls a link PUBLIC.
// CartoDB/cartodb: app/controllers/carto/api/user_table_presenter.rb.
func TestTrap33PrivacyIsSpelledInThreeWays(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("roads")
	changed := a.put(id, object{"privacy": "LiNk"})
	fact(t, "capitals, and a table that lies", []any{"LINK", "PUBLIC"}, []any{changed["privacy"], dig(changed, "table", "privacy")})
	fact(t, "the tables endpoint does not lie", "LINK", a.get("/api/v1/tables/roads")["privacy"])
	for filter, want := range map[string][]any{"link": {"roads"}, "LINK": {}, "public": {}, "": {}} {
		fact(t, "filtered by "+filter, want, a.listed("&privacy="+filter))
	}
}

// A privacy that is none is a 403 with words, as if something were forbidden; a 403 without any means that the body does
// not name the dataset's id. CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func TestTrap34InvalidPrivacyIs403(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config sandbox.Config
		before string
		change object
		want   []any
	}{
		{"unknown", sandbox.Config{}, "", object{"privacy": "secret"}, []any{403, `{"errors":["Privacy is not included in the list"]}`}},
		{"none", sandbox.Config{}, "", object{"privacy": nil}, []any{403, `{"errors":["Privacy can't be blank","Privacy is not included in the list"]}`}},
		{"with another fault", sandbox.Config{}, "", object{"privacy": "secret", "name": " "}, []any{403, `{"errors":["Name can't be blank","Privacy is not included in the list"]}`}},
		{"private where the plan has none", sandbox.Config{PublicOnly: true}, "public", object{"privacy": "private"}, []any{403, `{"errors":["Privacy cannot be set to private"]}`}},
		{"over the quota", sandbox.Config{PublicQuota: 1}, "private", object{"privacy": "link"}, []any{403, `{"errors":["Privacy over account public dataset quota"]}`}},
		{"a password without one", sandbox.Config{}, "", object{"privacy": "password"}, []any{400, `{"errors":["Password required for protected visualization"]}`}},
		{"another id", sandbox.Config{}, "", object{"id": unknown}, []any{403, ""}},
		{"no id", sandbox.Config{}, "", object{"id": nil}, []any{403, ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, test.config)
			if test.config.PublicQuota > 0 {
				a.load("first.csv", "a\n1\n", "privacy", "public")
			}
			a.load("roads.csv", "a\n1\n", "privacy", test.before)
			id := a.get(viz("roads"))["id"]
			if _, given := test.change["id"]; !given {
				test.change["id"] = id
			}
			fact(t, "answer", test.want, said(a.send("PUT", viz(id), test.change)))
		})
	}
}

// Tags keep order, case and duplicates; blank ones go, null is none. CartoDB/cartodb: app/models/carto/visualization.rb.
func TestTrap35TagsAreKeptAsTheyAre(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("roads")
	for _, test := range []struct{ sent, want any }{
		{[]any{"b", "A", "b", "", " ", nil, false, 5}, []any{"b", "A", "b", "5"}},
		{[]any{}, []any{}},
		{nil, []any{}},
	} {
		fact(t, fmt.Sprint(test.sent), test.want, a.put(id, object{"tags": test.sent})["tags"])
	}
	for _, bad := range []any{"a,b", 5, object{"a": "b"}} {
		fact(t, fmt.Sprint(bad), []any{400, `{"errors":["Error updating"]}`}, said(a.send("PUT", viz(id), object{"id": id, "tags": bad})))
	}
}

// A description that nobody wrote is null, which is another value than the empty text. CartoDB/cartodb: app/models/carto/visualization.rb.
func TestTrap36NullIsNotEmpty(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("roads")
	fact(t, "at first", nil, a.get(viz(id))["description"])
	for _, text := range []any{"", nil, " x "} {
		fact(t, "stored", text, a.put(id, object{"description": text})["description"])
		fact(t, "shown", text, a.get(viz(id))["description"])
	}
}

// A name in another spelling than the server's is free as long as the dataset does not have it, so that sending it again
// and again renames to and fro; a taken name silently gets a number. CartoDB/cartodb: app/models/table.rb.
func TestTrap37RenamingFlipsToAndFro(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("foo_bar")
	a.made("roads")
	var got []any
	for range 3 {
		got = append(got, a.put(id, object{"name": "Foo Bar"})["name"])
	}
	fact(t, "sent three times", []any{"foo_bar_1", "foo_bar", "foo_bar_1"}, got)
	fact(t, "onto a taken name", "roads_1", a.put(id, object{"name": "roads"})["name"])
	fact(t, "in capitals", "roads_1", a.put(id, object{"name": "ROADS_1"})["name"])
	a.query("CREATE TABLE lakes (a integer)")
	fact(t, "onto a table that is no dataset", []any{400, `{"errors":["Error updating"]}`}, said(a.send("PUT", viz(id), object{"id": id, "name": "lakes", "tags": []any{"x"}})))
	fact(t, "which changes nothing", object{"name": "roads_1", "tags": []any{}}, pick(a.get(viz(id)), "name", "tags"))
}

// Whoever asks for a dataset by its name gets a map when no dataset has it; and deletes it.
// CartoDB/cartodb: app/controllers/visualizations_controller_helper.rb.
func TestTrap38ShowByNameMayAnswerAMap(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.made("roads")
	id, err := a.s.AddMap(t.Context(), "", "roads", "roads")
	if err != nil {
		t.Fatal(err)
	}
	fact(t, "the dataset wins", "table", a.get(viz("roads"))["type"])
	a.put(a.get(viz("roads"))["id"], object{"name": "streets"})
	fact(t, "a map otherwise", []any{"derived", id}, []any{a.get(viz("roads"))["type"], a.get(viz("roads"))["id"]})
	fact(t, "which a deletion by name hits", []any{204, ""}, said(a.send("DELETE", viz("roads"), nil)))
	fact(t, "and not the dataset", []any{"streets"}, a.listed(""))
}

// One visualization is shown without its permission, which a list shows. CartoDB/cartodb:
// app/controllers/carto/api/visualizations_controller.rb.
func TestTrap39ShowLeavesOutThePermission(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("roads")
	listed := a.get("/api/v1/viz?type=table")["visualizations"].([]any)[0].(object)
	for query, want := range map[string]bool{"": false, "?show_permission=true&show_liked=true&show_stats=true": true} {
		shown := a.get(viz(id) + query)
		for _, key := range []string{"permission", "liked"} {
			_, inList := listed[key]
			_, there := shown[key]
			fact(t, key+query, []bool{true, want}, []bool{inList, there})
		}
		_, inTable := shown["table"].(object)["permission"]
		fact(t, "the table's"+query, want, inTable)
		fact(t, "stats"+query, want, len(shown["stats"].(object)) > 0)
	}
	_, related := listed["related_tables"]
	fact(t, "a list has no related tables", false, related)
	fact(t, "one has", []any{}, a.get(viz(id))["related_tables"])
}

// What SQL does to tables reaches the list of datasets when it is asked for, maps go along, and what SQL made anew under
// its name stays the dataset that it was. CartoDB/cartodb: lib/carto/ghost_tables_manager.rb.
func TestTrap47ListingFollowsWhatSQLDid(t *testing.T) {
	a := open(t, sandbox.Config{})
	gone, swapped, other, anew := a.made("gone"), a.made("one"), a.made("two"), a.made("anew")
	lost, err := a.s.AddMap(t.Context(), "", "lost", "gone")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"DROP TABLE gone", "ALTER TABLE one RENAME TO three", "ALTER TABLE two RENAME TO one", "ALTER TABLE three RENAME TO two",
		"DROP TABLE anew", "CREATE TABLE anew (b integer)", "SELECT CDB_CartodbfyTable(current_schema, 'anew')",
		"CREATE TABLE plain (a integer)"} {
		a.query(q)
	}
	fact(t, "until then nothing has changed", "one", a.get(viz(swapped))["name"])
	fact(t, "the list", []any{"anew", "one", "two"}, a.listed("&order=name&order_direction=asc"))
	fact(t, "names follow their tables", []any{"two", "one"}, []any{a.get(viz(swapped))["name"], a.get(viz(other))["name"]})
	fact(t, "the same dataset", anew, a.get(viz("anew"))["id"])
	fact(t, "what was dropped", []int{404, 404}, []int{a.send("GET", viz(gone), nil).Status, a.send("GET", viz(lost), nil).Status})
}

// A change of many tables is linked by a job, so that the list that notices it still shows the old state.
// CartoDB/cartodb: lib/carto/ghost_tables_manager.rb.
func TestTrap47ManyDifferencesAreLinkedLater(t *testing.T) {
	a := open(t, sandbox.Config{})
	for i := range 8 {
		a.query(fmt.Sprintf("CREATE TABLE t%[1]d (a integer); SELECT CDB_CartodbfyTable(current_schema, 't%[1]d')", i))
	}
	fact(t, "first", 0, len(a.listed("")))
	fact(t, "then", 8, len(a.listed("")))
}

// The default order is by the date of the last change, so that a change between two pages moves entries from one to the
// other: some are seen twice, others never. CartoDB/cartodb: app/queries/carto/visualization_query_orderer.rb.
func TestTrap48ChangesMoveEntriesBetweenPages(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(t *testing.T, a *api) {
		var first any
		for _, name := range []string{"first", "second", "third", "fourth"} {
			id := a.made(name)
			if first == nil {
				first = id
			}
			later(time.Second)
		}
		page := func(n int) []any { return a.listed(fmt.Sprint("&per_page=2&page=", n)) }
		seen := page(1)
		a.put(first, object{"description": "moved to the front"})
		seen = append(seen, page(2)...)
		fact(t, "one twice, one never", []any{"fourth", "third", "third", "second"}, seen)
	})
}

// New contents leave the dataset's date alone. CartoDB/cartodb: app/models/table/privacy_manager.rb,
// app/models/carto/visualization.rb.
func TestTrap49ContentsDoNotMoveTheDate(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(t *testing.T, a *api) {
		id := a.made("roads")
		before := a.get(viz(id))
		later(time.Hour)
		a.load("roads.csv", "a\n2\n3\n", "collision_strategy", "overwrite")
		fact(t, "replaced", 2, len(a.query("SELECT a FROM roads")))
		fact(t, "the date", before["updated_at"], a.get(viz(id))["updated_at"])
	})
}

// Answers hold secrets: the master key, tokens for what is private, addresses. CartoDB/cartodb:
// app/controllers/carto/api/user_presenter.rb, visualization_presenter.rb.
func TestTrap50AnswersHoldSecrets(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("roads")
	fact(t, "the key", sandbox.DefaultAPIKey, a.get("/api/v1/users/me")["api_key"])
	shown := a.get(viz(id) + "?show_permission=true")
	tokens := shown["auth_tokens"].([]any)
	if len(tokens) != 1 || len(tokens[0].(string)) != 22 {
		t.Errorf("a private dataset has the tokens %v", tokens)
	}
	fact(t, "an address", "sandbox@example.com", dig(shown, "permission", "owner", "email"))
	fact(t, "no token for what is public", []any{}, a.put(id, object{"privacy": "public"})["auth_tokens"])
	link := dig(a.get("/api/v4/datasets?api_key="+sandbox.DefaultAPIKey), "_links", "first", "href").(string)
	if !strings.Contains(link, sandbox.DefaultAPIKey) {
		t.Errorf("the link %s holds no key", link)
	}
}

// Plain HTTP is answered with a redirect, after the key was sent, and clients that follow it turn writes into GET; error
// bodies may be a proxy's HTML, or nothing. CartoDB/cartodb: app/controllers/application_controller.rb.
func TestTrap52RedirectsAndBodiesThatAreNoJSON(t *testing.T) {
	a := open(t, sandbox.Config{})
	id := a.made("roads")
	a.s.Inject(fault.Rule{Kind: fault.Redirect, Times: 1})
	got := a.send("PUT", viz(id), object{"id": id, "description": "lost"})
	fact(t, "a redirect for a write", []any{301, "https://sandbox.test" + viz(id)}, []any{got.Status, got.header.Get("Location")})
	for _, status := range []int{411, 413, 502, 504} {
		a.s.Inject(fault.Rule{Kind: fault.Status, Status: status, Times: 1})
		got := a.send("PUT", viz(id), object{"id": id})
		fact(t, "a page", []any{status, "text/html", true}, []any{got.Status, got.header.Get("Content-Type"), strings.HasPrefix(got.Body, "<html>")})
	}
	for path, want := range map[string]int{viz(unknown): 404, "/api/v1/tables/nothing": 404, "/api/v1/perm/" + unknown: 404} {
		method := http.MethodPut
		fact(t, path, want, a.send(method, path, object{}).Status)
	}
	fact(t, "nothing at all", []any{404, ""}, said(a.send("GET", "/api/v1/tables/nothing", nil)))
	fact(t, "what was not changed", nil, a.get(viz(id))["description"])
}

// Counts disagree: the account counts its tables, a list what is shared too, and the number of rows is an estimate that
// SQL does not move. CartoDB/cartodb: app/models/table.rb.
func TestTrap56CountsAreEstimates(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.made("roads")
	if _, err := a.s.AddSharedDataset(t.Context(), "alice", "rivers", "r"); err != nil {
		t.Fatal(err)
	}
	a.query("INSERT INTO roads (a) VALUES (2), (3)")
	list := a.get("/api/v1/viz?type=table")
	fact(t, "tables", []any{1.0, 2.0, 1.0}, []any{a.get("/api/v1/users/me")["table_count"], list["total_entries"], list["total_user_entries"]})
	fact(t, "rows", []any{1.0, 1.0, 3.0}, []any{dig(a.get(viz("roads")), "table", "row_count"), a.get("/api/v1/tables/roads")["rows_counted"],
		dig(a.query("SELECT count(*) AS n FROM roads")[0], "n")})
}
