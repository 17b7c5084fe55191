package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// privacyNumbers are the privacies of tables, by their number.
// Source: CartoDB/cartodb: app/models/carto/user_table.rb.
var privacyNumbers = []string{"private", "public", "link"}

// changeTable sets a table's privacy (a number; a word counts as 0, private), tags (in one text, with commas) and
// description, or its geometries from two columns in degrees. What else a request holds is passed over. Tags and
// description become the dataset's, for the sandbox keeps them once.
// Source: CartoDB/cartodb: app/controllers/carto/api/tables_controller.rb, app/models/carto/user_table.rb.
func (c *call) changeTable() (answer reply, err error) {
	_, latitude := c.param("latitude_column")
	_, longitude := c.param("longitude_column")
	points := latitude && longitude
	if points {
		if refusal, err := c.setPoints(); refusal != nil || err != nil {
			return orDatabaseMessage(refusal, err)
		}
	}
	err = c.update(func(t *store.Tx) error {
		v, r, refusal, err := c.changedTable(t)
		if err != nil {
			return err
		}
		if refusal != nil {
			answer = *refusal
			return nil
		}
		if points {
			r.GeometryTypes = []string{"ST_Point"}
		}
		if err := saveDataset(c, t, v, r); err != nil {
			return err
		}
		a, err := c.account(t)
		if err != nil {
			return err
		}
		answer, err = c.tableReply(t, a, r, field{"warnings", []any{}})
		return err
	})
	return orDatabaseMessage(&answer, err)
}

// orDatabaseMessage is an answer, or what the database said that made it impossible.
func orDatabaseMessage(answer *reply, err error) (reply, error) {
	if message, refused := databaseMessage(err); refused {
		return errorsOf(http.StatusBadRequest, []string{message}), nil
	}
	if answer == nil || err != nil {
		return reply{}, err
	}
	return *answer, nil
}

// setPoints makes the geometries, which may take long and so is done before the change of the account, if that will not be
// refused.
func (c *call) setPoints() (refusal *reply, err error) {
	var r store.Table
	err = c.view(func(t *store.Tx) (err error) {
		_, r, refusal, err = c.changedTable(t)
		return err
	})
	if refusal != nil || err != nil {
		return refusal, err
	}
	return nil, c.s.store.SetPoints(c.ctx(), r.Name, c.text("latitude_column"), c.text("longitude_column"))
}

// changedTable is a table and its dataset as the request wants them, or why it is refused.
func (c *call) changedTable(t *store.Tx) (v store.Visualization, r store.Table, refusal *reply, err error) {
	a, err := c.account(t)
	if err != nil {
		return v, r, nil, err
	}
	refuse := func(status int) *reply { answer := empty(status); return &answer }
	r, known := c.findTable(a, c.id)
	if !known {
		return v, r, refuse(http.StatusNotFound), nil
	}
	v = *a.byID[r.VisualizationID]
	if a.grant(v, c.target.ID) != "rw" || c.s.isViewer(c.target) {
		return v, r, refuse(http.StatusUnauthorized), nil
	}
	return v, r, c.assignTable(a, &v, &r), nil
}

func saveDataset(c *call, t *store.Tx, v store.Visualization, r store.Table) error {
	v.UpdatedAt, r.UpdatedAt = t.Now(), t.Now()
	if err := t.SaveVisualization(c.ctx(), v); err != nil {
		return err
	}
	return t.SaveTable(c.ctx(), r)
}

// assignTable sets what a request may set of a table.
func (c *call) assignTable(a *account, v *store.Visualization, r *store.Table) *reply {
	if description := c.maybeText("description"); description != nil {
		v.Description = description
	}
	if tags := c.maybeText("tags"); tags != nil {
		v.Tags = []string{}
		for tag := range strings.SplitSeq(*tags, ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(v.Tags, tag) {
				v.Tags = append(v.Tags, tag)
			}
		}
	}
	if !c.present("privacy") {
		return nil
	}
	n := toInteger(c.text("privacy"))
	refuse := func(message string) *reply {
		answer := errorsOf(http.StatusBadRequest, []string{message})
		return &answer
	}
	switch {
	case n < 0 || int(n) >= len(privacyNumbers):
		return refuse("Privacy is not included in the list")
	case n != 1 && c.s.config.PublicOnly:
		return refuse("Privacy unauthorized to create private tables")
	case n == 1 && r.Privacy != "public" && c.publicQuotaReached(a):
		return refuse("Privacy unauthorized to create public tables")
	}
	v.Privacy, r.Privacy = privacyNumbers[n], privacyNumbers[n]
	return nil
}

// createTable makes an empty dataset with a name and a description, under a name that is free.
// Source: CartoDB/cartodb: app/controllers/carto/api/tables_controller.rb, app/models/table.rb.
func (c *call) createTable() (answer reply, err error) {
	if c.s.isViewer(c.target) {
		messages := []string{"User Viewer users can't create tables"}
		return with(http.StatusBadRequest, fields{{"description", messages}, {"stack", messages}}), nil
	}
	err = c.update(func(t *store.Tx) error {
		_, tables, err := t.Usage(c.ctx(), c.target.ID)
		if err != nil {
			return err
		}
		if quota := c.s.config.TableQuota; quota > 0 && tables >= quota {
			answer = errorsOf(http.StatusBadRequest, []string{"You have reached your table quota"})
			return nil
		}
		taken, err := t.TakenNames(c.ctx(), c.target.ID)
		if err != nil {
			return err
		}
		free := name.Propose(c.text("name"), taken)
		if err := t.CreateTable(c.ctx(), free, []store.Column{{Name: "name", Type: "text"}, {Name: "description", Type: "text"}}); err != nil {
			return err
		}
		v, r, err := t.Register(c.ctx(), c.target.ID, free, c.s.config.defaultPrivacy())
		if err != nil {
			return err
		}
		if description := c.maybeText("description"); description != nil {
			v.Description = description
		}
		rows, size := int64(0), int64(8192)
		r.RowEstimate, r.Size = &rows, &size
		if err := saveDataset(c, t, v, r); err != nil {
			return err
		}
		a, err := c.account(t)
		if err == nil {
			answer, err = c.tableReply(t, a, r)
		}
		return err
	})
	if message, refused := databaseMessage(err); refused {
		return errorsOf(http.StatusBadRequest, []string{message}), nil
	}
	return answer, err
}
