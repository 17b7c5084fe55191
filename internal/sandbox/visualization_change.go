package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// databaseMessage tells an error that the database gives to a request from one that is the sandbox's own.
func databaseMessage(err error) (string, bool) {
	var view *store.DependentViewError
	var sql *store.SQLError
	switch {
	case errors.As(err, &view):
		return view.Error(), true
	case errors.As(err, &sql):
		return sql.Message, true
	}
	return "", false
}

// errUpdating is a change that fails where no attribute is to blame.
var errUpdating = errors.New("the model cannot be updated")

// An invalid is a change that the model refuses: what is wrong, by attribute in the order in which it was found.
type invalid []struct{ attribute, message string }

func (e *invalid) add(attribute, message string) {
	*e = append(*e, struct{ attribute, message string }{attribute, message})
}

func (e invalid) Error() string { return strings.Join(e.messages(), ", ") }

// messages are the sentences, those about one attribute together.
func (e invalid) messages() []string {
	var all []string
	for i, first := range e {
		if e.about(first.attribute) != i {
			continue
		}
		for _, p := range e[i:] {
			if p.attribute == first.attribute {
				all = append(all, strings.ToUpper(p.attribute[:1])+p.attribute[1:]+" "+p.message)
			}
		}
	}
	return all
}

// about is where the first problem with an attribute is, -1 without one.
func (e invalid) about(attribute string) int {
	return slices.IndexFunc(e, func(p struct{ attribute, message string }) bool { return p.attribute == attribute })
}

// refusalOf is the answer to a change that failed: 403 if the privacy is among what is wrong, else 400.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func refusalOf(err error) (reply, bool) {
	var wrong invalid
	switch {
	case errors.As(err, &wrong) && wrong.about("privacy") >= 0:
		return errorsOf(http.StatusForbidden, wrong.messages()), true
	case errors.As(err, &wrong):
		return errorsOf(http.StatusBadRequest, wrong.messages()), true
	case errors.Is(err, errUpdating):
		return errorsOf(http.StatusBadRequest, []string{"Error updating"}), true
	}
	if _, refused := databaseMessage(err); refused {
		return errorsOf(http.StatusBadRequest, []string{"Error updating"}), true
	}
	return reply{}, false
}

// changeVisualization sets the attributes that the body holds. The body must hold the id, also when the path does.
func (c *call) changeVisualization() (answer reply, err error) {
	body, bad := c.rawObject()
	err = c.update(func(t *store.Tx) error {
		v, a, refusal, err := c.load(t)
		if err != nil {
			return err
		}
		if refusal != nil {
			answer = *refusal
			return nil
		}
		if bad != nil || body == nil {
			return errUpdating
		}
		var id string
		if json.Unmarshal(body["id"], &id) != nil || id != v.ID || a.grant(v, c.viewer().ID) != "rw" || c.s.isViewer(c.viewer()) {
			answer = empty(http.StatusForbidden)
			return nil
		}
		if err := c.change(t, a, &v, body); err != nil {
			return err
		}
		if a, err = c.around(t, v.ID); err != nil {
			return err
		}
		answer = ok(presenter{c, a, fullOptions()}.shape(v))
		return nil
	})
	if refusal, refused := refusalOf(err); refused {
		return refusal, nil
	}
	return answer, err
}

// change sets attributes, judges them together and writes, unless nothing differs.
func (c *call) change(t *store.Tx, a *account, v *store.Visualization, body map[string]json.RawMessage) error {
	before := *v
	if err := assignVisualization(v, body); err != nil {
		return err
	}
	if err := c.validate(a, before, *v, body); err != nil {
		return err
	}
	if reflect.DeepEqual(before, *v) {
		return nil
	}
	if v.UpdatedAt.Equal(before.UpdatedAt) {
		v.UpdatedAt = t.Now()
	}
	if v.Type == store.Dataset {
		if err := c.rename(t, before.Name, v); err != nil {
			return err
		}
		if err := c.propagatePrivacy(t, before, *v); err != nil {
			return err
		}
	}
	return t.SaveVisualization(c.ctx(), *v)
}

// propagatePrivacy gives a dataset's privacy to its table. The table refuses a link where private tables are not to be had,
// silently, and then the two differ.
// Source: CartoDB/cartodb: app/models/carto/visualization.rb, app/models/carto/user_table.rb, app/models/table/privacy_manager.rb.
func (c *call) propagatePrivacy(t *store.Tx, before, v store.Visualization) error {
	if before.Privacy == v.Privacy || v.Privacy == "link" && c.s.config.PublicOnly {
		return nil
	}
	r, err := t.TableOf(c.ctx(), v.ID)
	if err != nil {
		return err
	}
	if r.Privacy = v.Privacy; v.Privacy == "password" {
		r.Privacy = c.s.config.defaultPrivacy()
	}
	r.UpdatedAt = t.Now()
	return t.SaveTable(c.ctx(), r)
}

// validate judges a visualization before it is written.
// Source: CartoDB/cartodb: app/models/carto/visualization.rb, app/models/quota_checker.rb.
func (c *call) validate(a *account, before, v store.Visualization, body map[string]json.RawMessage) error {
	var wrong invalid
	if strings.TrimSpace(v.Name) == "" {
		wrong.add("name", "can't be blank")
	}
	if strings.TrimSpace(v.Privacy) == "" {
		wrong.add("privacy", "can't be blank")
	}
	if !slices.Contains([]string{"link", "password", "public", "private"}, v.Privacy) {
		wrong.add("privacy", "is not included in the list")
	}
	if password, _ := plainText(body["password"]); v.Privacy == "password" && before.Privacy != "password" && strings.TrimSpace(password) == "" {
		wrong.add("password", "required for protected visualization")
	}
	switch {
	case before.Privacy == v.Privacy:
	case v.Privacy == "private" && c.s.config.PublicOnly:
		wrong.add("privacy", "cannot be set to private")
	case before.Privacy == "private" && v.Type == store.Dataset && c.publicQuotaReached(a):
		wrong.add("privacy", "over account public dataset quota")
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// publicQuotaReached tells whether no more datasets may leave private. Those with a link count as public.
func (c *call) publicQuotaReached(a *account) bool {
	quota := c.s.config.PublicQuota
	return quota > 0 && a.usages[c.target.ID].publicDatasets >= quota
}

// rename gives a dataset a name that is free among the user's datasets, its own among them: a taken name silently gets a
// number, and another spelling of the current name does too. What is the current name but for its case stays as it is. The
// database refuses a name that a table has which is no dataset.
// Source: CartoDB/cartodb: app/models/table.rb, app/models/carto/visualization.rb.
func (c *call) rename(t *store.Tx, current string, v *store.Visualization) error {
	wanted := strings.ToLower(v.Name)
	if v.Name = current; wanted == current {
		return nil
	}
	taken, err := t.DatasetNames(c.ctx(), v.UserID, stem(wanted))
	if err != nil {
		return err
	}
	return t.RenameDataset(c.ctx(), v, name.Propose(wanted, taken))
}

// stem is what all names begin with that may be given instead of a wanted one: of its up to 63 characters, those that no
// number takes the place of.
func stem(wanted string) string {
	const shortest = 63 - len("_10000")
	first := name.Sanitize(wanted)
	return strings.TrimRight(first[:min(len(first), shortest)], "_")
}
