package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// shared opens an account of an organization with a dataset, and tells the ids of everybody in it.
func shared(t *testing.T) (a *api, dataset, permission string, ids object) {
	t.Helper()
	a = open(t, sandbox.Config{Organization: "acme", Members: []string{"alice", "bob", "victor"}, Groups: []string{"planners"}, Viewers: []string{"victor"}})
	dataset = a.made("stations").(string)
	ids = object{"acme": dig(a.get("/api/v1/users/me"), "organization", "id")}
	for _, g := range a.get(fmt.Sprint("/api/v1/organization/", ids["acme"], "/grantables"))["grantables"].([]any) {
		ids[dig(g, "name").(string)] = dig(g, "id")
	}
	permission = fmt.Sprint("/api/v1/perm/", dig(a.get(viz(dataset)+"?show_permission=true"), "permission", "id"))
	return a, dataset, permission, ids
}

func grantTo(kind string, id any, access string) object {
	return object{"type": kind, "entity": object{"id": id}, "access": access}
}

// access lists whom a dataset is shared with.
func (a *api) access(dataset string) []any {
	a.t.Helper()
	all := []any{}
	for _, g := range dig(a.get(viz(dataset)+"?show_permission=true"), "permission", "acl").([]any) {
		all = append(all, fmt.Sprint(dig(g, "type"), " ", dig(g, "access")))
	}
	return all
}

// Changing a permission replaces all of it, what GET shows is refused, and nothing at all unshares everything.
// CartoDB/cartodb: app/controllers/carto/api/permissions_controller.rb, app/models/carto/permission.rb.
func TestTrap40PermissionIsReplacedAsAWhole(t *testing.T) {
	a, dataset, permission, ids := shared(t)
	a.ok("PUT", permission, object{"acl": []any{grantTo("user", ids["alice"], "rw"), grantTo("group", ids["planners"], "r"), grantTo("org", ids["acme"], "r")}})
	fact(t, "granted", []any{"user rw", "group r", "org r"}, a.access(dataset))
	shown := dig(a.get(viz(dataset)+"?show_permission=true"), "permission", "acl")
	fact(t, "what GET shows cannot be sent back", []any{400, ""}, said(a.send("PUT", permission, object{"acl": shown})))
	fact(t, "which changes nothing", 3, len(a.access(dataset)))
	a.ok("PUT", permission, object{"acl": []any{grantTo("user", ids["bob"], "r")}})
	fact(t, "replaced", []any{"user r"}, a.access(dataset))
	a.ok("PUT", permission, object{"acl": []any{object{"type": "user", "entity": object{"name": "nobody"}, "access": "r"}}})
	fact(t, "an entry without an id is dropped", []any{}, a.access(dataset))
	for _, body := range []any{object{}, object{"acl": nil}, object{"acl": []any{}}, nil} {
		a.ok("PUT", permission, object{"acl": []any{grantTo("user", ids["bob"], "r")}})
		a.ok("PUT", permission, body)
		fact(t, fmt.Sprint("unshared by ", body), []any{}, a.access(dataset))
	}
}

// What the server refuses of a permission, mostly without a word. CartoDB/cartodb: app/models/carto/permission.rb.
func TestTrap40PermissionIsRefusedWithoutAWord(t *testing.T) {
	a, dataset, permission, ids := shared(t)
	town, err := a.s.AddMap(t.Context(), "", "town", "stations")
	if err != nil {
		t.Fatal(err)
	}
	ofMap := fmt.Sprint("/api/v1/perm/", dig(a.get(viz(town)+"?show_permission=true"), "permission", "id"))
	theirs, err := a.s.AddSharedDataset(t.Context(), "alice", "rivers", "rw")
	if err != nil {
		t.Fatal(err)
	}
	ofOthers := fmt.Sprint("/api/v1/perm/", dig(a.get(viz(theirs)+"?show_permission=true"), "permission", "id"))
	tests := []struct {
		name, path string
		acl        any
		want       []any
	}{
		{"unknown", "/api/v1/perm/" + unknown, []any{}, []any{404, ""}},
		{"of others", ofOthers, []any{}, []any{401, ""}},
		{"another key", permission, []any{object{"type": "user", "entity": object{"id": ids["bob"], "base_url": "x"}, "access": "r"}}, []any{400, ""}},
		{"another access", permission, []any{grantTo("user", ids["bob"], "x")}, []any{400, ""}},
		{"no entity", permission, []any{object{"type": "user", "access": "r"}}, []any{400, ""}},
		{"a map to write", ofMap, []any{grantTo("user", ids["bob"], "rw")}, []any{400, ""}},
		{"a viewer who shall write", permission, []any{grantTo("user", ids["victor"], "rw")}, []any{422, `{"status":"422","error":"Unprocessable Entity"}`}},
		{"nobody", permission, []any{grantTo("user", unknown, "r")}, []any{404, ""}},
		{"a text", permission, "everybody", []any{500, `{"status":"500","error":"Internal Server Error"}`}},
		{"texts", permission, []any{"bob"}, []any{500, `{"status":"500","error":"Internal Server Error"}`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fact(t, "answer", test.want, said(a.send("PUT", test.path, object{"acl": test.acl})))
			fact(t, "nothing is shared", []any{}, a.access(dataset))
		})
	}
	fact(t, "a map to read", []any{"user r"}, func() []any {
		a.ok("PUT", ofMap, object{"acl": []any{grantTo("user", ids["bob"], "r")}})
		return a.access(town)
	}())
}

// Whoever loses a dataset loses the maps that show nothing else, and others lose layers; that the dataset is public does not
// save them. CartoDB/cartodb: app/models/carto/permission.rb.
func TestTrap40RevocationDestroysMapsOfOthers(t *testing.T) {
	t.Parallel()
	for _, privacy := range []string{"private", "public"} {
		t.Run(privacy, func(t *testing.T) {
			a, dataset, permission, ids := shared(t)
			a.made("roads")
			a.put(dataset, object{"privacy": privacy})
			roads := a.get(viz("roads") + "?show_permission=true")
			a.ok("PUT", fmt.Sprint("/api/v1/perm/", dig(roads, "permission", "id")), object{"acl": []any{grantTo("org", ids["acme"], "r")}})
			a.ok("PUT", permission, object{"acl": []any{grantTo("user", ids["alice"], "r"), grantTo("user", ids["bob"], "r")}})
			add := func(user, title string, datasets ...string) string {
				id, err := a.s.AddMap(t.Context(), user, title, datasets...)
				if err != nil {
					t.Fatal(err)
				}
				return id
			}
			add("alice", "hers", "stations")
			add("alice", "hers partly", "stations", "roads")
			add("bob", "his", "stations")
			add("", "mine", "stations")
			dependents := func() []any {
				shown := a.get("/api/v1/tables/" + fmt.Sprint(dig(a.get(viz(dataset)), "table", "id")))
				all := []any{}
				for _, key := range []string{"dependent_visualizations", "non_dependent_visualizations"} {
					for _, v := range shown[key].([]any) {
						all = append(all, dig(v, "name"))
					}
				}
				return all
			}
			fact(t, "before", []any{"mine", "his", "hers", "hers partly"}, dependents())
			a.ok("PUT", permission, object{"acl": []any{grantTo("user", ids["bob"], "r")}})
			fact(t, "after", []any{"mine", "his"}, dependents())
			fact(t, "the other layer stays", 1.0, a.get(viz("roads") + "?with_dependent_visualizations=1")["dependent_visualizations_count"])
		})
	}
}

// Deleting a dataset deletes everybody's maps that show nothing else, takes its layers out of others, and its
// synchronization goes too; a lock that a user put on it does not help. CartoDB/cartodb: app/models/carto/user_table.rb.
func TestTrap41DeletionTakesMapsOfOthersAlong(t *testing.T) {
	a, dataset, _, _ := shared(t)
	a.made("roads")
	maps := map[string]string{}
	for title, of := range map[string][]string{"hers": {"alice", "stations"}, "mine": {"", "stations"}, "partly": {"", "stations", "roads"}, "other": {"", "roads"}} {
		id, err := a.s.AddMap(t.Context(), of[0], title, of[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		maps[title] = id
	}
	a.put(dataset, object{"locked": true})
	fact(t, "what would go", 3.0, a.get(viz(dataset) + "?with_dependent_visualizations=1")["dependent_visualizations_count"])
	fact(t, "deleted", []any{204, ""}, said(a.send("DELETE", viz(dataset), nil)))
	for title, want := range map[string]int{"hers": 404, "mine": 404, "partly": 200, "other": 200} {
		fact(t, title, want, a.send("GET", viz(maps[title]), nil).Status)
	}
	related := a.get(viz(maps["partly"]))["related_tables"].([]any)
	fact(t, "layers", []any{"roads"}, []any{dig(related[0], "name")})
	fact(t, "tables", []any{object{"tablename": "roads"}}, a.query("SELECT tablename FROM pg_tables"))
}
