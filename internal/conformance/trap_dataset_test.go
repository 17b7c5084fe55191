package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// adjust changes what differs from what is wanted, in one request, as a naive client does: it reads, compares, sends. It
// says whether it sent anything.
func (n naive) adjust(id any, wanted object) (sent bool, got answer) {
	n.Helper()
	live := n.viz(id)
	for key, value := range wanted {
		if sameJSON(live[key], value) {
			delete(wanted, key)
		}
	}
	if len(wanted) == 0 {
		return false, answer{}
	}
	return true, n.change(live, wanted)
}

// settles tells whether a client that repeats its wish until nothing differs comes to an end.
func (n naive) settles(id any, key string, value any) bool {
	n.Helper()
	for range 3 {
		if sent, _ := n.adjust(id, object{key: value}); !sent {
			return true
		}
	}
	return false
}

func TestTrap5ListsHoldOtherPeoplesDatasets(t *testing.T) {
	n, s := newNaiveIn(t)
	if _, err := s.AddSharedDataset(t.Context(), "alice", "roads", "r"); err != nil {
		t.Fatal(err)
	}
	n.same("a list that does not exclude them", []string{}, n.missing([]string{"roads"}))
	n.same("its own", []string{"roads"}, n.without(n.get(vizPath+"?type=table&exclude_shared=true"), "roads"))
	n.same("at the table of that name", http.StatusBadRequest, n.send("GET", ask("SELECT 1 FROM roads"), nil).Status)
}

func TestTrap33PrivacyIsSpeltInThreeWays(t *testing.T) {
	n := newNaive(t)
	d := n.dataset(n.load("d.csv", "a\n1\n", "privacy", "link"))
	n.same("who asks for link", false, n.settles(d["id"], "privacy", "link"))
	n.same("who searches for what he read", []string{"d"}, n.without(n.get(vizPath+"?type=table&privacy="+d["privacy"].(string)), "d"))
	n.same("who reads it inside the table", "PUBLIC", dig(d, "table", "privacy"))
}

func TestTrap34WrongPrivacyLooksForbidden(t *testing.T) {
	n := newNaive(t)
	d := n.dataset(n.load("d.csv", "a\n1\n"))
	_, misspelt := n.adjust(d["id"], object{"privacy": "open"})
	forgotten := n.send("PUT", vizPath+"/"+d["id"].(string), object{"description": "x"})
	n.same("a wrong value and a missing id look like a lack of rights", []int{http.StatusForbidden, http.StatusForbidden}, []int{misspelt.Status, forgotten.Status})
}

func TestTrap35TagsReadOtherwise(t *testing.T) {
	n := newNaive(t)
	d := n.dataset(n.load("d.csv", "a\n1\n"))
	n.same("no tags as null", false, n.settles(d["id"], "tags", nil))
	n.same("with a blank one", false, n.settles(d["id"], "tags", []any{"a", ""}))
	n.changed(d, object{"tags": []string{"b", "a", "b"}})
	n.same("as a set", []any{"b", "a", "b"}, n.viz(d["id"])["tags"])
}

func TestTrap36NullIsNoEmptyText(t *testing.T) {
	n := newNaive(t)
	d := n.dataset(n.load("d.csv", "a\n1\n"))
	sent, _ := n.adjust(d["id"], object{"description": ""})
	n.same("a dataset without a description differs from one with an empty one", true, sent)
	sent, _ = n.adjust(d["id"], object{"description": nil})
	n.same("and back", true, sent)
}

func TestTrap37NameFlips(t *testing.T) {
	n := newNaive(t)
	d := n.dataset(n.load("foo_bar.csv", "a\n1\n"))
	var seen []any
	for range 3 {
		n.adjust(d["id"], object{"name": "Foo Bar"})
		seen = append(seen, n.viz(d["id"])["name"])
	}
	n.same("its names at three runs", []any{"foo_bar_1", "foo_bar", "foo_bar_1"}, seen)
}

func TestTrap38NameFindsAMap(t *testing.T) {
	n := newNaive(t)
	n.load("d.csv", stations)
	n.ok("POST", vizPath, object{"type": "derived", "name": "traffic", "tables": []string{"d"}})
	n.same("the dataset seems to exist", http.StatusOK, n.send("GET", vizPath+"/traffic", nil).Status)
	n.same("who replaces it deletes", http.StatusNoContent, n.send("DELETE", vizPath+"/traffic", nil).Status)
	n.same("the map", []string{}, n.names(n.get(vizPath+"?type=derived")))
}

func TestTrap39OneDatasetShowsNoShares(t *testing.T) {
	n := newNaive(t)
	n.load("d.csv", "a\n1\n")
	id := dig(entries(n.get(vizPath + "?type=table"))[0], "permission", "id").(string)
	n.ok("PUT", "/api/v1/perm/"+id, object{"acl": []any{n.grant("r")}})
	listed, _ := dig(entries(n.get(vizPath + "?type=table"))[0], "permission", "acl").([]any)
	shown, _ := dig(n.viz("d"), "permission", "acl").([]any)
	n.same("shares in the list and of the dataset", []int{1, 0}, []int{len(listed), len(shown)})
}

func TestTrap40ChangeOfSharesRemovesThemAndMaps(t *testing.T) {
	n, s := newNaiveIn(t)
	n.load("d.csv", stations)
	permission := "/api/v1/perm/" + dig(n.get(vizPath+"/d?show_permission=true"), "permission", "id").(string)
	n.ok("PUT", permission, object{"acl": []any{n.grant("r")}})
	hers, err := s.AddMap(t.Context(), "alice", "Alice's map", "d")
	if err != nil {
		t.Fatal(err)
	}
	n.same("her map", 1, n.maps("d"))
	n.ok("PUT", permission, object{"description": "only this"})
	n.same("shares", []any{}, dig(n.get(vizPath+"/d?show_permission=true"), "permission", "acl"))
	n.same("her map", []any{0, http.StatusNotFound}, []any{n.maps("d"), n.send("GET", vizPath+"/"+hers, nil).Status})
}

// maps is how many maps depend on a dataset.
func (n naive) maps(dataset string) int {
	n.Helper()
	count, _ := n.get(vizPath + "/" + dataset + "?with_dependent_visualizations=1")["dependent_visualizations_count"].(float64)
	return int(count)
}

func TestTrap41ReplacingByDeletionLosesMaps(t *testing.T) {
	n, s := newNaiveIn(t)
	job := n.load("d.csv", stations)
	hers, err := s.AddMap(t.Context(), "alice", "Alice's map", "d")
	if err != nil {
		t.Fatal(err)
	}
	n.same("deleted", http.StatusNoContent, n.send("DELETE", vizPath+"/"+n.dataset(job)["id"].(string), nil).Status)
	again := n.load("d.csv", stations)
	n.same("its name", job["table_name"], again["table_name"])
	if job["table_id"] == again["table_id"] {
		t.Error("the new dataset has the old id")
	}
	n.same("maps", []any{0, http.StatusNotFound}, []any{n.maps("d"), n.send("GET", vizPath+"/"+hers, nil).Status})
}

// TestTrap47SQLMovesDatasets renames and drops tables behind the account's back. The list notices when it is asked.
func TestTrap47SQLMovesDatasets(t *testing.T) {
	n := newNaive(t)
	d := n.dataset(n.load("d.csv", stations))
	m := n.ok("POST", vizPath, object{"type": "derived", "name": "town", "tables": []string{"d"}})
	write := func(q string) { n.ok("POST", sqlPath, url.Values{"q": {q}}) }
	write("ALTER TABLE d RENAME TO e")
	n.until("the dataset has the new name", func() bool {
		return slices.Equal([]string{"e"}, n.names(n.get(vizPath+"?type=table"))) && n.viz(d["id"])["name"] == "e"
	})
	write("DROP TABLE e")
	n.until("the dataset is gone", func() bool { return len(n.names(n.get(vizPath+"?type=table"))) == 0 })
	n.same("its map", http.StatusNotFound, n.send("GET", vizPath+"/"+m["id"].(string), nil).Status)
}

func TestTrap48PagesShift(t *testing.T) {
	n := newNaive(t)
	for _, name := range []string{"a", "b", "c"} {
		n.load(name+".csv", "x\n1\n")
		n.advance(time.Second)
	}
	var read []string
	for page := range 3 {
		read = append(read, n.names(n.get(vizPath+"?type=table&per_page=1&page="+string(rune('1'+page))))...)
		if page == 0 {
			n.changed(n.viz("a"), object{"description": "changed by somebody meanwhile"})
		}
	}
	n.same("what was read of a, b and c", []string{"c", "c", "b"}, read)
}

func TestTrap56CountsAreEstimates(t *testing.T) {
	n, s := newNaiveIn(t)
	n.load("d.csv", "a\n1\n2\n")
	n.ok("POST", sqlPath, url.Values{"q": {"INSERT INTO d (a) VALUES (3), (4)"}})
	if n.cell("SELECT count(*) FROM d") == dig(n.viz("d"), "table", "row_count") {
		t.Error("row_count is exact")
	}
	if _, err := s.AddSharedDataset(t.Context(), "alice", "roads", "r"); err != nil {
		t.Fatal(err)
	}
	n.same("table_count and the list's total", []any{1.0, 2.0}, []any{n.get("/api/v1/users/me")["table_count"], n.get(vizPath + "?type=table")["total_entries"]})
}
