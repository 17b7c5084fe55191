package conformance

import (
	"net/http"
	"strings"
)

// datasetChecks are about one dataset: how it is shown, changed and deleted.
func datasetChecks() []check {
	return []check{
		{"7.9", "one dataset", "`GET /api/v1/viz/ID` shows a dataset without `permission`, `liked` and statistics, unless they are asked for.", 0, oneDataset},
		{"7.10", "by name", "A name finds a dataset, or else a map of that name.", 0, byName},
		{"7.11", "what is not there", "What is not there is a 404 that says so.", 0, notThere},
		{"7.12", "a change names its object", "A change must hold the `id` of what it changes, or gets an empty 403.", 0, changeNamesObject},
		{"7.13", "only what is sent changes", "A change touches what it holds and ignores what it does not know, and answers with the whole dataset.", private, onlyWhatIsSent},
		{"7.14", "no change, no time", "A change that changes nothing leaves `updated_at` alone.", 0, noChangeNoTime},
		{"7.15", "privacy", "Privacy reads in capitals and is written in any case; an unknown one is a 403.", private, privacyOfDataset},
		{"7.16", "privacy of the table", "The privacy inside `table` says `PUBLIC` of a dataset that is shared by link.", private, privacyOfTable},
		{"7.17", "tags", "Tags keep order, case and duplicates; blank ones go, and `null` reads as an empty list.", 0, tagsOfDataset},
		{"7.18", "texts", "Texts are kept as they are, and `null` is not the empty text.", 0, textsOfDataset},
		{"7.19", "no blank name", "A blank name is refused.", 0, noBlankName},
		{"7.20", "a rename may end elsewhere", "A new name is rewritten, and gets a suffix if it is taken; the answer is a success.", 0, renameElsewhere},
		{"7.21", "its own name is taken", "A dataset's own name counts as taken, unless it is the same but for capitals.", 0, ownNameTaken},
		{"7.22", "deletion", "`DELETE /api/v1/viz/ID` answers 204 and takes the table along.", 0, deletion},
		{"7.23", "deletion takes maps", "With a dataset go the maps that show nothing else; the others lose its layers.", 0, deletionTakesMaps},
		{"7.24", "locked means nothing", "`locked` hinders neither change nor deletion.", 0, lockedMeansNothing},
		{"7.25", "tables", "`GET /api/v1/tables/ID` shows a table by its id or its name, with columns.", 0, tablesEndpoint},
		{"7.31", "a deletion that is refused", "A deletion that the database refuses, because a view or somebody reads the table, is a 400 with a list of errors, and nothing has changed.", admin, deletionRefused},
		{"7.26", "a body that is no JSON", "A change that is no JSON is refused with a list of errors.", 0, changeIsJSON},
	}
}

const notFound = `{"errors":"Visualization does not exist","errors_cause":null}`

func without(keys, gone string) string {
	left := ""
	drop := map[string]bool{}
	for _, key := range strings.Fields(gone) {
		drop[key] = true
	}
	for _, key := range strings.Fields(keys) {
		if !drop[key] {
			left += key + " "
		}
	}
	return left
}

func oneDataset(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), stations))
	p.keys("a dataset", without(entryKeys, "permission liked")+"related_tables", d)
	p.keys("its table", "id name geometry_types privacy updated_at synchronization size row_count", d["table"])
	p.same("its statistics", object{}, d["stats"])
	full := p.get(vizPath + "/" + d["id"].(string) + "?show_permission=true&show_liked=true&show_stats=true&fetch_user=true&with_dependent_visualizations=1")
	p.keys("all of it", entryKeys+" related_tables user dependent_visualizations dependent_visualizations_count", full)
	if len(full["stats"].(object)) == 0 {
		p.Error("there are no statistics")
	}
}

func byName(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), stations))
	m := p.shown("town", p.name("d"))
	p.same("a dataset", d["id"], p.viz(p.name("d"))["id"])
	p.same("a map", object{"id": m["id"], "type": "derived"}, pick(p.viz(p.name("town")), "id type"))
	p.load(p.name("town.csv"), "a\n1\n")
	p.same("a dataset before a map", "table", p.viz(p.name("town"))["type"])
}

func notThere(p *probe) {
	for _, id := range []string{nobody, p.name("nothing")} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			p.refused(p.send(method, vizPath+"/"+id, object{"id": id}), http.StatusNotFound, notFound)
		}
	}
	p.refused(p.send("GET", "/api/v1/tables/"+nobody, nil), http.StatusNotFound, "")
}

func changeNamesObject(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	id := d["id"].(string)
	for what, body := range map[string]object{"no id": {"description": "x"}, "another id": {"id": nobody, "description": "x"}, "a name": {"id": p.name("d"), "description": "x"}} {
		got := p.send("PUT", vizPath+"/"+id, body)
		p.same(what, []any{403, ""}, []any{got.Status, got.Body})
	}
	p.same("by name and id", http.StatusOK, p.send("PUT", vizPath+"/"+p.name("d"), object{"id": id, "description": "y"}).Status)
	p.same("the description", "y", p.viz(id)["description"])
}

func onlyWhatIsSent(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), stations, "privacy", "private"))
	p.changed(d, object{"title": "t", "license": "mit"})
	got := p.changed(d, object{"description": "x", "type": "derived", "map_id": nobody, "user_id": nobody, "colour": "red", "permission": object{"acl": []any{}}})
	p.keys("the answer", entryKeys+" related_tables", got)
	p.same("the dataset", object{"description": "x", "title": "t", "license": "mit", "type": "table", "map_id": d["map_id"], "privacy": "PRIVATE"}, pick(got, "description title license type map_id privacy"))
}

func noChangeNoTime(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	first := p.changed(d, object{"description": "x"})
	again := p.changed(d, object{"description": "x", "tags": []string{}})
	p.same("updated_at", first["updated_at"], again["updated_at"])
}

func privacyOfDataset(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n", "privacy", "private"))
	for _, asked := range []string{"LINK", "Public", "private"} {
		got := p.changed(d, object{"privacy": asked})["privacy"]
		p.same(asked, map[string]string{"LINK": "LINK", "Public": "PUBLIC", "private": "PRIVATE"}[asked], got)
	}
	p.refused(p.change(d, object{"privacy": "secret"}), http.StatusForbidden, `{"errors":["Privacy is not included in the list"]}`)
}

func privacyOfTable(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n", "privacy", "link"))
	p.same("both", []any{"LINK", "PUBLIC"}, []any{d["privacy"], dig(d, "table", "privacy")})
	p.same("at the tables' endpoint", "LINK", p.get("/api/v1/tables/" + p.name("d"))["privacy"])
}

func tagsOfDataset(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	p.same("verbatim", []any{"b", "A", "b", "é ,"}, p.changed(d, object{"tags": []string{"b", "A", "", "b", " ", "é ,"}})["tags"])
	p.refused(p.change(d, object{"tags": "one"}), http.StatusBadRequest, `{"errors":["Error updating"]}`)
	p.same("null", []any{}, p.changed(d, object{"tags": nil})["tags"])
}

func textsOfDataset(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	p.same("a new one", nil, d["description"])
	for _, text := range []any{"", "<b>&amp;</b>\n  x ", nil} {
		got := p.changed(d, object{"description": text, "title": text, "source": text, "attributions": text, "display_name": text})
		p.same("texts", object{"description": text, "title": text, "source": text, "attributions": text, "display_name": text}, pick(got, "description title source attributions display_name"))
	}
}

func noBlankName(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	for _, blank := range []any{"", "  "} {
		p.refused(p.change(d, object{"name": blank}), http.StatusBadRequest, `{"errors":["Name can't be blank"]}`)
	}
}

func renameElsewhere(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	p.load(p.name("taken.csv"), "a\n1\n")
	p.same("rewritten", p.name("a_b"), p.changed(d, object{"name": p.name("A  b")})["name"])
	got := p.changed(d, object{"name": p.name("taken")})
	p.same("taken", []any{p.name("taken_1"), p.name("taken_1")}, []any{got["name"], dig(got, "table", "name")})
	p.same("its rows", 1.0, p.cell("SELECT a FROM "+p.name("taken_1")))
	p.same("the old name", http.StatusNotFound, p.send("GET", vizPath+"/"+p.name("d"), nil).Status)
}

func ownNameTaken(p *probe) {
	d := p.dataset(p.load(p.name("foo_bar.csv"), "a\n1\n"))
	p.same("capitals", p.name("foo_bar"), p.changed(d, object{"name": p.name("FOO_bar")})["name"])
	p.same("once", p.name("foo_bar_1"), p.changed(d, object{"name": p.name("Foo Bar")})["name"])
	p.same("twice", p.name("foo_bar"), p.changed(d, object{"name": p.name("Foo Bar")})["name"])
}

func deletion(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	p.refused(p.send("DELETE", vizPath+"/"+d["id"].(string), nil), http.StatusNoContent, "")
	p.refused(p.send("DELETE", vizPath+"/"+d["id"].(string), nil), http.StatusNotFound, notFound)
	p.same("its table", http.StatusBadRequest, p.send("GET", ask("SELECT 1 FROM "+p.name("d")), nil).Status)
}

func deletionTakesMaps(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), stations))
	p.load(p.name("e.csv"), stations)
	alone, both := p.shown("alone", p.name("d")), p.shown("both", p.name("d"), p.name("e"))
	p.same("deleted", http.StatusNoContent, p.send("DELETE", vizPath+"/"+d["id"].(string), nil).Status)
	p.same("the map of it alone", http.StatusNotFound, p.send("GET", vizPath+"/"+alone["id"].(string), nil).Status)
	var left []any
	for _, r := range p.viz(both["id"])["related_tables"].([]any) {
		left = append(left, dig(r, "name"))
	}
	p.same("the tables of the other map", []any{p.name("e")}, left)
}

func lockedMeansNothing(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	p.changed(d, object{"locked": true})
	p.same("changed", "x", p.changed(d, object{"description": "x"})["description"])
	p.same("deleted", http.StatusNoContent, p.send("DELETE", vizPath+"/"+d["id"].(string), nil).Status)
}

func tablesEndpoint(p *probe) {
	job := p.load(p.name("d.csv"), stations)
	byID := p.get("/api/v1/tables/" + job["table_id"].(string))
	p.keys("a table", "id name privacy schema updated_at rows_counted table_size map_id description geometry_types table_visualization dependent_visualizations non_dependent_visualizations synchronization", byID)
	p.has("its visualization", "id permission table", byID["table_visualization"])
	p.same("columns", []any{[]any{"cartodb_id", "number"}, []any{"the_geom", "geometry", "geometry", "point"}, []any{"docks", "number"}, []any{"lat", "number"}, []any{"lon", "number"}, []any{"name", "string"}}, byID["schema"])
	p.same("by name", byID["id"], p.get("/api/v1/tables/" + p.name("d"))["id"])
	if p.member != "" { // only in organizations a user's schema bears his name
		p.same("with its schema", byID["id"], p.get("/api/v1/tables/" + p.user + "." + p.name("d"))["id"])
	}
}

func changeIsJSON(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	got := p.send("PUT", vizPath+"/"+d["id"].(string), raw{"text/plain", "{"})
	p.refused(got, http.StatusBadRequest, `{"errors":["Error updating"]}`)
}

func deletionRefused(p *probe) {
	d := p.dataset(p.load(p.name("d.csv"), "a\n1\n"))
	for _, reason := range []string{"view", "locked"} {
		p.inject(reason + "@DELETE/api/v1/viz*1")
		got := p.send("DELETE", vizPath+"/"+d["id"].(string), nil)
		p.same(reason, http.StatusBadRequest, got.Status)
		if list, _ := p.decode(got)["errors"].([]any); len(list) == 0 {
			p.Errorf("%s: %s", reason, got.Body)
		}
	}
	p.same("its rows", 1.0, p.cell("SELECT a FROM "+p.name("d")))
}
