package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// listing is the parsed query of a list of visualizations.
type listing struct {
	types         []string
	page, perPage int
	order         []order
	shared        string // yes, no, only
	box           *box
}

// A wrongParameter is a parameter of a list with a value that it cannot have.
type wrongParameter struct{ message string }

func (w *wrongParameter) Error() string { return w.message }

func wrongValue(parameter string, allowed []string) error {
	message := "Wrong '" + parameter + "' parameter value."
	if allowed != nil {
		message += " Valid values are one of " + symbols(allowed)
	}
	return &wrongParameter{message}
}

// listing reads the query. Without a type, maps are listed; types wins over type.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualization_searcher.rb.
func (c *call) listing() (l listing, err error) {
	q := c.query
	l = listing{types: []string{store.Map}, shared: c.shared()}
	if t := q.Get("type"); strings.TrimSpace(t) != "" {
		l.types = []string{t}
	}
	if t := strings.Split(strings.TrimRight(q.Get("types"), ","), ","); t[0] != "" || len(t) > 1 {
		l.types = t
	}
	if l.page, l.perPage, err = c.paging(20); err != nil {
		return l, err
	}
	if l.order, err = parseOrder(q.Get("order"), q.Get("order_direction")); err != nil {
		return l, err
	}
	if q.Has("bbox") && (len(l.types) > 1 || l.types[0] != store.Dataset) {
		return l, &wrongParameter{"Filter by bbox is only supported for type table"}
	}
	if b := q.Get("bbox"); strings.TrimSpace(b) != "" {
		l.box, err = parseBox(b)
	}
	return l, err
}

// shared tells whose visualizations are listed: the parameter shared says it, else only_shared, else exclude_shared.
func (c *call) shared() string {
	switch s := c.query.Get("shared"); {
	case s == "yes" || s == "no" || s == "only":
		return s
	case c.query.Get("only_shared") == "true":
		return "only"
	case c.query.Get("exclude_shared") == "true":
		return "no"
	}
	return "yes"
}

// listVisualizations lists datasets or maps. Without the master key it lists what everybody may see, with status 200: a
// wrong key looks like an account without private datasets. An error that nobody foresaw is told in full.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb, visualization_searcher.rb.
func (c *call) listVisualizations() (reply, error) {
	l, err := c.listing()
	if err == nil && c.target.ID == "" {
		err = wrongValue("username", nil)
	}
	if wrong := (*wrongParameter)(nil); errors.As(err, &wrong) {
		return with(http.StatusBadRequest, fields{{"error", wrong.message}}), nil
	}
	later, err := c.linkTables()
	if err != nil {
		return reply{}, err
	}
	var answer reply
	err = c.view(func(t *store.Tx) error {
		a, err := c.account(t)
		if err != nil {
			return err
		}
		var boxes map[string]box
		if l.box != nil {
			if boxes, err = c.boxes(t, a); err != nil {
				return err
			}
		}
		answer = c.page(a, l, boxes)
		return nil
	})
	if err == nil && later {
		err = c.linkTablesNow()
	}
	return answer, err
}

// page is one page of a list, with what there is besides.
func (c *call) page(a *account, l listing, boxes map[string]box) reply {
	if l.box != nil && !l.box.onEarth() {
		return with(http.StatusInternalServerError, fields{{"error", "PG::SyntaxError: ERROR:  syntax error at end of input"}})
	}
	if !c.master && slices.ContainsFunc(l.order, func(o order) bool { return o.by == "favorited" }) {
		return with(http.StatusInternalServerError, fields{{"error", `PG::UndefinedTable: ERROR:  missing FROM-clause entry for table "likes"`}})
	}
	var matching []store.Visualization
	for _, v := range a.visualizations {
		extent, placed := boxes[v.ID]
		if c.passes(a, l, v) && (l.box == nil || placed && extent.meets(*l.box)) {
			matching = append(matching, v)
		}
	}
	c.sort(a, l, matching)
	p := presenter{c, a, c.listOptions()}
	list := []fields{}
	for _, v := range pageOf(matching, l.page, l.perPage) {
		if p.unrenderable(v) {
			return with(http.StatusInternalServerError, fields{{"error", "undefined method `get_auth_tokens' for nil:NilClass"}})
		}
		list = append(list, p.shape(v))
	}
	answer := fields{{"visualizations", list}, {"total_entries", len(matching)}}
	if c.master && c.shows("load_totals") {
		answer = append(answer, c.totals(a, l)...)
	}
	return ok(answer)
}

// totals count without the filters, but for the type. What others shared counts unless it is locked.
func (c *call) totals(a *account, l listing) fields {
	own, locked, shared := 0, 0, 0
	for _, v := range a.visualizations {
		switch {
		case !slices.Contains(l.types, v.Type):
		case v.UserID != c.target.ID:
			if !v.Locked && a.grant(v, c.target.ID) != "" {
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

// passes tells whether a visualization is in a list. An anonymous visitor's list has what is public, without links, and
// fewer filters: those that he may not use are passed over.
func (c *call) passes(a *account, l listing, v store.Visualization) bool {
	if !slices.Contains(l.types, v.Type) || !c.passesFilters(v) {
		return false
	}
	own := v.UserID == c.target.ID
	if !c.master {
		return own && v.Privacy == "public"
	}
	q := c.query
	for _, nothing := range []string{"only_liked", "subscribed", "sample"} {
		if q.Get(nothing) == "true" { // in a sandbox nobody likes anything or subscribes to it
			return false
		}
	}
	switch {
	case own && l.shared == "only", !own && (l.shared == "no" || a.grant(v, c.target.ID) == ""):
		return false
	case q.Get("locked") == "true" && !v.Locked, q.Get("locked") == "false" && v.Locked:
		return false
	case q.Get("exclude_raster") == "true" && v.Kind == "raster":
		return false
	}
	return !q.Has("privacy") || q.Get("privacy") == v.Privacy
}

// passesFilters applies the filters that everybody may use. Tags are joined as they stand in the parameter and searched for
// in the joined tags, with the wildcards of SQL.
// Source: CartoDB/cartodb: app/queries/carto/visualization_query_filterer.rb.
func (c *call) passesFilters(v store.Visualization) bool {
	q := c.query
	switch {
	case q.Get("only_with_display_name") == "true" && v.DisplayName == nil,
		q.Get("only_published") == "true" && !published(v):
		return false
	}
	if tags := strings.Split(strings.TrimRight(q.Get("tags"), ","), ","); len(tags) > 1 || tags[0] != "" {
		joined := strings.ToLower(strings.Join(v.Tags, ", "))
		if !store.Like(joined, "%"+strings.ToLower(strings.Join(tags, ", "))+"%") {
			return false
		}
	}
	search := q.Get("q")
	return strings.TrimSpace(search) == "" || found(v, search)
}

// linkTables brings datasets in line with what SQL did to their tables, as listing them does. It does so at once if little
// differs, else after the list was made, as a job would.
// Source: CartoDB/cartodb: lib/carto/ghost_tables_manager.rb.
func (c *call) linkTables() (later bool, err error) {
	const fewDifferences, fewTables = 8, 128
	if !c.master {
		return false, nil
	}
	differences, tables := 0, 0
	err = c.view(func(t *store.Tx) (err error) {
		differences, tables, err = t.Unlinked(c.ctx(), c.s.owner.ID)
		return err
	})
	switch {
	case err != nil || differences == 0:
		return false, err
	case differences >= fewDifferences || tables > fewTables:
		return true, nil
	}
	return false, c.linkTablesNow()
}

func (c *call) linkTablesNow() error {
	return c.update(func(t *store.Tx) error { return t.LinkTables(c.ctx(), c.s.owner.ID, c.s.config.defaultPrivacy()) })
}

// symbols writes names as Ruby prints a list of symbols.
func symbols(names []string) string {
	return "[:" + strings.Join(names, ", :") + "]"
}

// paging reads page and per_page. A text counts as the number that it begins with. There is no maximum.
// Source: CartoDB/cartodb: app/controllers/carto/api/paged_searcher.rb.
func (c *call) paging(byDefault int) (page, perPage int, err error) {
	number := func(key string, byDefault int) int {
		if text := c.query.Get(key); strings.TrimSpace(text) != "" {
			return int(toInteger(text))
		}
		return byDefault
	}
	page, perPage = number("page", 1), number("per_page", byDefault)
	switch {
	case page <= 0:
		return 0, 0, wrongValue("page", nil)
	case perPage <= 0:
		return 0, 0, wrongValue("per_page", nil)
	}
	return page, perPage, nil
}

// parseBox reads the corners of a bounding box: west, south, east, north.
// Source: CartoDB/cartodb: lib/carto/bounding_box_utils.rb.
func parseBox(text string) (*box, error) {
	var n []float64
	for _, part := range strings.Split(text, ",") {
		var v float64
		if _, err := fmt.Sscan(strings.TrimSpace(part), &v); err != nil {
			return nil, &wrongParameter{"all bounding box parameters must be floats"}
		}
		n = append(n, v)
	}
	if len(n) != 4 {
		return nil, &wrongParameter{"bounding box must have 4 coordinates: minx, miny, maxx, maxy"}
	}
	return &box{n[0], n[1], n[2], n[3]}, nil
}
