package carto

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

// entry is a list entry as small as the client accepts.
func entry(n int, owner string) string {
	return fmt.Sprintf(`{"id":"aaaaaaaa-0000-4000-8000-%012d","name":"d_%05d","type":"table","privacy":"PUBLIC","tags":null,
		"permission":{"id":"p","owner":{"username":%q},"acl":[]},"table":{"id":"t","row_count":null}}`, n, n, owner)
}

// listing answers pages of entries first to last-1.
func listing(from func(page int) (first, last, total int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		first, last, total := from(page)
		var entries []string
		for n := first; n < last; n++ {
			entries = append(entries, entry(n, "acme"))
		}
		fmt.Fprintf(w, `{"visualizations":[%s],"total_entries":%d,"total_user_entries":%d}`, strings.Join(entries, ","), total, total)
	}
}

func pagesOf(total int) func(int) (int, int, int) {
	return func(page int) (int, int, int) {
		first := (page - 1) * datasetsPage
		return first, min(first+datasetsPage, total), total
	}
}

func TestDatasetsReadsEveryPage(t *testing.T) {
	for _, tt := range []struct{ total, requests int }{{0, 1}, {1, 1}, {500, 1}, {501, 2}, {2000, 4}, {2001, 5}} {
		t.Run(strconv.Itoa(tt.total), func(t *testing.T) {
			var n atomic.Int32
			h := listing(pagesOf(tt.total))
			c := testClient(t, Config{Transport: serve(func(w http.ResponseWriter, r *http.Request) { n.Add(1); h(w, r) })})
			got, err := c.Datasets(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range got {
				if want := fmt.Sprintf("d_%05d", i); d.Name != want {
					t.Fatalf("entry %d is %s, want %s", i, d.Name, want)
				}
			}
			if len(got) != tt.total || int(n.Load()) != tt.requests {
				t.Errorf("%d datasets in %d requests, want %d in %d", len(got), n.Load(), tt.total, tt.requests)
			}
		})
	}
}

func TestDatasetsQuery(t *testing.T) {
	c, sent := answering(t, ok(`{"visualizations":[],"total_entries":0,"total_user_entries":0}`))
	if _, err := c.Datasets(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /api/v1/viz?exclude_shared=true&order=name&order_direction=asc&page=1&per_page=500&show_liked=false" +
		"&show_stats=false&show_synchronization=false&show_uses_builder_features=false&type=table&with_dependent_visualizations=10"}
	if diff := cmp.Diff(want, sent.sent); diff != "" {
		t.Error(diff)
	}
}

// While the first reading goes on, an entry moves from the second page to the
// first; the second reading finds everything at rest.
func TestDatasetsReadsAgainWhenEntriesMove(t *testing.T) {
	tests := []struct {
		name  string
		moved func(page int) (first, last, total int)
	}{
		{"one twice", func(page int) (int, int, int) {
			if page == 2 {
				return 499, 999, 1000
			}
			return 0, 500, 1000
		}},
		{"one lacking", func(page int) (int, int, int) {
			if page == 2 {
				return 501, 1000, 1000
			}
			return 0, 500, 1000
		}},
		{"another total", func(page int) (int, int, int) {
			if page == 2 {
				return 500, 1000, 1001
			}
			return 0, 500, 1000
		}},
		{"a page cut short", func(page int) (int, int, int) { return 0, 400, 1000 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				c := testClient(t, Config{Transport: serve(listing(func(page int) (int, int, int) {
					if time.Since(begin) == 0 {
						return tt.moved(page)
					}
					return pagesOf(1000)(page)
				}))})
				got, err := c.Datasets(t.Context())
				if err != nil || len(got) != 1000 {
					t.Errorf("%d datasets, error %v", len(got), err)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				c := testClient(t, Config{Transport: serve(listing(tt.moved))})
				_, err := c.Datasets(t.Context())
				want := "GET /api/v1/viz: the list of datasets changed 4 times while it was read; wait until nobody creates, renames or deletes datasets and try again"
				if diff := cmp.Diff(want, message(err)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestDatasetsRefusesAPublicView(t *testing.T) {
	c, _ := answering(t, ok(`{"visualizations":[`+entry(1, "acme")+`],"total_entries":1}`))
	got, err := c.Datasets(t.Context())
	if !errors.Is(err, ErrUnauthorized) || got != nil {
		t.Errorf("%d datasets, error %v", len(got), err)
	}
	want := `GET /api/v1/viz: the server showed public datasets only; check that CARTO_API_KEY is the master key of user "acme": not authorized`
	if diff := cmp.Diff(want, message(err)); diff != "" {
		t.Error(diff)
	}
}

func TestDatasetsLeavesOutWhatIsNotOurs(t *testing.T) {
	c, _ := answering(t, ok(`{"visualizations":[`+entry(1, "acme")+`,`+entry(2, "bob")+`,
		{"id":"x","name":"m","type":"derived","permission":{"owner":{"username":"acme"}}}],"total_entries":3,"total_user_entries":3}`))
	got, err := c.Datasets(t.Context())
	if err != nil || len(got) != 1 || got[0].Name != "d_00001" {
		t.Errorf("%v, error %v", got, err)
	}
}

func TestDatasetsRefusesOddAnswers(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"no total", `{"visualizations":[],"total_user_entries":0}`, "total_entries is missing"},
		{"endless", `{"visualizations":[],"total_user_entries":0,"total_entries":99999999999}`, "total_entries is missing or cannot be true"},
		{"negative", `{"visualizations":[],"total_user_entries":0,"total_entries":-1}`, "total_entries is missing or cannot be true"},
		{"no owner", `{"visualizations":[{"id":"a","name":"roads","type":"table"}],"total_user_entries":1,"total_entries":1}`, `dataset "roads" has no owner`},
		{"no id", `{"visualizations":[{"name":"roads","type":"table"}],"total_user_entries":1,"total_entries":1}`, "no id or no name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, ok(tt.body))
			if _, err := c.Datasets(t.Context()); !strings.Contains(message(err), tt.want) {
				t.Errorf("error %q does not say %q", message(err), tt.want)
			}
		})
	}
}

const oneDataset = `{"id":"` + idA + `","name":"stations","display_name":null,"map_id":"m1","type":"table","tags":["a","B","a"],
	"description":null,"privacy":"LINK","created_at":"2016-05-17 14:06:46 UTC","updated_at":"2016-05-18T00:00:00.000Z","locked":false,
	"source":"","title":"Stations","license":"cc_by","attributions":"ACME","kind":"geom","auth_tokens":["t0ken"],
	"url":"https://acme.carto.com/tables/stations","stats":{},
	"synchronization":{"id":"` + idB + `","name":"stations","interval":3600,"state":"success","url":"https://example.org/x.csv?token=t0ken",
		"service_item_id":"https://example.org/x.csv?token=t0ken","visualization_id":"` + idA + `","created_at":"2016-05-17T14:06:46+00:00"},
	"permission":{"id":"` + idC + `","owner":{"id":"u1","username":"acme","email":"boss@acme.example"},"acl":[
		{"type":"user","entity":{"id":"u2","username":"bob","name":"Bob"},"access":"rw"},
		{"type":"org","entity":{"id":"o1","name":"team"},"access":"r"},
		{"type":"group","entity":{"id":"g1","name":"editors"},"access":"r"}]},
	"dependent_visualizations_count":12,"dependent_visualizations":[
		{"id":"v1","name":"Map of stations","updated_at":"2016-05-18T00:00:00Z","permission":{"id":"p","owner":{"id":"u2","username":"bob"}},"auth_tokens":["t0ken"]}],
	"table":{"id":"t1","name":"stations","geometry_types":["ST_Point"],"privacy":"PUBLIC","size":16384,"row_count":120}}`

func TestDataset(t *testing.T) {
	c, sent := answering(t, ok(oneDataset))
	got, err := c.Dataset(t.Context(), "stations")
	if err != nil {
		t.Fatal(err)
	}
	want := Dataset{
		ID: idA, Name: "stations", Privacy: PrivacyLink, Tags: []string{"a", "B", "a"}, Title: "Stations", License: "cc_by",
		Attribution: "ACME", Kind: "geom", MapID: "m1", TableID: "t1", GeometryTypes: []string{"ST_Point"}, Size: 16384, Rows: 120,
		Permission: Permission{ID: idC, Owner: UserRef{ID: "u1", Username: "acme"}, ACL: []Grant{
			{Kind: GrantUser, ID: "u2", Name: "bob", Access: AccessReadWrite},
			{Kind: GrantOrganization, ID: "o1", Name: "team", Access: AccessRead},
			{Kind: GrantGroup, ID: "g1", Name: "editors", Access: AccessRead},
		}},
		Maps: []DependentMap{{ID: "v1", Name: "Map of stations", Owner: UserRef{ID: "u2", Username: "bob"}}}, MapCount: 12,
		Synchronization: &Synchronization{
			ID: idB, Name: "stations", DatasetID: idA, State: SyncSuccess, Interval: time.Hour,
			URL:       secret.New("https://example.org/x.csv?token=t0ken"),
			Item:      ServiceItem{Text: secret.New("https://example.org/x.csv?token=t0ken"), Form: ItemPlain},
			CreatedAt: time.Date(2016, 5, 17, 14, 6, 46, 0, time.UTC),
		},
		CreatedAt: time.Date(2016, 5, 17, 14, 6, 46, 0, time.UTC), UpdatedAt: time.Date(2016, 5, 18, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GET /api/v1/viz/stations?show_permission=true&show_stats=false&with_dependent_visualizations=10"}, sent.sent); diff != "" {
		t.Error(diff)
	}
}

func TestDatasetNotFound(t *testing.T) {
	tests := []struct {
		name, id string
		a        scripted
		requests int
		want     string
	}{
		{"unknown", "roads", scripted{status: 404, body: `{"errors":"Visualization does not exist"}`}, 1,
			"GET /api/v1/viz/roads: 404 Not Found: Visualization does not exist"},
		{"somebody's private one", idA, scripted{status: 403, body: `{"errors":"Visualization not viewable","errors_cause":null}`}, 1,
			`"` + idA + `" belongs to another user`},
		{"somebody's, who does not share it", idA, scripted{status: 404, body: `{"errors":"Visualization of that user does not exist","errors_cause":null}`}, 1,
			`"` + idA + `" belongs to another user`},
		{"a map of that name", "roads", ok(`{"id":"` + idA + `","name":"roads","type":"derived","permission":{"owner":{"username":"acme"}}}`), 1,
			`"roads" is a map, not a dataset`},
		{"shared by somebody", idA, ok(`{"id":"` + idA + `","name":"roads","type":"table","permission":{"owner":{"username":"bob"}}}`), 1,
			`"` + idA + `" is a dataset of user "bob"`},
		{"seen as a visitor", idA, ok(`{"id":"` + idA + `","name":"roads","type":"table"}`), 1, `"` + idA + `" belongs to another user`},
		{"no name at all", "", ok(oneDataset), 0, `"" is neither the id nor the name of a dataset: not found`},
		{"a path", "../users/me", ok(oneDataset), 0, `"../users/me" is neither the id nor the name of a dataset: not found`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, tt.a)
			_, err := c.Dataset(t.Context(), tt.id)
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
			if len(sent.sent) != tt.requests {
				t.Errorf("sent %q", sent.sent)
			}
		})
	}
	c, _ := answering(t, scripted{status: 403})
	if _, err := c.Dataset(t.Context(), "roads"); errors.Is(err, ErrNotFound) || err == nil {
		t.Errorf("an empty 403 says nothing about the dataset: %v", err)
	}
}

func TestDependentMaps(t *testing.T) {
	const body = `{"id":"` + idA + `","name":"roads","type":"table","dependent_visualizations_count":%d,"dependent_visualizations":[
		{"id":"` + idB + `","name":"Traffic","permission":{"owner":{"id":"1","username":"bob"}}}]}`
	c, sent := answering(t, ok(fmt.Sprintf(body, 1)), ok(fmt.Sprintf(body, 2)))
	got, err := c.DependentMaps(t.Context(), idA)
	want := []DependentMap{{ID: idB, Name: "Traffic", Owner: UserRef{ID: "1", Username: "bob"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if want := "GET /api/v1/viz/" + idA + "?show_stats=false&with_dependent_visualizations=1000000"; sent.sent[0] != want {
		t.Errorf("sent %q, want %q", sent.sent[0], want)
	}
	if _, err := c.DependentMaps(t.Context(), idA); !strings.Contains(message(err), "1 of 2 maps are named") {
		t.Errorf("a list that lacks one: %v", err)
	}
}

func TestUpdateDatasetSendsOnlyWhatIsSet(t *testing.T) {
	tests := []struct {
		name string
		u    DatasetUpdate
		want string
	}{
		{"nothing", DatasetUpdate{}, `{"id":"` + idA + `"}`},
		{"emptied", DatasetUpdate{Tags: &[]string{}, Description: ptr(""), License: ptr("")},
			`{"description":"","id":"` + idA + `","license":"","tags":[]}`},
		{"no tags at all", DatasetUpdate{Tags: new([]string)}, `{"id":"` + idA + `","tags":[]}`},
		{"everything", DatasetUpdate{Name: ptr("roads"), Privacy: ptr(PrivacyPrivate), Tags: &[]string{"b", "a"}, DisplayName: ptr("R"), Title: ptr("<R&D>"),
			Description: ptr("d"), License: ptr("l"), Source: ptr("s"), Attribution: ptr("a")},
			`{"attributions":"a","description":"d","display_name":"R","id":"` + idA + `","license":"l","name":"roads","privacy":"private","source":"s","tags":["b","a"],"title":"<R&D>"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, ok(`{"id":"`+idA+`","name":"roads_1","type":"table","privacy":"PRIVATE"}`))
			got, err := c.UpdateDataset(t.Context(), idA, tt.u)
			if err != nil || got.Name != "roads_1" || got.Privacy != PrivacyPrivate {
				t.Errorf("%+v, error %v", got, err)
			}
			if diff := cmp.Diff([]string{"PUT /api/v1/viz/" + idA + " " + tt.want}, sent.sent); diff != "" {
				t.Error(diff)
			}
			if got := sent.headers[0].Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
}

func TestUpdateDatasetChecksTheAnswer(t *testing.T) {
	c, _ := answering(t, ok(`{"id":"`+idB+`","name":"roads","type":"table"}`))
	_, err := c.UpdateDataset(t.Context(), idA, DatasetUpdate{Title: ptr("x")})
	if want := "is about another visualization"; !strings.Contains(message(err), want) || !MaybeApplied(err) {
		t.Errorf("error %q does not say %q", message(err), want)
	}
}

// A name where an id belongs could delete or change a map.
func TestWritesTakeIDsOnly(t *testing.T) {
	c, sent := answering(t, ok("{}"))
	ctx := t.Context()
	_, update := c.UpdateDataset(ctx, "roads", DatasetUpdate{})
	_, sync := c.UpdateSynchronization(ctx, "..", SyncUpdate{Name: ptr("x")})
	_, now := c.SyncNow(ctx, "")
	errs := []error{
		update, sync, now, c.DeleteDataset(ctx, "roads"), c.DeleteDataset(ctx, idA+"/../x"), c.DeleteSynchronization(ctx, "x"),
		c.DeleteConnection(ctx, "x"), c.UpdateConnection(ctx, "x", ConnectionUpdate{Name: ptr("y")}), c.SetPermission(ctx, "x", nil),
	}
	for i, err := range errs {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if len(sent.sent) != 0 {
		t.Errorf("sent %q", sent.sent)
	}
}

func TestSetPermission(t *testing.T) {
	tests := []struct {
		name       string
		acl        []Grant
		want, fail string
	}{
		{"nobody", nil, `{"acl":[]}`, ""},
		{"ids alone", []Grant{
			{Kind: GrantUser, ID: "u2", Name: "bob", Access: AccessReadWrite},
			{Kind: "organization", ID: "o1", Name: "team", Access: AccessRead},
		}, `{"acl":[{"type":"user","entity":{"id":"u2"},"access":"rw"},{"type":"org","entity":{"id":"o1"},"access":"r"}]}`, ""},
		{"one without an id", []Grant{{Kind: GrantUser, Name: "bob", Access: AccessRead}}, "",
			`the share for user "bob" has no id, and the server would drop it without a word; look it up first`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, ok(`{}`))
			err := c.SetPermission(t.Context(), idA, tt.acl)
			if diff := cmp.Diff(tt.fail, message(err)); diff != "" {
				t.Error(diff)
			}
			var want []string
			if tt.want != "" {
				want = []string{"PUT /api/v1/perm/" + idA + " " + tt.want}
			}
			if diff := cmp.Diff(want, sent.sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGrantables(t *testing.T) {
	c, sent := answering(t,
		ok(`{"grantables":[{"id":"u2","type":"user","name":"bob","avatar_url":null,"model":{"email":"x"}},{"id":"o1","type":"organization","name":"team"}],"total_entries":3}`),
		ok(`{"grantables":[{"id":"g1","type":"group","name":"editors"}],"total_entries":3}`))
	got, err := c.Grantables(t.Context(), idA, "b&c")
	if err != nil {
		t.Fatal(err)
	}
	want := []Grantable{{GrantUser, "u2", "bob"}, {GrantOrganization, "o1", "team"}, {GrantGroup, "g1", "editors"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	path := "GET /api/v1/organization/" + idA + "/grantables?order=name&page="
	if diff := cmp.Diff([]string{path + "1&per_page=100&q=b%26c", path + "2&per_page=100&q=b%26c"}, sent.sent); diff != "" {
		t.Error(diff)
	}
}
