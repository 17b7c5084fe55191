package conformance

import (
	"net/http"
	"slices"
	"strings"
)

const vizPath = "/api/v1/viz"

// listChecks are about the list of datasets.
func listChecks() []check {
	return []check{
		{"7.1", "the list", "`GET /api/v1/viz` answers with `visualizations`, how many match, and totals of the account.", 0, theList},
		{"7.2", "an entry", "An entry of the list shows the dataset, its table, its permission and its synchronization.", private, anEntry},
		{"7.3", "maps by default", "Without `type` maps are listed; `type=table` lists datasets.", 0, mapsByDefault},
		{"7.4", "pages", "`page` and `per_page` must be positive numbers; a page past the end is empty.", 0, pages},
		{"7.5", "orders", "`order` must be one that the server knows; the default is by `updated_at`, newest first.", 0, orders},
		{"7.6", "filters", "`q` searches in name, tags and description, `tags` in tags; `privacy` is compared in lower case.", 0, filters},
		{"7.7", "parts can be left out", "`load_totals=false` and the `show_...` parameters leave parts out.", 0, partsLeftOut},
		{"7.8", "dependent maps on demand", "`with_dependent_visualizations=N` counts the maps that depend on a dataset and shows the N newest.", 0, dependentMaps},
	}
}

const (
	entryKeys = "id name display_name map_id active_layer_id type tags description privacy created_at updated_at locked source title license attributions kind " +
		"external_source url version prev_id next_id parent_id transition_options active_child children synchronization uses_builder_features liked permission stats auth_tokens table"
	ownerKeys = "id name last_name username email avatar_url website description location twitter_username disqus_shortname available_for_hire base_url google_maps_query_string " +
		"quota_in_bytes table_count viewer role_display org_admin public_visualization_count all_visualization_count org_user remove_logo"
	permissionKeys = "id owner entity acl created_at updated_at"
)

// mine lists the check's own datasets.
func (p *probe) mine(query string) object {
	p.Helper()
	return p.get(vizPath + "?type=table&q=" + p.prefix + query)
}

func entries(list object) []any {
	all, _ := list["visualizations"].([]any)
	return all
}

// names are those of a list, without the check's prefix.
func (p *probe) names(list object) []string {
	all := []string{}
	for _, v := range entries(list) {
		name, _ := dig(v, "name").(string)
		all = append(all, strings.TrimPrefix(name, p.prefix))
	}
	return all
}

// sorted are the names of a list in the order of the alphabet, for lists whose order is not the question.
func (p *probe) sorted(list object) []string {
	names := p.names(list)
	slices.Sort(names)
	return names
}

func theList(p *probe) {
	p.load(p.name("a.csv"), "a\n1\n")
	p.load(p.name("b.csv"), "a\n1\n")
	list := p.mine("&per_page=1")
	p.keys("the list", totals, list)
	p.same("total_entries", 2.0, list["total_entries"])
	p.same("how many are shown", 1, len(entries(list)))
	if all, _ := list["total_user_entries"].(float64); all < 2 {
		p.Errorf("total_user_entries is %v", list["total_user_entries"])
	}
}

func anEntry(p *probe) {
	job := p.load(p.name("stations.csv"), stations, "privacy", "private")
	e := entries(p.mine(""))[0]
	p.keys("an entry", entryKeys, e)
	p.keys("its table", "id name geometry_types privacy updated_at synchronization size row_count permission", dig(e, "table"))
	p.keys("its permission", permissionKeys, dig(e, "permission"))
	p.keys("its owner", ownerKeys, dig(e, "permission", "owner"))
	p.same("its entity", object{"id": dig(e, "id"), "type": "vis"}, dig(e, "permission", "entity"))
	p.same("values", object{"type": "table", "privacy": "PRIVATE", "tags": []any{}, "description": nil, "kind": "geom", "locked": false, "synchronization": nil, "external_source": object{}},
		pick(e, "type privacy tags description kind locked synchronization external_source"))
	p.same("its table's values", object{"id": job["table_id"], "name": p.name("stations"), "geometry_types": []any{"ST_Point"}, "privacy": "PRIVATE"}, pick(dig(e, "table"), "id name geometry_types privacy"))
}

// shown makes a map over datasets, which the end of the check deletes.
func (p *probe) shown(name string, datasets ...string) object {
	p.Helper()
	m := p.ok("POST", vizPath, object{"type": "derived", "name": p.name(name), "tables": datasets})
	id := m["id"].(string)
	p.made.datasets[id] = true
	p.Cleanup(func() { p.remove(vizPath+"/"+id, p.made.datasets, id) })
	return m
}

func mapsByDefault(p *probe) {
	p.load(p.name("d.csv"), stations)
	p.shown("town", p.name("d"))
	for query, want := range map[string][]string{"": {"town"}, "&type=table": {"d"}, "&types=table,derived": {"d", "town"}} {
		p.same(query, want, p.sorted(p.get(vizPath+"?q="+p.prefix+query)))
	}
}

func pages(p *probe) {
	for _, bad := range []string{"0", "-1", "x"} {
		p.refused(p.send("GET", vizPath+"?type=table&page="+bad, nil), http.StatusBadRequest, `{"error":"Wrong 'page' parameter value."}`)
	}
	p.same("per_page=0", http.StatusBadRequest, p.send("GET", vizPath+"?type=table&per_page=0", nil).Status)
	p.load(p.name("a.csv"), "a\n1\n")
	past := p.mine("&page=99")
	p.same("past the end", []any{[]any{}, 1.0}, []any{past["visualizations"], past["total_entries"]})
}

func orders(p *probe) {
	p.same("an unknown order", http.StatusBadRequest, p.send("GET", vizPath+"?type=table&order=colour", nil).Status)
	for _, name := range []string{"b", "a", "c"} {
		p.load(p.name(name+".csv"), "a\n1\n")
		p.changed(p.viz(p.name(name)), object{"tags": []string{p.prefix}})
	}
	p.changed(p.viz(p.name("a")), object{"description": "newest"})
	list := vizPath + "?type=table&tags=" + p.prefix // not q, which orders by how well it fits first
	p.same("by default", []string{"a", "c", "b"}, p.names(p.get(list)))
	p.same("by name", []string{"a", "b", "c"}, p.names(p.get(list+"&order=name&order_direction=asc")))
	p.same("backwards", []string{"c", "b", "a"}, p.names(p.get(list+"&order=name&order_direction=desc")))
}

func filters(p *probe) {
	for _, name := range []string{"alpha", "beta"} {
		p.load(p.name(name+".csv"), "a\n1\n")
	}
	p.changed(p.viz(p.name("beta")), object{"tags": []string{"Rivers of " + p.token}, "description": "about " + p.prefix + "boats", "privacy": "link"})
	for query, want := range map[string][]string{
		"alpha":                {"alpha"},
		"boats":                {"beta"},
		"":                     {"alpha", "beta"},
		"&tags=rivers":         {"beta"},
		"&privacy=link":        {"beta"},
		"&privacy=LINK":        {},
		"&locked=true":         {},
		"&exclude_shared=true": {"alpha", "beta"},
	} {
		p.same(query, want, p.sorted(p.get(vizPath+"?type=table&q="+p.prefix+query)))
	}
}

func partsLeftOut(p *probe) {
	p.load(p.name("a.csv"), "a\n1\n")
	p.keys("without totals", "visualizations total_entries", p.mine("&load_totals=false"))
	e := entries(p.mine("&show_stats=false&show_table=false&show_liked=false&show_permission=false&show_synchronization=false&show_uses_builder_features=false"))[0]
	left := " " + entryKeys + " "
	for _, key := range []string{"table", "liked", "permission", "synchronization", "uses_builder_features"} {
		left = strings.Replace(left, " "+key+" ", " ", 1)
	}
	p.keys("an entry", left, e)
	p.same("stats", object{}, dig(e, "stats"))
	small := entries(p.mine("&show_table_size_and_row_count=false"))[0]
	p.keys("a table without size", "id name geometry_types privacy updated_at synchronization permission", dig(small, "table"))
}

func dependentMaps(p *probe) {
	p.load(p.name("d.csv"), stations)
	p.shown("one", p.name("d"))
	p.shown("two", p.name("d"))
	e := entries(p.mine("&with_dependent_visualizations=1"))[0]
	p.keys("an entry", entryKeys+" dependent_visualizations dependent_visualizations_count", e)
	p.same("how many", 2.0, dig(e, "dependent_visualizations_count"))
	newest := dig(e, "dependent_visualizations").([]any)
	p.same("how many are shown", 1, len(newest))
	p.keys("one of them", "id name updated_at permission auth_tokens", newest[0])
	p.same("its name", p.name("two"), dig(newest[0], "name"))
}
