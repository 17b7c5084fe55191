package sandbox

import (
	"net/http"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

func missing(message string) reply {
	return with(http.StatusNotFound, fields{{"errors", message}, {"errors_cause", nil}}).plainly()
}

func forbidden(message string) reply {
	return with(http.StatusForbidden, fields{{"errors", message}, {"errors_cause", nil}}).plainly()
}

// lookup finds a visualization by id, name, SCHEMA.ID or SCHEMA.NAME. An id is looked for among everybody's, a name among
// those of the URL's user or, in an organization, of the user whom the schema names. Of several with one name a dataset
// wins, but without one a map is found. The schema of a user on his own is public, whatever he is called.
// Source: CartoDB/cartodb: app/controllers/visualizations_controller_helper.rb.
func (c *call) lookup(t *store.Tx) (store.Visualization, error) {
	parts := strings.Split(strings.TrimRight(c.id, "."), ".")
	id, schema := parts[len(parts)-1], ""
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
	}
	v, err := store.Visualization{}, store.ErrNotFound
	if isUUID(id) {
		v, err = t.Visualization(c.ctx(), id)
	}
	if store.IsNotFound(err) {
		v, err = c.lookupName(t, id, schema)
	}
	if err != nil || schema == "" {
		return v, err
	}
	owner, err := t.PrincipalByID(c.ctx(), v.UserID)
	if err == nil && c.schemaOf(owner) != schema {
		err = store.ErrNotFound
	}
	return v, err
}

func (c *call) lookupName(t *store.Tx, name, schema string) (store.Visualization, error) {
	userID := c.target.ID
	if schema != "" && c.s.config.Organization != "" {
		switch p, err := t.Principal(c.ctx(), store.User, schema); {
		case err == nil:
			userID = p.ID
		case !store.IsNotFound(err):
			return store.Visualization{}, err
		}
	}
	return t.VisualizationByName(c.ctx(), userID, name)
}

// load finds the visualization that a path names and refuses what the viewer may not look at: nothing of that name or id,
// nothing that is private to others, nothing of others that is open but was not shared with the URL's user.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func (c *call) load(t *store.Tx) (v store.Visualization, a *account, refusal *reply, err error) {
	refuse := func(r reply) (store.Visualization, *account, *reply, error) { return v, a, &r, nil }
	v, err = c.lookup(t)
	if store.IsNotFound(err) {
		return refuse(missing("Visualization does not exist"))
	}
	if err != nil {
		return v, nil, nil, err
	}
	if a, err = c.around(t, v.ID); err != nil {
		return v, nil, nil, err
	}
	viewer := c.viewer().ID
	switch {
	case !a.viewable(v, viewer) && v.Privacy == "password":
		return refuse(with(http.StatusForbidden, fields{{"errors", "Visualization not viewable"}, {"errors_cause", "privacy_password"},
			{"visualization", fields{{"privacy", v.Privacy}, {"user", fields{{"google_maps_query_string", nil}}}}}}).plainly())
	case !a.viewable(v, viewer):
		return refuse(forbidden("Visualization not viewable"))
	case v.UserID != c.target.ID && a.grant(v, viewer) == "":
		return refuse(missing("Visualization of that user does not exist"))
	}
	return v, a, nil, nil
}

// showVisualization answers with one dataset or map, to an anonymous visitor in its short form. An error while it is put
// into words is a 404 without a body.
func (c *call) showVisualization() (answer reply, err error) {
	return answer, c.view(func(t *store.Tx) error {
		v, a, refusal, err := c.load(t)
		if err != nil {
			return err
		}
		if refusal != nil {
			answer = *refusal
			return nil
		}
		p := presenter{c, a, c.showOptions()}
		if answer = empty(http.StatusNotFound); !p.unrenderable(v) {
			answer = ok(plainTimes(p.shape(v)))
		}
		return nil
	})
}

// plainTimes writes the instants of an answer as Ruby prints them, to the second. Of all answers only the one with a single
// visualization is written by the plain JSON generator, which does not know the API's form; that it prints instants like
// this was not seen on a server.
func plainTimes(f fields) fields {
	for i, field := range f {
		switch v := field.value.(type) {
		case fields:
			f[i].value = plainTimes(v)
		case []fields:
			for _, element := range v {
				plainTimes(element)
			}
		case string:
			if strings.HasSuffix(field.key, "_at") && len(v) == len(instantForm) {
				f[i].value = v[:10] + " " + v[11:19] + " UTC"
			}
		}
	}
	return f
}

// deleteVisualization deletes a map, or a dataset with all that hangs on it: its table, its synchronizations, and
// everybody's maps that show nothing else. A view on the table keeps it, and so
// does, for the second that is waited, who holds a lock on it.
// Source: CartoDB/cartodb: app/models/carto/user_table.rb, app/models/table.rb.
func (c *call) deleteVisualization() (answer reply, err error) {
	err = c.update(func(t *store.Tx) error {
		v, _, refusal, err := c.load(t)
		switch {
		case err != nil:
			return err
		case refusal != nil:
			answer = *refusal
			return nil
		case v.UserID != c.viewer().ID:
			answer = forbidden("Visualization not editable")
			return nil
		case c.s.isViewer(c.viewer()):
			answer = empty(http.StatusForbidden)
			return nil
		}
		if err := c.undroppable(v); err != nil {
			return err
		}
		answer = empty(http.StatusNoContent)
		return t.DeleteVisualization(c.ctx(), v.ID)
	})
	if message, refusal := databaseMessage(err); refusal {
		return errorsOf(http.StatusBadRequest, []string{message}), nil
	}
	return answer, err
}
