package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// listing is the parsed query of a list of visualizations.
type listing struct {
	types         []string
	page, perPage int
	order         []order
	shared        string // yes, no, only
	none          bool   // a filter that nothing here can pass
}

type order struct {
	by   string
	desc bool
}

// A wrongParameter is a parameter of the list with a value that it cannot have.
type wrongParameter string

func (w wrongParameter) Error() string { return "Wrong '" + string(w) + "' parameter value." }

// orders are what a list can be sorted by; alone tells which cannot be combined.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb, paged_searcher.rb.
var orders = map[string]bool{"name": false, "updated_at": false, "size": true, "mapviews": true, "favorited": false,
	"estimated_row_count": true, "privacy": false, "dependent_visualizations": false}

func (c *call) listing() (l listing, err error) {
	q := c.query
	l = listing{types: []string{store.Map}, shared: "yes"}
	if t := q.Get("type"); t != "" {
		l.types = []string{t}
	}
	if t := q.Get("types"); t != "" {
		l.types = strings.Split(t, ",")
	}
	if l.page, err = positive(q.Get("page"), 1); err != nil {
		return l, wrongParameter("page")
	}
	if l.perPage, err = positive(q.Get("per_page"), 20); err != nil {
		return l, wrongParameter("per_page")
	}
	if l.order, err = parseOrder(q.Get("order"), q.Get("order_direction")); err != nil {
		return l, err
	}
	if s := q.Get("shared"); s == "no" || s == "only" {
		l.shared = s
	}
	switch {
	case q.Get("exclude_shared") == "true":
		l.shared = "no"
	case q.Get("only_shared") == "true":
		l.shared = "only"
	}
	l.none = q.Get("only_liked") == "true" || q.Get("subscribed") == "true" || q.Get("sample") == "true"
	return l, nil
}

func positive(s string, byDefault int) (int, error) {
	if s == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(s)
	if err == nil && n <= 0 {
		err = strconv.ErrRange
	}
	return n, err
}

func parseOrder(by, direction string) ([]order, error) {
	if by == "" {
		by = "updated_at"
	}
	names, directions := strings.Split(by, ","), strings.Split(direction, ",")
	var all []order
	for i, name := range names {
		alone, known := orders[name]
		if !known || alone && len(names) > 1 {
			return nil, wrongParameter("order")
		}
		d := directions[min(i, len(directions)-1)]
		if d != "" && d != "asc" && d != "desc" {
			return nil, wrongParameter("order_direction")
		}
		all = append(all, order{name, d != "asc"})
	}
	return all, nil
}

// listVisualizations lists datasets or maps. Without the master key it lists what everybody may see, with status 200: a
// wrong key looks like an account without private datasets.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualization_searcher.rb.
func (c *call) listVisualizations() (reply, error) {
	wrong := func(err error) reply { return with(http.StatusBadRequest, fields{{"error", err.Error()}}) }
	if c.target.ID == "" {
		return wrong(wrongParameter("username")), nil
	}
	l, err := c.listing()
	if err != nil {
		return wrong(err), nil
	}
	if c.master {
		if err := c.linkTables(); err != nil {
			return reply{}, err
		}
	}
	var answer fields
	err = c.view(func(t *store.Tx) error {
		a, err := c.account(t)
		if err == nil {
			answer = c.page(a, l)
		}
		return err
	})
	return ok(answer), err
}

// linkTables brings datasets in line with what SQL did to their tables.
func (c *call) linkTables() error {
	pending := false
	err := c.view(func(t *store.Tx) (err error) {
		pending, err = t.LinksPending(c.ctx(), c.s.owner.ID)
		return err
	})
	if err != nil || !pending {
		return err
	}
	return c.update(func(t *store.Tx) error { return t.LinkTables(c.ctx(), c.s.owner.ID, "private") })
}

func (c *call) page(a *account, l listing) fields {
	var matching []store.Visualization
	for _, v := range a.visualizations {
		if c.passes(a, l, v) {
			matching = append(matching, v)
		}
	}
	c.sort(a, l, matching)
	p := presenter{c, a, c.listOptions()}
	list := []fields{}
	first := min((l.page-1)*l.perPage, len(matching))
	for _, v := range matching[first:min(first+l.perPage, len(matching))] {
		if c.master {
			list = append(list, p.shape(v))
		} else {
			list = append(list, p.publicShape(v))
		}
	}
	answer := fields{{"visualizations", list}, {"total_entries", len(matching)}}
	if c.master && c.query.Get("load_totals") != "false" {
		answer = append(answer, c.totals(a, l)...)
	}
	return answer
}

// totals count without the filters, but for the type.
func (c *call) totals(a *account, l listing) fields {
	own, locked, shared := 0, 0, 0
	for _, v := range a.visualizations {
		switch {
		case !slices.Contains(l.types, v.Type):
		case v.UserID != c.target.ID:
			if a.grant(v, c.target.ID) != "" {
				shared++
			}
		default:
			if own++; v.Locked {
				locked++
			}
		}
	}
	return fields{{"total_user_entries", own}, {"total_locked", locked}, {"total_likes", 0}, {"total_shared", shared}}
}

// passes tells whether a visualization is in a list.
func (c *call) passes(a *account, l listing, v store.Visualization) bool {
	q := c.query
	own := v.UserID == c.target.ID
	switch {
	case l.none, !slices.Contains(l.types, v.Type):
		return false
	case !c.master:
		return own && v.Privacy == "public" && c.passesFilters(v)
	case own && l.shared == "only", !own && (l.shared == "no" || a.grant(v, c.target.ID) == ""):
		return false
	case q.Get("locked") == "true" && !v.Locked, q.Get("locked") == "false" && v.Locked:
		return false
	}
	return c.passesFilters(v)
}

func (c *call) passesFilters(v store.Visualization) bool {
	q := c.query
	if p := q.Get("privacy"); p != "" && p != v.Privacy {
		return false
	}
	if q.Get("only_with_display_name") == "true" && v.DisplayName == nil {
		return false
	}
	if tags := q.Get("tags"); tags != "" {
		joined := strings.ToLower(strings.Join(v.Tags, ", "))
		hit := func(tag string) bool { return strings.Contains(joined, strings.ToLower(tag)) }
		if !slices.ContainsFunc(strings.Split(tags, ","), hit) {
			return false
		}
	}
	return q.Get("q") == "" || rank(v, q.Get("q")) > 0
}

// rank is how well a visualization fits a search: 3 by its name, 2 by a tag, 1 by its description, 0 not at all.
func rank(v store.Visualization, search string) int {
	search = strings.ToLower(search)
	description := ""
	if v.Description != nil {
		description = *v.Description
	}
	for i, text := range []string{v.Name, strings.Join(v.Tags, " "), description} {
		if strings.Contains(strings.ToLower(text), search) {
			return 3 - i
		}
	}
	return 0
}

// sort orders a list; a search orders by rank first. There is no tie-breaker.
func (c *call) sort(a *account, l listing, all []store.Visualization) {
	search := c.query.Get("q")
	slices.SortStableFunc(all, func(x, y store.Visualization) int {
		if search != "" {
			if d := rank(y, search) - rank(x, search); d != 0 {
				return d
			}
		}
		for _, o := range l.order {
			d := a.compare(x, y, o.by)
			if o.desc {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
}

func (a *account) compare(x, y store.Visualization, by string) int {
	number := func(v store.Visualization, pick func(store.Table) *int64) int64 {
		if n := pick(a.tables[v.ID]); n != nil {
			return *n
		}
		return 0
	}
	switch by {
	case "name":
		return cmp.Compare(x.Name, y.Name)
	case "updated_at":
		return x.UpdatedAt.Compare(y.UpdatedAt)
	case "privacy":
		return cmp.Compare(x.Privacy, y.Privacy)
	case "dependent_visualizations":
		return cmp.Compare(len(a.dependentsOf(x)), len(a.dependentsOf(y)))
	case "size":
		size := func(r store.Table) *int64 { return r.Size }
		return cmp.Compare(number(x, size), number(y, size))
	case "estimated_row_count":
		rows := func(r store.Table) *int64 { return r.RowEstimate }
		return cmp.Compare(number(x, rows), number(y, rows))
	}
	return 0 // nobody views or likes anything in a sandbox
}
