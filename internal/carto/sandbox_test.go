package carto_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/secret"
)

const accountURL = "http://localhost/user/sandbox"

// inSandbox runs a test against a sandbox of its own, in virtual time.
func inSandbox(t *testing.T, cfg sandbox.Config, run func(*testing.T, *sandbox.Sandbox, *carto.Client)) {
	t.Helper()
	cfg.Dir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := sandbox.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		run(t, s, connect(t, s, carto.Config{}))
	})
}

func connect(t *testing.T, s *sandbox.Sandbox, cfg carto.Config) *carto.Client {
	t.Helper()
	cfg.Account, cfg.Transport = accountURL, s.Transport()
	if cfg.APIKey.IsZero() {
		cfg.APIKey = secret.New(sandbox.DefaultAPIKey)
	}
	c, err := carto.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// upload imports a file and waits for it.
func upload(t *testing.T, c *carto.Client, u carto.Upload, contents string) (carto.Import, error) {
	t.Helper()
	u.Body, u.Size = strings.NewReader(contents), int64(len(contents))
	id, err := c.Upload(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return c.WaitImport(t.Context(), id, carto.Poll{})
}

func ptr[T any](v T) *T { return &v }

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestSandboxIdentity(t *testing.T) {
	inSandbox(t, sandbox.Config{}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		user := must[carto.User](t)(c.Me(t.Context()))
		if user.Username != "sandbox" || user.ImportSlots != 3 || !user.SyncTables || !user.PrivateTables {
			t.Errorf("%+v", user)
		}
		wrong := connect(t, s, carto.Config{APIKey: secret.New("wrong")})
		_, me := wrong.Me(t.Context())
		_, datasets := wrong.Datasets(t.Context())
		_, syncs := wrong.Synchronizations(t.Context())
		_, _, connections := wrong.Connections(t.Context())
		for name, err := range map[string]error{"me": me, "datasets": datasets, "synchronizations": syncs, "connections": connections} {
			if !errors.Is(err, carto.ErrUnauthorized) {
				t.Errorf("%s with a wrong key: %v", name, err)
			}
		}
	})
}

func TestSandboxDatasetFromAFile(t *testing.T) {
	inSandbox(t, sandbox.Config{}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		ctx := t.Context()
		job, err := upload(t, c, carto.Upload{Name: "stations.csv", Privacy: carto.PrivacyPrivate}, "name,docks\nA,1\nB,2\n")
		if err != nil || job.TableName != "stations" || job.DisplayName != "stations.csv" {
			t.Fatalf("%+v, error %v", job, err)
		}
		all := must[[]carto.Dataset](t)(c.Datasets(ctx))
		d := must[carto.Dataset](t)(c.Dataset(ctx, "stations"))
		if len(all) != 1 || all[0].ID != d.ID || d.TableID != job.TableID || d.Privacy != carto.PrivacyPrivate || d.Permission.Owner.Username != "sandbox" {
			t.Errorf("listed %+v, read %+v", all, d)
		}

		second, err := upload(t, c, carto.Upload{Name: "stations.csv"}, "name,docks\nC,3\n")
		if err != nil || second.TableName != "stations_1" {
			t.Errorf("a second one became %+v, error %v", second, err)
		}
		surplus := must[carto.Dataset](t)(c.Dataset(ctx, "stations_1"))
		if err := c.DeleteDataset(ctx, surplus.ID); err != nil {
			t.Error(err)
		}
		if _, err := c.Dataset(ctx, surplus.ID); !errors.Is(err, carto.ErrNotFound) {
			t.Errorf("after its deletion: %v", err)
		}

		job, err = upload(t, c, carto.Upload{Name: "stations.csv", Collision: carto.CollisionOverwrite}, "name,docks\nA,1\nB,2\nC,3\n")
		if err != nil || job.TableID != d.TableID {
			t.Errorf("overwritten: %+v, error %v", job, err)
		}
		rows := must[carto.Rows](t)(c.Query(ctx, "SELECT count(*) AS n FROM stations"))
		if n, err := rows.Int(0, "n"); n != 3 || err != nil {
			t.Errorf("%d rows, error %v", n, err)
		}

		got := must[carto.Dataset](t)(c.UpdateDataset(ctx, d.ID, carto.DatasetUpdate{
			Name: ptr("bike_stations"), Privacy: ptr(carto.PrivacyPublic), Tags: &[]string{"b", "a"}, Description: ptr("Docks & bikes"),
			Title: ptr("Bikes"), License: ptr("cc_by"), Attribution: ptr("ACME"),
		}))
		read := must[carto.Dataset](t)(c.Dataset(ctx, d.ID))
		type facts struct {
			ID, Name, Description, Title, License, Attribution string
			Privacy                                            carto.Privacy
			Tags                                               []string
		}
		of := func(d carto.Dataset) facts {
			return facts{d.ID, d.Name, d.Description, d.Title, d.License, d.Attribution, d.Privacy, d.Tags}
		}
		want := facts{d.ID, "bike_stations", "Docks & bikes", "Bikes", "cc_by", "ACME", carto.PrivacyPublic, []string{"b", "a"}}
		if diff := cmp.Diff([]facts{want, want}, []facts{of(got), of(read)}); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSandboxImportsThatFail(t *testing.T) {
	inSandbox(t, sandbox.Config{}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		upload(t, c, carto.Upload{Name: "roads.csv"}, "a,b\n1,2\n")
		tests := []struct {
			name, contents string
			u              carto.Upload
			code           int
		}{
			{"no kind of data", "%PDF-1.4", carto.Upload{Name: "paper.pdf"}, 1002},
			{"nothing", "", carto.Upload{Name: "empty.csv"}, 1005},
			{"other columns", "a\n1\n", carto.Upload{Name: "roads.csv", Collision: carto.CollisionOverwrite}, 2012},
		}
		for _, tt := range tests {
			_, err := upload(t, c, tt.u, tt.contents)
			var failed *carto.ImportError
			if !errors.As(err, &failed) || failed.Code() != tt.code {
				t.Errorf("%s: error %v, want code %d", tt.name, err, tt.code)
			}
		}
		job, err := upload(t, c, carto.Upload{Name: "roads.csv", Collision: carto.CollisionSkip}, "a,b\n1,2\n")
		if err != nil || job.Code != 1022 {
			t.Errorf("skipped: %+v, error %v", job, err)
		}
	})
}

func TestSandboxSynchronization(t *testing.T) {
	served := t.TempDir()
	write := func(contents string) {
		if err := os.WriteFile(filepath.Join(served, "air.csv"), []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("pm\n1\n")
	inSandbox(t, sandbox.Config{Serve: served}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		ctx := t.Context()
		url := secret.New("http://files.sandbox.test/air.csv?token=hush")
		created, importID, err := c.CreateSynchronization(ctx, carto.SyncRequest{Interval: time.Hour, URL: url, Checksum: "cartosync:p:1"})
		if err != nil || created.State != carto.SyncQueued || created.Name != "" {
			t.Fatalf("%+v, error %v", created, err)
		}
		job := must[carto.Import](t)(c.WaitImport(ctx, importID, carto.Poll{}))
		if job.SynchronizationID != created.ID {
			t.Errorf("%+v", job)
		}
		d := must[carto.Dataset](t)(c.Dataset(ctx, job.TableName))
		live := must[carto.Synchronization](t)(c.Synchronization(ctx, created.ID))
		if live.State != carto.SyncSuccess || live.Name != d.Name || live.DatasetID != d.ID || !live.URL.Equal(url) || live.Checksum != "cartosync:p:1" {
			t.Errorf("%+v", live)
		}
		if d.Synchronization == nil || d.Synchronization.ID != live.ID {
			t.Errorf("the dataset shows %+v", d.Synchronization)
		}
		if now, err := c.SyncNow(ctx, live.ID); now || err != nil {
			t.Errorf("forced at once: %v, error %v", now, err)
		}

		write("pm\n1\n2\n")
		updated := must[carto.Synchronization](t)(c.UpdateSynchronization(ctx, live.ID, carto.SyncUpdate{Interval: ptr(30 * time.Minute), Refetch: true}))
		if updated.Interval != 30*time.Minute {
			t.Errorf("%+v", updated)
		}
		<-time.After(45 * time.Minute)
		synctest.Wait()
		rows := must[carto.Rows](t)(c.Query(ctx, "SELECT count(*) AS n FROM "+carto.QuoteIdentifier(d.Name)))
		if n, err := rows.Int(0, "n"); n != 2 || err != nil {
			t.Errorf("%d rows after a run, error %v", n, err)
		}
		all := must[[]carto.Synchronization](t)(c.Synchronizations(ctx))
		if len(all) != 1 || all[0].State != carto.SyncSuccess || !all[0].RanAt.After(created.RanAt) {
			t.Errorf("%+v", all)
		}
		if err := c.DeleteSynchronization(ctx, live.ID); err != nil {
			t.Error(err)
		}
		if _, err := c.Synchronization(ctx, live.ID); !errors.Is(err, carto.ErrNotFound) {
			t.Errorf("after its deletion: %v", err)
		}
		must[carto.Dataset](t)(c.Dataset(ctx, d.ID))
	})
}

func TestSandboxConnector(t *testing.T) {
	tables := t.TempDir()
	if err := os.WriteFile(filepath.Join(tables, "order_items.csv"), []byte("id,price\n1,2.5\n2,3.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inSandbox(t, sandbox.Config{Connectors: map[string]string{"hive": tables}}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		ctx := t.Context()
		params := []carto.Param{{Key: "server", Value: secret.New("hive.example.org")}, {Key: "username", Value: secret.New("carto")},
			{Key: "password", Value: secret.New("hush"), Secret: true}}
		id := must[string](t)(c.CreateConnection(ctx, carto.ConnectionRequest{Name: "p-warehouse-v1", Provider: "hive", Params: params}))
		if connected, err := c.ConnectionConnected(ctx, id); !connected || err != nil {
			t.Errorf("connected %v, error %v", connected, err)
		}
		if err := c.UpdateConnection(ctx, id, carto.ConnectionUpdate{Name: ptr("p-warehouse-v2")}); err != nil {
			t.Error(err)
		}
		all, supported, err := c.Connections(ctx)
		want := []carto.Connection{{ID: id, Name: "p-warehouse-v2", Provider: "hive", Type: carto.ConnectionDatabase, Complete: true, Params: []carto.Param{
			{Key: "password", Secret: true, Masked: true}, {Key: "server", Value: secret.New("hive.example.org")}, {Key: "username", Value: secret.New("carto")}}}}
		if diff := cmp.Diff(want, all); diff != "" || !supported || err != nil {
			t.Error(diff, supported, err)
		}

		importID := must[string](t)(c.ImportConnector(ctx, carto.ConnectorImport{Privacy: carto.PrivacyPrivate, Connector: carto.Connector{
			ConnectionID: id, ImportAs: "orders", Params: []carto.Param{{Key: "table", Value: secret.New("order_items")}}}}))
		job := must[carto.Import](t)(c.WaitImport(ctx, importID, carto.Poll{}))
		rows := must[carto.Rows](t)(c.Query(ctx, "SELECT count(*) AS n FROM orders"))
		if n, err := rows.Int(0, "n"); n != 2 || err != nil || job.TableName != "orders" {
			t.Errorf("%d rows in %q, error %v", n, job.TableName, err)
		}

		created, importID, err := c.CreateSynchronization(ctx, carto.SyncRequest{Interval: 15 * time.Minute, Connector: &carto.Connector{
			ConnectionID: id, ImportAs: "items", Params: []carto.Param{{Key: "sql_query", Value: secret.New("SELECT * FROM order_items WHERE id < 2")}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.WaitImport(ctx, importID, carto.Poll{}); err != nil {
			t.Fatal(err)
		}
		live := must[carto.Synchronization](t)(c.Synchronization(ctx, created.ID))
		wantItem := &carto.Connector{ConnectionID: id, ImportAs: "items", Params: []carto.Param{{Key: "sql_query", Value: secret.New("SELECT * FROM order_items WHERE id < 2")}}}
		if diff := cmp.Diff(wantItem, live.Item.Connector); diff != "" || live.Item.Form != carto.ItemStored {
			t.Error(diff, live.Item.Form)
		}
		if err := c.DeleteConnection(ctx, id); err != nil {
			t.Error(err)
		}
	})
}

// The answer to a POST is lost after it took effect: nothing is sent twice, and
// the error says that one has to look.
func TestSandboxLostAnswers(t *testing.T) {
	inSandbox(t, sandbox.Config{}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		s.Inject(fault.Rule{Kind: fault.Lose, Method: "POST", Path: "/api/v1/imports", Times: 1})
		_, err := c.Upload(t.Context(), carto.Upload{Name: "roads.csv", Body: strings.NewReader("a\n1\n"), Size: 4})
		if !carto.MaybeApplied(err) {
			t.Errorf("a lost answer: %v", err)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		all := must[[]carto.Dataset](t)(c.Datasets(t.Context()))
		if len(all) != 1 || all[0].Name != "roads" {
			t.Fatalf("the upload made %+v", all)
		}

		s.Inject(fault.Rule{Kind: fault.Lose, Method: "DELETE", Times: 1})
		if err := c.DeleteDataset(t.Context(), all[0].ID); err != nil {
			t.Errorf("a deletion whose answer was lost: %v", err)
		}

		s.ClearFaults()
		s.Inject(fault.Rule{Kind: fault.Refuse, Method: "POST", Times: 1})
		s.Inject(fault.Rule{Kind: fault.Status, Status: 502, Method: "GET", Times: 2})
		if _, err := c.Me(t.Context()); err != nil {
			t.Errorf("two pages of a proxy: %v", err)
		}
	})
}

func TestSandboxReadOnly(t *testing.T) {
	inSandbox(t, sandbox.Config{}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		upload(t, c, carto.Upload{Name: "roads.csv"}, "a\n1\n")
		r := connect(t, s, carto.Config{ReadOnly: true})
		if _, err := r.Exec(t.Context(), "DELETE FROM roads"); !errors.Is(err, carto.ErrReadOnly) {
			t.Error(err)
		}
		rows := must[carto.Rows](t)(r.Query(t.Context(), "SELECT count(*) AS n FROM roads"))
		if n, err := rows.Int(0, "n"); n != 1 || err != nil {
			t.Errorf("%d rows, error %v", n, err)
		}
	})
}

// A body that ends early must not be imported.
func TestSandboxTruncatedUpload(t *testing.T) {
	inSandbox(t, sandbox.Config{}, func(t *testing.T, s *sandbox.Sandbox, c *carto.Client) {
		_, err := c.Upload(t.Context(), carto.Upload{Name: "roads.csv", Body: io.LimitReader(strings.NewReader("a\n1\n2\n3\n"), 4), Size: 8})
		if err == nil || carto.MaybeApplied(err) || !strings.Contains(err.Error(), "ended after 4 of 8 bytes") {
			t.Errorf("error %v", err)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if all := must[[]carto.Dataset](t)(c.Datasets(t.Context())); len(all) > 0 {
			t.Errorf("the truncated upload made %+v", all)
		}
	})
}
