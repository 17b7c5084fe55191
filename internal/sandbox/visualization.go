package sandbox

import (
	"net/http"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

func missing(message string) reply {
	return with(http.StatusNotFound, fields{{"errors", message}, {"errors_cause", nil}})
}

func forbidden(message string) reply {
	return with(http.StatusForbidden, fields{{"errors", message}, {"errors_cause", nil}})
}

// lookup finds a visualization by id, name or schema-qualified name.
// Source: CartoDB/cartodb: app/controllers/visualizations_controller_helper.rb.
func (c *call) lookup(t *store.Tx) (store.Visualization, error) {
	id := strings.ReplaceAll(c.id, `"`, "")
	userID := c.target.ID
	if schema, rest, qualified := strings.Cut(id, "."); qualified {
		id = rest
		switch p, err := t.Principal(c.ctx(), store.User, schema); {
		case err == nil:
			userID = p.ID
		case !store.IsNotFound(err):
			return store.Visualization{}, err
		}
	}
	if isUUID(id) {
		return t.Visualization(c.ctx(), id)
	}
	return t.VisualizationByName(c.ctx(), userID, id)
}

// showVisualization answers with one dataset or map. Without the master key only what is open to everybody is shown.
func (c *call) showVisualization() (answer reply, err error) {
	return answer, c.view(func(t *store.Tx) error {
		v, err := c.lookup(t)
		if store.IsNotFound(err) {
			answer = missing("Visualization does not exist")
			return nil
		}
		if err != nil {
			return err
		}
		a, err := c.account(t)
		if err != nil {
			return err
		}
		answer = c.show(a, v)
		return nil
	})
}

func (c *call) show(a *account, v store.Visualization) reply {
	p := presenter{c, a, c.showOptions()}
	access := a.grant(v, c.target.ID)
	switch {
	case access == "":
		return missing("Visualization of that user does not exist")
	case c.master:
		return ok(p.shape(v))
	case v.Privacy == "public" || v.Privacy == "link":
		return ok(p.publicShape(v))
	case v.Privacy == "password":
		return with(http.StatusForbidden, fields{{"errors", "Visualization not viewable"}, {"errors_cause", "privacy_password"}, {"visualization", fields{{"id", v.ID}, {"name", v.Name}}}})
	}
	return forbidden("Visualization not viewable")
}

// deleteVisualization deletes a map, or a dataset with all that hangs on it: its table, its synchronizations, and
// everybody's maps that show nothing else.
func (c *call) deleteVisualization() (answer reply, err error) {
	err = c.update(func(t *store.Tx) error {
		v, err := c.lookup(t)
		switch {
		case store.IsNotFound(err):
			answer = missing("Visualization does not exist")
			return nil
		case err != nil:
			return err
		case v.UserID != c.target.ID:
			answer = forbidden("Visualization not editable")
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
