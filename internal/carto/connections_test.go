package carto

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestConnections(t *testing.T) {
	c, sent := answering(t, ok(`[
		{"id":"`+idA+`","name":"city-warehouse-v1","connector":"postgres","type":"db-connector","complete":true,
		 "parameters":{"server":"db.example.org","port":"5432","password":"********","pwd":"p4ss","warehouse":null}},
		{"id":"`+idB+`","name":"Dropbox","connector":"dropbox","type":"oauth-service","complete":true,"token":"********"}]`))
	got, supported, err := c.Connections(t.Context())
	if err != nil || !supported {
		t.Fatal(supported, err)
	}
	want := []Connection{
		{ID: idA, Name: "city-warehouse-v1", Provider: "postgres", Type: ConnectionDatabase, Complete: true, Params: []Param{
			{Key: "password", Secret: true, Masked: true},
			{Key: "port", Value: secret.New("5432")},
			{Key: "pwd", Value: secret.New("p4ss"), Secret: true},
			{Key: "server", Value: secret.New("db.example.org")},
		}},
		{ID: idB, Name: "Dropbox", Provider: "dropbox", Type: ConnectionOAuth, Complete: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var plain []string
	for _, p := range got[0].Params {
		if s, ok := p.Plain(); ok {
			plain = append(plain, p.Key+"="+s)
		}
	}
	if diff := cmp.Diff([]string{"port=5432", "server=db.example.org"}, plain); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GET /api/v4/connections"}, sent.sent); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionsOfAnOldServer(t *testing.T) {
	c, _ := answering(t, scripted{status: 404, body: "<html>no such page</html>"})
	got, supported, err := c.Connections(t.Context())
	if got != nil || supported || err != nil {
		t.Error(got, supported, err)
	}
	c, _ = answering(t, scripted{status: 401})
	if _, _, err := c.Connections(t.Context()); !errors.Is(err, ErrUnauthorized) {
		t.Error(err)
	}
}

func TestConnectionWrites(t *testing.T) {
	params := []Param{
		{Key: "Server", Value: secret.New("db.example.org")},
		{Key: "port", Value: secret.New("5432"), Number: true},
		{Key: "password", Value: secret.New("p4ss"), Secret: true},
	}
	c, sent := answering(t, scripted{status: 201, body: `{"id":"` + idA + `"}`}, ok(""), ok(""), ok(`{"connected":true}`))
	ctx := t.Context()
	id, err := c.CreateConnection(ctx, ConnectionRequest{Name: "n", Provider: "postgres", Params: params})
	if id != idA || err != nil {
		t.Error(id, err)
	}
	if err := c.UpdateConnection(ctx, idA, ConnectionUpdate{Name: ptr("m"), Params: params[2:]}); err != nil {
		t.Error(err)
	}
	if err := c.DeleteConnection(ctx, idA); err != nil {
		t.Error(err)
	}
	if connected, err := c.ConnectionConnected(ctx, idA); !connected || err != nil {
		t.Error(connected, err)
	}
	want := []string{
		`POST /api/v4/connections {"connector":"postgres","name":"n","parameters":{"server":"db.example.org","port":5432,"password":"p4ss"}}`,
		`PUT /api/v4/connections/` + idA + ` {"name":"m","parameters":{"password":"p4ss"}}`,
		`DELETE /api/v4/connections/` + idA,
		`GET /api/v4/connections/` + idA + `/connect`,
	}
	if diff := cmp.Diff(want, sent.sent); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionWritesRefuse(t *testing.T) {
	server := Param{Key: "server", Value: secret.New("h")}
	c, sent := answering(t, ok(`{}`))
	create := func(r ConnectionRequest) error { _, err := c.CreateConnection(t.Context(), r); return err }
	tests := []struct {
		name string
		err  error
		want string
	}{
		// The server would take this for OAuth and delete the existing connection.
		{"no parameters", create(ConnectionRequest{Name: "n", Provider: "bigquery"}), "a stored connection needs a name, a provider and parameters"},
		{"no name", create(ConnectionRequest{Provider: "bigquery", Params: []Param{server}}), "a stored connection needs a name, a provider and parameters"},
		{"asterisks", create(ConnectionRequest{Name: "n", Provider: "postgres", Params: []Param{{Key: "password", Value: secret.New("********")}}}),
			`connection parameter "password" is masked; leave it out to keep what is stored`},
		{"as read", c.UpdateConnection(t.Context(), idA, ConnectionUpdate{Params: []Param{{Key: "password", Secret: true, Masked: true}}}),
			`connection parameter "password" is masked; leave it out to keep what is stored`},
		{"twice", create(ConnectionRequest{Name: "n", Provider: "postgres", Params: []Param{server, server}}), `connection parameter "server" is given twice`},
		{"nothing", c.UpdateConnection(t.Context(), idA, ConnectionUpdate{}), "an update of a connection changes nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, message(tt.err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if len(sent.sent) > 0 {
		t.Errorf("sent %q", sent.sent)
	}
}

// The remote database may quote what it was given.
func TestConnectionErrorsHideWhatWasSent(t *testing.T) {
	const said = `{"errors":"Validation failed: FATAL: login of carto with hunter2 refused"}`
	params := []Param{{Key: "password", Value: secret.New("hunter2"), Secret: true}}
	c, _ := answering(t, scripted{status: 422, body: said})
	_, create := c.CreateConnection(t.Context(), ConnectionRequest{Name: "n", Provider: "hive", Params: params})
	update := c.UpdateConnection(t.Context(), idA, ConnectionUpdate{Params: params})
	_, _, sync := c.CreateSynchronization(t.Context(), SyncRequest{Interval: time.Hour, Connector: &Connector{Provider: "hive", Connection: params}})
	for _, err := range []error{create, update, sync} {
		if want := "login of carto with " + secret.Placeholder + " refused"; !strings.Contains(message(err), want) {
			t.Errorf("%q does not say %q", message(err), want)
		}
	}
}

// The server opens the remote database within the request.
func TestConnectionsMayTakeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testClient(t, Config{Transport: hanging})
		begin := time.Now()
		_, err := c.ConnectionConnected(t.Context(), idA)
		if time.Since(begin) != 3*time.Minute || err == nil {
			t.Errorf("gave up after %s: %v", time.Since(begin), err)
		}
	})
}

func TestConnectors(t *testing.T) {
	c, _ := answering(t, ok(`{"postgres":{"name":"PostgreSQL","description":null,"enabled":true},"hive":{"name":"Hive","enabled":null}}`))
	got, supported, err := c.Connectors(t.Context())
	if diff := cmp.Diff([]Provider{{"hive", "Hive", nil}, {"postgres", "PostgreSQL", ptr(true)}}, got); diff != "" || !supported || err != nil {
		t.Error(diff, supported, err)
	}
	c, _ = answering(t, scripted{status: 404})
	if got, supported, err := c.Connectors(t.Context()); got != nil || supported || err != nil {
		t.Error(got, supported, err)
	}
}

func TestConnector(t *testing.T) {
	c, sent := answering(t, ok(`{"features":{"dry_run":false,"sql_queries":true,"list_tables":true},"parameters":{"table":{"required":false},"odd":5,
		"connection":{"server":{"required":true},"password":{"required":false}}}}`))
	got, err := c.Connector(t.Context(), "postgres")
	want := ProviderDetail{
		Features: []string{"list_tables", "sql_queries"},
		Params:   []ProviderParam{{"connection.password", false}, {"connection.server", true}, {"table", false}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"GET /api/v1/connectors/postgres"}, sent.sent); diff != "" {
		t.Error(diff)
	}
}

func TestRemoteTables(t *testing.T) {
	c, sent := answering(t, ok(`[{"schema":"public","name":"roads"},{"schema":null,"name":"x"}]`))
	params := []Param{{Key: "Server", Value: secret.New("h")}, {Key: "password", Value: secret.New("p&q"), Secret: true}}
	got, err := c.RemoteTables(t.Context(), "postgres", params)
	if diff := cmp.Diff([]RemoteTable{{"public", "roads"}, {"", "x"}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"GET /api/v1/connectors/postgres/tables?password=p%26q&server=h"}, sent.sent); diff != "" {
		t.Error(diff)
	}

	// It costs the remote database a connection, so it is sent once; and what it is refused with may quote the password.
	c, sent = answering(t, scripted{status: 500, body: `{"errors":"no p&q here"}`})
	_, err = c.RemoteTables(t.Context(), "postgres", params)
	if len(sent.sent) != 1 || strings.Contains(message(err), "p&q") || strings.Contains(message(err), "p%26q") {
		t.Errorf("%d requests: %v", len(sent.sent), err)
	}
}

func TestDryRun(t *testing.T) {
	c, sent := answering(t, ok(`{"total_bytes_processed":2048,"cache_hit":false}`), ok(`{}`))
	conn := Connector{ConnectionID: idA, ImportAs: "roads", Params: []Param{{Key: "sql_query", Value: secret.New("SELECT 1")}}}
	got, err := c.DryRun(t.Context(), "bigquery", conn)
	if diff := cmp.Diff(DryRun{Bytes: ptr(int64(2048))}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := c.DryRun(t.Context(), "hive", conn); got.Bytes != nil || err != nil {
		t.Error(got, err)
	}
	want := `POST /api/v1/connectors/bigquery/dryrun {"sql_query":"SELECT 1","import_as":"roads","connection_id":"` + idA + `"}`
	if diff := cmp.Diff(want, sent.sent[0]); diff != "" {
		t.Error(diff)
	}
}
