package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// What an account answers that is not in use. CartoDB/cartodb: app/controllers/application_controller.rb,
// app/controllers/carto/api/public/application_controller.rb.
func TestAccountStates(t *testing.T) {
	t.Parallel()
	const list, me, v3, v4 = "/api/v1/viz?type=table", "/api/v1/users/me", "/api/v3/me", "/api/v4/me"
	nothing := func(status int) []any { return []any{status, ""} }
	tests := []struct {
		state sandbox.AccountState
		right map[string][]any // what the right key gets; nil is a 200
		wrong map[string][]any
	}{
		{sandbox.Active, map[string][]any{list: nil, me: nil, v3: nil, v4: nil}, map[string][]any{list: nil, me: nothing(401), v3: nil, v4: nothing(401)}},
		{sandbox.Locked, map[string][]any{list: nothing(404), me: nothing(404), v3: nil, v4: {403, `{"error":"lockout"}`}},
			map[string][]any{list: nothing(404), me: nothing(404), v3: nil, v4: nothing(401)}},
		{sandbox.Maintenance, map[string][]any{list: nothing(404), me: nothing(404), v3: nothing(404), v4: {403, `{"error":"maintenance_mode"}`}},
			map[string][]any{list: nothing(404), me: nothing(404), v3: nothing(404), v4: nothing(401)}},
		{sandbox.NotActivated, map[string][]any{list: nil, me: nothing(403), v3: nil, v4: nothing(403)},
			map[string][]any{list: nil, me: nothing(401), v3: nil, v4: nothing(401)}},
		{sandbox.Unverified, map[string][]any{list: nil, me: nil, v3: nil, v4: {403, `{"error":"unverified"}`}},
			map[string][]any{list: nil, me: nothing(401), v3: nil, v4: nothing(401)}},
	}
	for _, test := range tests {
		t.Run("state "+string(test.state), func(t *testing.T) {
			a := open(t, sandbox.Config{State: test.state})
			for key, answers := range map[string]map[string][]any{sandbox.DefaultAPIKey: test.right, "wrong": test.wrong} {
				a.key = key
				for path, want := range answers {
					got := said(a.send("GET", path, nil))
					if want == nil {
						want, got = []any{200}, got[:1]
					}
					fact(t, key+" "+path, want, got)
				}
			}
		})
	}
}

// A user with the role of a viewer may look. CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func TestViewersMayLook(t *testing.T) {
	dir := t.TempDir()
	s, err := sandbox.Open(t.Context(), sandbox.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	id := clientOf(t, s).made("roads")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	a := open(t, sandbox.Config{Dir: dir, Viewers: []string{"sandbox"}})
	fact(t, "shown", object{"viewer": true, "role_display": "viewer"}, pick(a.get("/api/v1/users/me"), "viewer", "role_display"))
	fact(t, "listed", []any{"roads"}, a.listed(""))
	for request, want := range map[string][]any{
		"PUT " + viz(id):              {403, ""},
		"DELETE " + viz(id):           {403, ""},
		"POST /api/v1/viz":            {403, ""},
		"PUT /api/v1/tables/roads":    {401, ""},
		"POST /api/v1/tables":         {400, `{"description":["User Viewer users can't create tables"],"stack":["User Viewer users can't create tables"]}`},
		"PUT /api/v1/perm/" + unknown: {404, ""},
	} {
		var method, path string
		fmt.Sscan(request, &method, &path)
		fact(t, request, want, said(a.send(method, path, object{"id": id})))
	}
}

// Where a request names its user, and where its key may be. CartoDB/cartodb: config/routes.rb, config/initializers/warden.rb.
func TestWhereUserAndKeyMayBe(t *testing.T) {
	t.Parallel()
	key := sandbox.DefaultAPIKey
	tests := []struct {
		name, method, path string
		body               any
		want               int
	}{
		{"both prefixes, the last counts", "GET", "/user/nobody/u/sandbox/api/v1/users/me?api_key=" + key, nil, 200},
		{"both prefixes, the last is wrong", "GET", "/user/sandbox/u/nobody/api/v1/users/me?api_key=" + key, nil, 401},
		{"surplus slashes", "GET", "//api//v1/users/me//?api_key=" + key, nil, 200},
		{"a user in a body", "PUT", "/api/v1/perm/" + unknown, object{"api_key": key, "user_domain": "nobody"}, 401},
		{"the query's user beats the body's", "PUT", "/api/v1/perm/" + unknown + "?user_domain=sandbox", object{"api_key": key, "user_domain": "nobody"}, 404},
		{"also for SQL, where the body's q beats the query's", "POST", "/api/v2/sql?user_domain=sandbox&q=nonsense", object{"api_key": key, "user_domain": "nobody", "q": "SELECT 1"}, 200},
		{"an empty user", "GET", "/api/v1/users/me?user_domain=&api_key=" + key, nil, 401},
		{"a body that is no JSON comes before the key", "PUT", "/api/v1/perm/" + unknown, "{", 400},
		{"HEAD is GET", "HEAD", "/api/v1/users/me?api_key=" + key, nil, 200},
		{"version 4 answers preflights", "OPTIONS", "/api/v4/anything", nil, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			a.key = ""
			fact(t, "status", test.want, a.send(test.method, test.path, test.body).Status)
		})
	}
}

// A name may stand behind its owner's schema, which is public for a user on his own. CartoDB/cartodb:
// app/controllers/visualizations_controller_helper.rb, app/controllers/carto/helpers/table_locator.rb.
func TestQualifiedNames(t *testing.T) {
	for organization, want := range map[string]map[string]int{
		"":     {"public.roads": 200, "sandbox.roads": 404, "nobody.roads": 404, "roads.": 200},
		"acme": {"sandbox.roads": 200, "public.roads": 404, "alice.rivers": 200, "alice.lakes": 403, "rivers": 404, `"alice".rivers`: 404},
	} {
		t.Run("in "+organization, func(t *testing.T) {
			a := open(t, sandbox.Config{Organization: organization, Members: []string{"alice"}})
			a.made("roads")
			if organization != "" {
				for name, access := range map[string]string{"rivers": "r", "lakes": ""} {
					if _, err := a.s.AddSharedDataset(t.Context(), "alice", name, access); err != nil {
						t.Fatal(err)
					}
				}
			}
			for name, status := range want {
				fact(t, name, status, a.send("GET", viz(url.PathEscape(name)), nil).Status)
			}
			if organization != "" {
				for name, status := range map[string]int{"alice.rivers": 200, `"alice".rivers`: 200, "alice.lakes": 403, "rivers": 404, "sandbox.roads": 200,
					`"sandbox"."roads"`: 200, "sandbox.rivers": 200, "sandbox.lakes": 404} {
					fact(t, "tables/"+name, status, a.send("GET", "/api/v1/tables/"+url.PathEscape(name), nil).Status)
				}
				fact(t, "shared to read", []any{403, ""}, said(a.send("PUT", viz("alice.rivers"), object{"id": a.get(viz("alice.rivers"))["id"]})))
				fact(t, "not to delete", []any{403, `{"errors":"Visualization not editable","errors_cause":null}`}, said(a.send("DELETE", viz("alice.rivers"), nil)))
			}
		})
	}
}

// Searching and filtering. CartoDB/cartodb: app/queries/carto/visualization_query_searcher.rb, visualization_query_filterer.rb.
func TestSearchDatasets(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, v := range []object{
		{"name": "bike_docks", "tags": []any{"City", "transport"}, "description": "where to leave a bike"},
		{"name": "roads", "tags": []any{"open"}, "description": "all 100% of the bikes' lanes", "display_name": "Roads"},
		{"name": "town_points", "privacy": "public"},
	} {
		file, content := v["name"].(string)+".csv", "a\n1\n"
		if v["name"] == "town_points" {
			content = "lon,lat\n-3.7,40.4\n-3.6,40.5\n"
		}
		a.load(file, content)
		a.put(a.get(viz(v["name"]))["id"], v)
	}
	for query, want := range map[string][]any{
		"q=bike":                           {"bike_docks", "roads"}, // the name weighs more
		"q=bikes":                          {"bike_docks", "roads"},
		"q=docks+bike":                     {"bike_docks"}, // all words, in any order
		"q=100%25":                         {"roads"},      // wildcards mean themselves
		"q=e_d":                            {"bike_docks"},
		"q=e%25d":                          {},
		"q=docksCity":                      {"bike_docks"}, // what is joined without a space
		"q=the":                            {"roads"},
		"q=the+docks":                      {"bike_docks"}, // small words are passed over
		"tags=city,transport":              {"bike_docks"}, // joined in their order
		"tags=transport,city":              {},
		"tags=c_ty":                        {"bike_docks"}, // wildcards are wildcards
		"only_with_display_name=true":      {"roads"},
		"only_published=true":              {"town_points"},
		"only_liked=true":                  {},
		"bbox=-4,40,-3,41":                 {"town_points"},
		"bbox=0,0,1,1":                     {},
		"q=bike&order=name":                {"bike_docks", "roads"}, // relevance first, whatever order says
		"q=bike&order=estimated_row_count": {"bike_docks", "roads"},
	} {
		t.Run(query, func(t *testing.T) { fact(t, "found", want, a.listed("&"+query)) })
	}
	visitor := &api{t: t, s: a.s, client: a.client}
	fact(t, "a visitor's filters are fewer", []any{"town_points"}, names(visitor.get("/api/v1/viz?type=table&only_liked=true&locked=true&privacy=private")))
	fact(t, "a visitor has no favourites", 500, visitor.send("GET", "/api/v1/viz?type=table&order=favorited", nil).Status)
}

// Maps are made of datasets, of maps, of nothing. CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func TestCreateMaps(t *testing.T) {
	a := open(t, sandbox.Config{})
	roads := a.made("roads")
	a.load("lakes.csv", "a\n1\n", "privacy", "link")
	tests := []struct {
		name string
		body object
		want object
		of   []any // the datasets that it shows
	}{
		{"of datasets, the strictest privacy", object{"name": "town", "tables": []any{"roads", "lakes"}}, object{"name": "town", "privacy": "PRIVATE"}, []any{"roads", "lakes"}},
		{"of one with a link", object{"tables": []any{"lakes"}, "privacy": "public"}, object{"name": "Untitled map", "privacy": "LINK"}, []any{"lakes"}},
		{"of nothing", object{"name": " roads ", "description": "x"}, object{"name": "roads 1", "privacy": "LINK", "description": "x"}, nil},
		{"of a dataset's id", object{"name": "town", "source_visualization_id": roads}, object{"name": "town 1", "privacy": "PRIVATE"}, []any{"roads"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := a.ok("POST", "/api/v1/viz", test.body)
			keys := []string{"type", "table"}
			for key := range test.want {
				keys = append(keys, key)
			}
			test.want["type"], test.want["table"] = "derived", object{}
			fact(t, "map", test.want, pick(got, keys...))
			var shown []any
			for _, table := range a.get(viz(got["id"]))["related_tables"].([]any) {
				shown = append(shown, table.(object)["name"])
			}
			fact(t, "what it shows", test.of, shown)
		})
	}
	for name, test := range map[string][]any{
		"a dataset that is not there": {object{"tables": []any{"nothing"}}, 400, `{"errors":null}`},
		"a source that is not there":  {object{"source_visualization_id": unknown}, 403, ""},
		"no JSON":                     {url.Values{"a": {"b"}}, 400, `{"errors":null}`},
	} {
		fact(t, name, test[1:], said(a.send(http.MethodPost, "/api/v1/viz", test[0])))
	}
}

// The tables endpoint makes and changes datasets. CartoDB/cartodb: app/controllers/carto/api/tables_controller.rb.
func TestTables(t *testing.T) {
	a := open(t, sandbox.Config{TableQuota: 2, PublicQuota: 1})
	made := a.ok("POST", "/api/v1/tables", object{"name": "Bike Docks", "description": "where"})
	fact(t, "made", object{"name": "bike_docks", "privacy": "PRIVATE", "description": "where", "rows_counted": 0.0, "schema": []any{[]any{"cartodb_id", "number"},
		[]any{"the_geom", "geometry", "geometry", "geometry"}, []any{"description", "string"}, []any{"name", "string"}}},
		pick(made, "name", "privacy", "description", "rows_counted", "schema"))
	fact(t, "a dataset", "table", a.get(viz("bike_docks"))["type"])
	path := fmt.Sprint("/api/v1/tables/", made["id"])
	fact(t, "changed", object{"privacy": "LINK", "name": "bike_docks"}, pick(a.ok("PUT", path, object{"privacy": 2, "tags": "a, b,,a", "name": "other"}), "privacy", "name"))
	fact(t, "tags", []any{"a", "b"}, a.get(viz("bike_docks"))["tags"])
	fact(t, "a word for a privacy is private", "PRIVATE", a.ok("PUT", path, object{"privacy": "PUBLIC"})["privacy"])
	fact(t, "a number that is none", []any{400, `{"errors":["Privacy is not included in the list"]}`}, said(a.send("PUT", path, object{"privacy": 7})))
	a.load("places.csv", "name,y,x\nA,40.4,-3.7\nB,nowhere,1\nC,1,\n", "privacy", "link")
	fact(t, "one public dataset too many", []any{400, `{"errors":["Privacy unauthorized to create public tables"]}`}, said(a.send("PUT", path, object{"privacy": 1})))
	a.ok("PUT", "/api/v1/tables/places", object{"latitude_column": "y", "longitude_column": "x"})
	fact(t, "georeferenced", []any{object{"x": -3.7, "y": 40.4}, object{"x": nil, "y": nil}, object{"x": nil, "y": nil}}, a.query("SELECT ST_X(the_geom) AS x, ST_Y(the_geom) AS y FROM places ORDER BY cartodb_id"))
	fact(t, "a column that is not there", 400, a.send("PUT", "/api/v1/tables/places", object{"latitude_column": "y", "longitude_column": "z"}).Status)
	fact(t, "over the quota", []any{400, `{"errors":["You have reached your table quota"]}`}, said(a.send("POST", "/api/v1/tables", object{"name": "third"})))
}

// Version 4 lists tables, datasets or not, and looks for the key among the parameters only. CartoDB/cartodb:
// app/controllers/carto/api/public/datasets_controller.rb.
func TestListTablesV4(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.made("roads")
	a.query("CREATE TABLE lakes (a integer)")
	if _, err := a.s.AddSharedDataset(t.Context(), "alice", "rivers", "r"); err != nil {
		t.Fatal(err)
	}
	fact(t, "Basic alone", []any{500, "{\"errors\":\"undefined method `master?' for nil:NilClass\"}"}, said(a.send("GET", "/api/v4/datasets", nil)))
	a.key = ""
	fact(t, "another key", 403, a.send("GET", "/api/v4/datasets?api_key=default_public", nil).Status)
	list := a.get("/api/v4/datasets?per_page=2&api_key=" + sandbox.DefaultAPIKey)
	var got []any
	for _, entry := range list["result"].([]any) {
		got = append(got, pick(entry.(object), "table_schema", "name", "mode", "privacy", "cartodbfied", "shared"))
	}
	fact(t, "the first page", []any{
		object{"table_schema": "public", "name": "lakes", "mode": "rw", "privacy": nil, "cartodbfied": false, "shared": false},
		object{"table_schema": "alice", "name": "rivers", "mode": "r", "privacy": "private", "cartodbfied": true, "shared": true},
	}, got)
	fact(t, "counted", object{"total": 3.0, "count": 2.0}, pick(list, "total", "count"))
	_, next := list["_links"].(object)["next"]
	_, previous := list["_links"].(object)["prev"]
	fact(t, "links", []bool{true, false}, []bool{next, previous})
}
