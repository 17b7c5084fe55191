package sandbox_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// names lists the names in a list of visualizations.
func names(list object) []any {
	all := []any{}
	for _, v := range list["visualizations"].([]any) {
		all = append(all, dig(v, "name"))
	}
	return all
}

func TestListVisualizations(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, name := range []string{"cities", "roads", "parks"} {
		a.load(name+".csv", "a\n1\n")
	}
	for _, change := range []object{{"name": "roads", "tags": []string{"Streets", "open"}, "privacy": "link"}, {"name": "parks", "description": "all the ROADS to green", "locked": true}} {
		id := a.get("/api/v1/viz/" + change["name"].(string))["id"]
		change["id"] = id
		a.ok("PUT", fmt.Sprint("/api/v1/viz/", id), change)
	}
	ctx := t.Context()
	if _, err := a.s.AddSharedDataset(ctx, "alice", "rivers", "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.s.AddMap(ctx, "", "Town", "cities"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		query string
		want  []any
		total float64
	}{
		{"order=name&order_direction=asc", []any{"cities", "parks", "rivers", "roads"}, 4},
		{"order=name&order_direction=desc&exclude_shared=true", []any{"roads", "parks", "cities"}, 3},
		{"order=name&order_direction=asc&shared=only", []any{"rivers"}, 1},
		{"order=name&order_direction=asc&exclude_shared=true&per_page=2&page=2", []any{"roads"}, 3},
		{"page=99", []any{}, 4},
		{"privacy=link", []any{"roads"}, 1},
		{"privacy=LINK", []any{}, 0},
		{"tags=street", []any{"roads"}, 1},
		{"q=roads", []any{"roads", "parks"}, 2},
		{"locked=true", []any{"parks"}, 1},
		{"locked=false&exclude_shared=true&order=name&order_direction=asc", []any{"cities", "roads"}, 2},
		{"order=dependent_visualizations&exclude_shared=true&per_page=1", []any{"cities"}, 3},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			list := a.get("/api/v1/viz?type=table&" + test.query)
			want := object{"total_entries": test.total, "total_user_entries": 3.0, "total_locked": 1.0, "total_likes": 0.0, "total_shared": 1.0}
			if diff := cmp.Diff(test.want, names(list)); diff != "" {
				t.Error(diff)
			}
			delete(list, "visualizations")
			if diff := cmp.Diff(want, list); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("without a type maps are listed", func(t *testing.T) {
		fact(t, "default", []any{"Town"}, names(a.get("/api/v1/viz")))
		fact(t, "both", 5, len(names(a.get("/api/v1/viz?types=table,derived"))))
	})
	t.Run("dependents on demand", func(t *testing.T) {
		list := a.get("/api/v1/viz?type=table&q=cities&with_dependent_visualizations=5")["visualizations"].([]any)
		fact(t, "count", 1.0, dig(list[0], "dependent_visualizations_count"))
		fact(t, "name", "Town", dig(list[0].(object)["dependent_visualizations"].([]any)[0], "name"))
	})
	t.Run("parts can be left out", func(t *testing.T) {
		v := a.get("/api/v1/viz?type=table&q=cities&load_totals=false&show_table=false&show_permission=false&show_stats=false")
		if _, there := v["total_user_entries"]; there {
			t.Error("totals are there")
		}
		entry := v["visualizations"].([]any)[0].(object)
		fact(t, "parts", object{"stats": object{}}, pick(entry, "stats", "table", "permission"))
	})
	const all = "[:name, :updated_at, :size, :mapviews, :favorited, :estimated_row_count, :privacy, :dependent_visualizations]"
	const combinable = "[:name, :updated_at, :favorited, :privacy, :dependent_visualizations]"
	for query, message := range map[string]string{
		"page=0":              "Wrong 'page' parameter value.",
		"page=x":              "Wrong 'page' parameter value.",
		"per_page=-1":         "Wrong 'per_page' parameter value.",
		"order=size,name":     "Wrong 'order' parameter combination. Valid values to combine: " + combinable,
		"order=color":         "Wrong 'order' parameter value. Valid values are one of " + all,
		"order_direction=up":  "Wrong 'order_direction' parameter value. Valid values are one of [:asc, :desc]",
		"order_direction=a,b": "Wrong 'order_direction' parameter combination. Valid values to combine: [:asc, :desc]",
		"bbox=1,2,3":          "bounding box must have 4 coordinates: minx, miny, maxx, maxy",
		"bbox=1,2,3,x":        "all bounding box parameters must be floats",
	} {
		t.Run("wrong "+query, func(t *testing.T) {
			got := a.send("GET", "/api/v1/viz?type=table&"+query, nil)
			fact(t, "refused", []any{400, object{"error": message}}, []any{got.Status, decode(t, got.Body)})
		})
	}
	t.Run("a text counts as the number it begins with", func(t *testing.T) {
		fact(t, "page", []any{"roads"}, names(a.get("/api/v1/viz?type=table&order=name&order_direction=asc&exclude_shared=true&per_page=2x&page=2.9")))
	})
	t.Run("a box is for datasets only", func(t *testing.T) {
		fact(t, "refused", `{"error":"Filter by bbox is only supported for type table"}`, a.send("GET", "/api/v1/viz?types=table,derived&bbox=0,0,1,1", nil).Body)
	})
	t.Run("a box off the earth", func(t *testing.T) {
		fact(t, "crashes", 500, a.send("GET", "/api/v1/viz?type=table&bbox=0,0,1,100", nil).Status)
	})
}

func TestChangeVisualization(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change object
		status int
		want   any // the changed attributes, or the errors
	}{
		{"privacy in any case", object{"privacy": "Public"}, 200, object{"privacy": "PUBLIC"}},
		{"an unknown privacy is a 403", object{"privacy": "secret"}, 403, []any{"Privacy is not included in the list"}},
		{"tags keep order, case and duplicates, blanks go", object{"tags": []any{"b", "A", "b", " "}}, 200, object{"tags": []any{"b", "A", "b"}}},
		{"null tags are none", object{"tags": nil}, 200, object{"tags": []any{}}},
		{"tags as text", object{"tags": "a"}, 400, []any{"Error updating"}},
		{"null and empty differ", object{"description": "", "title": nil}, 200, object{"description": "", "title": nil}},
		{"a blank name", object{"name": " "}, 400, []any{"Name can't be blank"}},
		{"a new name", object{"name": "Bike Docks"}, 200, object{"name": "bike_docks"}},
		{"a taken name gets a number", object{"name": "roads"}, 200, object{"name": "roads_1"}},
		{"the same name in capitals is no change", object{"name": "STATIONS"}, 200, object{"name": "stations"}},
		{"another spelling of the name renames", object{"name": " stations"}, 200, object{"name": "stations_1"}},
		{"what cannot be assigned is passed over", object{"type": "derived", "map_id": "x", "synchronization": 5}, 200, object{"type": "table"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			a.load("stations.csv", stations)
			a.load("roads.csv", "a\n1\n")
			test.change["id"] = a.get("/api/v1/viz/stations")["id"]
			got := a.send("PUT", fmt.Sprint("/api/v1/viz/", test.change["id"]), test.change)
			if got.Status != test.status {
				t.Fatalf("got %d %s", got.Status, got.Body)
			}
			if test.status != 200 {
				fact(t, "errors", object{"errors": test.want}, decode(t, got.Body))
				return
			}
			shown := decode(t, got.Body)
			keys := make([]string, 0, 2)
			for key := range test.want.(object) {
				keys = append(keys, key)
			}
			fact(t, "answer", test.want, pick(shown, keys...))
			fact(t, "stored", test.want, pick(a.get(fmt.Sprint("/api/v1/viz/", test.change["id"])), keys...))
			fact(t, "the table follows the name", 1, len(a.query("SELECT tablename FROM pg_tables WHERE tablename = '"+shown["name"].(string)+"'")))
		})
	}
}

func TestVisualizationTraps(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	v := a.get("/api/v1/viz/stations")
	id := v["id"].(string)
	status := func(got answer) object { return object{"status": got.Status, "body": got.Body} }

	t.Run("PUT without the id in the body", func(t *testing.T) {
		fact(t, "refused", object{"status": 403, "body": ""}, status(a.send("PUT", "/api/v1/viz/stations", object{"name": "x"})))
	})
	t.Run("PUT that is no JSON", func(t *testing.T) {
		got := a.send("PUT", "/api/v1/viz/stations", url.Values{"a": {"b"}})
		fact(t, "refused", object{"status": 400, "body": `{"errors":["Error updating"]}`}, status(got))
	})
	t.Run("PUT that changes nothing does not write", func(t *testing.T) {
		before := a.get("/api/v1/viz?type=table&q=stations")["visualizations"].([]any)[0]
		fact(t, "updated_at", dig(before, "updated_at"), a.ok("PUT", "/api/v1/viz/"+id, object{"id": id, "privacy": "private", "name": "stations"})["updated_at"])
	})
	t.Run("renaming flips between two names when the name is not sanitised", func(t *testing.T) {
		var got []any
		for range 3 {
			got = append(got, a.ok("PUT", "/api/v1/viz/"+id, object{"id": id, "name": "Stations "})["name"])
		}
		fact(t, "names", []any{"stations_1", "stations", "stations_1"}, got)
		a.ok("PUT", "/api/v1/viz/"+id, object{"id": id, "name": "stations"})
	})
	t.Run("the table of a dataset with a link says PUBLIC", func(t *testing.T) {
		got := a.ok("PUT", "/api/v1/viz/"+id, object{"id": id, "privacy": "link"})
		fact(t, "privacy", []any{"LINK", "PUBLIC"}, []any{got["privacy"], dig(got, "table", "privacy")})
	})
	t.Run("showing one leaves out permission and likes unless asked", func(t *testing.T) {
		plain, full := a.get("/api/v1/viz/stations"), a.get("/api/v1/viz/stations?show_permission=true&show_liked=true&show_stats=true&fetch_user=true")
		for key, want := range map[string][2]bool{"permission": {false, true}, "liked": {false, true}, "user": {false, true}, "related_tables": {true, true}} {
			_, p := plain[key]
			_, f := full[key]
			fact(t, key, want, [2]bool{p, f})
		}
	})
	t.Run("a map answers to a name that no dataset has", func(t *testing.T) {
		if _, err := a.s.AddMap(t.Context(), "", "town", "stations"); err != nil {
			t.Fatal(err)
		}
		fact(t, "type", "derived", a.get("/api/v1/viz/town")["type"])
	})
	t.Run("an unknown one", func(t *testing.T) {
		fact(t, "answer", object{"status": 404, "body": `{"errors":"Visualization does not exist","errors_cause":null}`}, status(a.send("GET", "/api/v1/viz/"+unknown, nil)))
	})
	t.Run("a view keeps a dataset from being deleted", func(t *testing.T) {
		a.query("CREATE VIEW docks AS SELECT name FROM stations")
		got := a.send("DELETE", "/api/v1/viz/"+id, nil)
		if got.Status != 400 || !strings.Contains(got.Body, "docks") {
			t.Error(got)
		}
		a.query("DROP VIEW docks")
	})
	t.Run("deletion takes along everybody's maps", func(t *testing.T) {
		if _, err := a.s.AddMap(t.Context(), "alice", "hers", "stations"); err != nil {
			t.Fatal(err)
		}
		a.load("roads.csv", "a\n1\n")
		partial, err := a.s.AddMap(t.Context(), "", "partial", "stations", "roads")
		if err != nil {
			t.Fatal(err)
		}
		fact(t, "dependents", 3.0, a.get("/api/v1/viz/stations?with_dependent_visualizations=1")["dependent_visualizations_count"])
		fact(t, "answer", object{"status": 204, "body": ""}, status(a.send("DELETE", "/api/v1/viz/"+id, nil)))
		fact(t, "maps", []any{"partial"}, names(a.get("/api/v1/viz?type=derived&shared=no")))
		fact(t, "layers", 1, len(a.get("/api/v1/viz/" + partial)["related_tables"].([]any)))
		fact(t, "tables", []any{object{"tablename": "roads"}}, a.query("SELECT tablename FROM pg_tables"))
	})
}

func TestPermissions(t *testing.T) {
	a := open(t, sandbox.Config{Organization: "acme", Members: []string{"alice", "bob"}, Groups: []string{"planners"}})
	a.load("stations.csv", stations)
	organization := dig(a.get("/api/v1/users/me"), "organization", "id").(string)
	ids := object{}
	for _, g := range a.get("/api/v1/organization/" + organization + "/grantables")["grantables"].([]any) {
		ids[dig(g, "name").(string)] = dig(g, "id")
	}
	shown := func() object { return a.get("/api/v1/viz/stations?show_permission=true")["permission"].(object) }
	permission := fmt.Sprint("/api/v1/perm/", shown()["id"])
	grant := func(kind string, id any, access string) object {
		return object{"type": kind, "entity": object{"id": id}, "access": access}
	}
	access := func() []any {
		all := []any{}
		for _, g := range shown()["acl"].([]any) {
			all = append(all, fmt.Sprint(dig(g, "type"), " ", dig(g, "access")))
		}
		return all
	}
	a.ok("PUT", permission, object{"acl": []any{grant("user", ids["alice"], "rw"), grant("group", ids["planners"], "r"), grant("org", organization, "r")}})
	fact(t, "granted", []any{"user rw", "group r", "org r"}, access())
	got := a.send("PUT", permission, object{"acl": shown()["acl"]})
	fact(t, "what is shown cannot be sent back", []any{400, ""}, []any{got.Status, got.Body})
	fact(t, "nothing changed", 3, len(access()))
	hers, err := a.s.AddMap(t.Context(), "alice", "hers", "stations")
	if err != nil {
		t.Fatal(err)
	}
	a.ok("PUT", permission, object{})
	fact(t, "without acl nothing is shared any more", []any{}, access())
	fact(t, "her map is gone", 404, a.send("GET", "/api/v1/viz/"+hers, nil).Status)
	fact(t, "unknown", 404, a.send("PUT", "/api/v1/perm/"+unknown, object{}).Status)
}

func decode(t testing.TB, body string) object {
	t.Helper()
	o := object{}
	if err := jsonDecode(body, &o); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return o
}
