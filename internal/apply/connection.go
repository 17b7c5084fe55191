package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// declaredConnection is the connection that the action is about, with the name
// it is stored under.
func (j *job) declaredConnection() (spec.Connection, string) {
	for _, m := range j.Desired {
		if m.Project != j.a.Project {
			continue
		}
		for _, c := range m.Connections {
			if c.Key == j.a.Connection {
				return c, plan.ConnectionName(m.Project, c.Key, c.SecretVersion)
			}
		}
	}
	return spec.Connection{}, ""
}

// connectionThere looks whether an earlier attempt stored the connection: its
// name is unique in the account.
func (j *job) connectionThere(ctx context.Context) (bool, error) {
	want, name := j.declaredConnection()
	stored, err := j.stored(ctx, func(c carto.Connection) bool { return c.Name == name })
	if err != nil || stored == nil {
		return false, err
	}
	if stored.Provider != want.Provider {
		return false, &MovedError{Description: fmt.Sprintf("a connection %q of provider %s appeared since the plan was made", name, stored.Provider)}
	}
	j.setConnection(j.a.Project, j.a.Connection, stored.ID)
	return true, nil
}

func (j *job) createConnection(ctx context.Context) error {
	want, name := j.declaredConnection()
	params, err := j.connectionParams(want, nil)
	if err != nil {
		return err
	}
	asked := plan.Pending{Kind: plan.PendingConnection, Connection: j.a.Connection}
	id, _, err := j.journaled(ctx, asked, func(ctx context.Context) (string, error) {
		return j.Client.CreateConnection(ctx, carto.ConnectionRequest{Name: name, Provider: want.Provider, Params: params})
	})
	if err != nil {
		return refusedConnection(err)
	}
	j.setConnection(j.a.Project, j.a.Connection, id)
	return nil
}

// updateConnection sends what differs: the server merges, and a key that is
// left out keeps its value, which is how a secret that did not change stays.
func (j *job) updateConnection(ctx context.Context) error {
	want, name := j.declaredConnection()
	stored, err := j.stored(ctx, func(c carto.Connection) bool { return c.ID == j.a.ID })
	switch {
	case err != nil:
		return err
	case stored == nil:
		return &MovedError{Description: fmt.Sprintf("the connection (id %s) is gone since the plan was made", j.a.ID)}
	case stored.Name != j.a.Seen.Connection.Name:
		return &MovedError{Field: "name", Planned: strconv.Quote(j.a.Seen.Connection.Name), Now: strconv.Quote(stored.Name)}
	}
	params, err := j.connectionParams(want, j.a.Changes)
	if err != nil {
		return err
	}
	u := carto.ConnectionUpdate{Params: params}
	if name != stored.Name {
		u.Name = &name
	}
	return refusedConnection(j.Client.UpdateConnection(ctx, j.a.ID, u))
}

// refusedConnection adds what to do when CARTO, which tries every connection
// that it stores, could not connect.
func refusedConnection(err error) error {
	var api *carto.APIError
	if errors.As(err, &api) && (api.Status == http.StatusUnprocessableEntity || api.Status == http.StatusForbidden) {
		return fmt.Errorf("%w; check its server, port, database and credentials, and that the database lets CARTO in", err)
	}
	return err
}

// deleteConnection deletes a connection that nothing uses any more: without it
// a synchronization would fail for good.
func (j *job) deleteConnection(ctx context.Context) error {
	stored, err := j.stored(ctx, func(c carto.Connection) bool { return c.ID == j.a.ID })
	switch {
	case err != nil:
		return err
	case stored == nil:
		return nil
	case stored.Name != j.a.Seen.Connection.Name:
		return &MovedError{Field: "name", Planned: strconv.Quote(j.a.Seen.Connection.Name), Now: strconv.Quote(stored.Name)}
	}
	syncs, err := j.Client.Synchronizations(ctx)
	if err != nil {
		return err
	}
	for _, s := range syncs {
		if c := s.Item.Connector; c != nil && c.ConnectionID == j.a.ID {
			return &MovedError{Description: fmt.Sprintf("synchronization %s of %q uses it", s.ID, s.Name)}
		}
	}
	err = j.Client.DeleteConnection(ctx, j.a.ID)
	if errors.Is(err, carto.ErrNotFound) {
		return nil
	}
	return err
}

func (j *job) stored(ctx context.Context, is func(carto.Connection) bool) (*carto.Connection, error) {
	all, _, err := j.Client.Connections(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if is(c) {
			return &c, nil
		}
	}
	return nil, nil
}

// connectionParams are the parameters to send: all of them for a new
// connection, or what the changes name. Secrets go along when the version of
// the secret changed.
func (j *job) connectionParams(want spec.Connection, changes []plan.Change) ([]carto.Param, error) {
	rotated := false
	changed := map[string]bool{}
	for _, ch := range changes {
		changed[ch.Field] = true
		rotated = rotated || ch.Field == "secret_version"
	}
	var params []carto.Param
	for _, p := range want.Params {
		if changes != nil && !changed[p.Key] && !(p.Secret && rotated) {
			continue
		}
		v, err := j.secret(p.Value)
		if err != nil {
			return nil, err
		}
		params = append(params, carto.Param{Key: p.Key, Value: v, Number: p.Number, Secret: p.Secret})
		delete(changed, p.Key)
	}
	for _, ch := range changes { // no longer declared: back to the provider's default, since keys cannot be removed
		if !changed[ch.Field] || ch.Field == "secret_version" {
			continue
		}
		text, _ := ch.After.(string)
		params = append(params, carto.Param{Key: ch.Field, Value: secret.New(text)})
	}
	return params, nil
}

// secret is the value of a text.
func (j *job) secret(t secret.Text) (secret.Value, error) {
	if len(t.Refs()) == 0 {
		return t.Resolve(secret.Resolver{})
	}
	if v, ok := j.Secrets[t.String()]; ok {
		return v, nil
	}
	return secret.Value{}, fmt.Errorf("%s is not set; set it where apply runs", t.String())
}

// connector is the dataset's connector as a request states it. It refers to a
// stored connection, so no credentials travel with it.
func (j *job) connector(importAs string) (carto.Connector, error) {
	declared := j.dataset.Source.Connector
	c := carto.Connector{ImportAs: importAs}
	if declared.Connection == "" {
		c.Provider = declared.Provider
	} else {
		id, ok := j.connection(j.a.Project, declared.Connection)
		if !ok {
			return carto.Connector{}, &missingError{fmt.Sprintf("connection %q is not in the account; see why it failed", declared.Connection)}
		}
		c.ConnectionID = id
	}
	for _, p := range declared.Params {
		v, err := j.secret(p.Value)
		if err != nil {
			return carto.Connector{}, err
		}
		c.Params = append(c.Params, carto.Param{Key: p.Key, Value: v, Number: p.Number})
	}
	return c, nil
}

// A missingError says that what an action needs was not done in this run.
type missingError struct{ problem string }

func (e *missingError) Error() string { return e.problem + ", and apply again" }
