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

// An invalid is a change that the model refuses: 403 if it is about privacy, else 400.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
type invalid struct {
	status  int
	message string
}

func (e *invalid) Error() string { return e.message }

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

// changeVisualization sets the attributes that the body holds. The body must hold the id, also when the path does.
func (c *call) changeVisualization() (answer reply, err error) {
	body, bad := c.rawObject()
	err = c.update(func(t *store.Tx) error {
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
		if bad != nil {
			return &invalid{http.StatusBadRequest, "Error updating"}
		}
		id, _ := plainText(body["id"])
		if id != v.ID || a.grant(v, c.target.ID) != "rw" {
			answer = empty(http.StatusForbidden)
			return nil
		}
		if err := c.change(t, a, &v, body); err != nil {
			return err
		}
		if a, err = c.account(t); err != nil {
			return err
		}
		answer = ok(presenter{c, a, fullOptions()}.shape(v))
		return nil
	})
	var no *invalid
	if errors.As(err, &no) {
		return errorsOf(no.status, []string{no.message}), nil
	}
	if message, refusal := databaseMessage(err); refusal {
		return errorsOf(http.StatusBadRequest, []string{message}), nil
	}
	return answer, err
}

// change sets attributes and writes, unless nothing differs.
func (c *call) change(t *store.Tx, a *account, v *store.Visualization, body map[string]json.RawMessage) error {
	before := *v
	if err := setTexts(v, body); err != nil {
		return err
	}
	if raw, given := body["tags"]; given {
		if err := setTags(v, raw); err != nil {
			return err
		}
	}
	if raw, given := body["privacy"]; given {
		if err := c.setPrivacy(a, v, raw, body); err != nil {
			return err
		}
	}
	if raw, given := body["name"]; given {
		if err := c.rename(t, a, v, raw); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(before, *v) {
		return nil
	}
	v.UpdatedAt = t.Now()
	if err := t.SaveVisualization(c.ctx(), *v); err != nil {
		return err
	}
	if before.Privacy == v.Privacy || v.Type != store.Dataset {
		return nil
	}
	r, err := t.TableOf(c.ctx(), v.ID)
	if err != nil {
		return err
	}
	r.Privacy, r.UpdatedAt = v.Privacy, t.Now()
	return t.SaveTable(c.ctx(), r)
}

// setTexts sets what is stored as it is sent.
func setTexts(v *store.Visualization, body map[string]json.RawMessage) error {
	for key, to := range map[string]**string{"display_name": &v.DisplayName, "description": &v.Description, "title": &v.Title,
		"source": &v.Source, "license": &v.License, "attributions": &v.Attributions} {
		raw, given := body[key]
		if !given {
			continue
		}
		text, isNull := plainText(raw)
		if *to = &text; isNull {
			*to = nil
		}
	}
	if raw, given := body["locked"]; given {
		v.Locked = string(raw) == "true"
	}
	if raw, given := body["version"]; given {
		if n := toInteger(string(raw)); n > 0 {
			v.Version = int(n)
		}
	}
	return nil
}

// setTags keeps order, case and duplicates; blank tags go.
func setTags(v *store.Visualization, raw json.RawMessage) error {
	if string(raw) == "null" {
		v.Tags = []string{}
		return nil
	}
	var tags []json.RawMessage
	if json.Unmarshal(raw, &tags) != nil {
		return &invalid{http.StatusBadRequest, "Error updating"}
	}
	v.Tags = []string{}
	for _, tag := range tags {
		if text, _ := plainText(tag); strings.TrimSpace(text) != "" {
			v.Tags = append(v.Tags, text)
		}
	}
	return nil
}

// setPrivacy takes any case. Link counts as public against the quota.
func (c *call) setPrivacy(a *account, v *store.Visualization, raw json.RawMessage, body map[string]json.RawMessage) error {
	text, _ := plainText(raw)
	privacy := strings.ToLower(text)
	switch {
	case !slices.Contains([]string{"public", "link", "private", "password"}, privacy):
		return &invalid{http.StatusForbidden, "Privacy is not included in the list"}
	case privacy == "password" && body["password"] == nil:
		return &invalid{http.StatusBadRequest, "Password required for protected visualization"}
	case v.Privacy == "private" && privacy != "private" && v.Type == store.Dataset && c.publicQuotaReached(a):
		return &invalid{http.StatusForbidden, "Privacy over account public dataset quota"}
	}
	v.Privacy = privacy
	return nil
}

func (c *call) publicQuotaReached(a *account) bool {
	n := 0
	for _, v := range a.visualizations {
		if v.Type == store.Dataset && v.UserID == c.target.ID && v.Privacy != "private" {
			n++
		}
	}
	return c.s.config.PublicQuota > 0 && n >= c.s.config.PublicQuota
}

// rename gives a dataset a name that is free among the user's datasets, its own among them: a taken name silently gets a
// number, and another spelling of the current name does too.
// Source: CartoDB/cartodb: app/models/table.rb.
func (c *call) rename(t *store.Tx, a *account, v *store.Visualization, raw json.RawMessage) error {
	text, isNull := plainText(raw)
	if isNull || strings.TrimSpace(text) == "" {
		return &invalid{http.StatusBadRequest, "Name can't be blank"}
	}
	if v.Type != store.Dataset {
		v.Name = text
		return nil
	}
	wanted := strings.ToLower(text)
	if wanted == v.Name {
		return nil
	}
	var taken []string
	for _, other := range a.visualizations {
		if other.Type == store.Dataset && other.UserID == v.UserID {
			taken = append(taken, other.Name)
		}
	}
	return t.RenameDataset(c.ctx(), v, name.Propose(wanted, taken))
}
