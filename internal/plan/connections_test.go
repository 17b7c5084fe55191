package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// warehouse is an account in which project city's dataset orders is synchronized
// from the stored connection warehouse.
func warehouse() Input {
	in := air()
	d := &in.Desired[0].Datasets[0]
	d.Name = "orders"
	d.Source = spec.Source{Kind: spec.SourceConnector, Connector: &spec.Connector{
		Connection: "warehouse", Provider: "hive", Params: []spec.Param{{Key: "table", Value: text("order_items")}},
	}}
	in.Desired[0].Connections = []spec.Connection{{
		Key: "warehouse", Provider: "hive", SecretVersion: 1, Params: []spec.Param{{Key: "server", Value: text("db1")}},
	}}
	in.Account.Connections = []Connection{{
		ID: "id-conn", Name: ConnectionName("city", "warehouse", 1), Provider: "hive", Params: map[string]string{"server": "db1"},
	}}
	in.Account.Synchronizations = []Synchronization{{
		ID: "id-sync", DatasetID: "id-air", Name: "orders", State: "success", Interval: time.Hour, UpdatedAt: readAt,
		Service: "connector", Connector: &LiveConnector{ConnectionID: "id-conn", Params: map[string]string{"table": "order_items"}},
	}}
	remarkOrders(&in)
	return in
}

func remarkOrders(in *Input) {
	d := in.Desired[0].Datasets[0]
	m := Marker{Project: "city", NameHash: NameHash(d.Name), Fingerprint: Fingerprint(d, in.Looks[d.Name])}
	in.Account.Datasets[0].Name, in.Account.Datasets[0].Tags = d.Name, m.Tags()
}

func TestComputeDecidesOnConnections(t *testing.T) {
	inSync := outcome{Verb: None, Name: "orders", Code: InSync}
	stays := outcome{Verb: None, Name: "warehouse", Code: InSync}
	for _, c := range []struct {
		name string
		edit func(*Input)
		want []outcome
	}{
		{"nothing changed", func(*Input) {}, []outcome{stays, inSync}},
		{"another server", func(in *Input) { in.Account.Connections[0].Params["server"] = "db2" },
			[]outcome{{Verb: Update, Name: "warehouse", Code: ParametersDiffer, Changes: []string{"server"}, Steps: []Step{StepUpdateConnection}}, inSync}},
		{"the secret was rotated", func(in *Input) { in.Desired[0].Connections[0].SecretVersion = 2 },
			[]outcome{{Verb: Update, Name: "warehouse", Code: SecretVersionNewer, Changes: []string{"secret_version"}, Steps: []Step{StepUpdateConnection}}, inSync}},
		{"a provider's default is written out", func(in *Input) {
			in.Desired[0].Connections[0].Params = append([]spec.Param{{Key: "port", Value: text("10000"), Number: true}}, in.Desired[0].Connections[0].Params...)
			in.Account.Synchronizations[0].Connector.Params["schema"] = "default"
		}, []outcome{stays, inSync}},
		{"a query with what looks like a reference", func(in *Input) {
			in.Desired[0].Datasets[0].Source.Connector.Params = []spec.Param{{Key: "sql_query", Value: text("SELECT '$${x}'")}}
			in.Account.Synchronizations[0].Connector.Params = map[string]string{"sql_query": "SELECT '${x}'"}
			remarkOrders(in)
		}, []outcome{stays, inSync}},
		{"another table", func(in *Input) { in.Account.Synchronizations[0].Connector.Params["table"] = "old" },
			[]outcome{{Verb: Update, Name: "orders", Code: SyncDiffers, Changes: []string{"source.table"}, Steps: []Step{StepSync}}, stays}},
		{"no longer declared, but used", func(in *Input) {
			in.Desired[0].Connections = nil
			in.Desired[0].Datasets[0].Source, in.Desired[0].Datasets[0].Sync = spec.Source{}, nil
			remarkOrders(in)
			in.Options.Prune = true
		}, []outcome{{Verb: Blocked, Name: "warehouse", Code: ConnectionInUse}, inSync}},
		{"goes with its dataset", func(in *Input) {
			in.Desired[0].Connections, in.Desired[0].Datasets = nil, nil
			in.Options = Options{Prune: true, Allow: []Allowance{{Guard: GuardMassDelete, Dataset: "orders"}}}
		}, []outcome{
			{Verb: Delete, Name: "orders", Code: NoLongerDeclared, Changes: []string{"sync.interval"}, Steps: []Step{StepDelete}},
			{Verb: Delete, Name: "warehouse", Code: NoLongerDeclared, Steps: []Step{StepDeleteConnection}},
		}},
		{"stays with a dataset that a guard keeps", func(in *Input) {
			in.Desired[0].Connections, in.Desired[0].Datasets = nil, nil
			in.Options.Prune = true
		}, []outcome{
			{Verb: Blocked, Name: "warehouse", Code: ConnectionInUse},
			{Verb: Blocked, Name: "orders", Code: "guard_mass_delete", Changes: []string{"sync.interval"}},
		}},
		{"its key is renamed", func(in *Input) {
			in.Desired[0].Connections[0].Key = "lake"
			in.Desired[0].Datasets[0].Source.Connector.Connection = "lake"
			in.Options.Prune = true
		}, []outcome{
			{Verb: Create, Name: "lake", Code: NotInAccount, Changes: []string{"name", "provider", "server"}, Steps: []Step{StepCreateConnection}},
			{Verb: Update, Name: "orders", Code: SyncDiffers, Changes: []string{"source.connector"}, Steps: []Step{StepSync, StepMetadata}},
			{Verb: Delete, Name: "warehouse", Code: NoLongerDeclared, Steps: []Step{StepDeleteConnection}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := warehouse()
			c.edit(&in)
			if diff := cmp.Diff(c.want, outcomes(Compute(in))); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}
