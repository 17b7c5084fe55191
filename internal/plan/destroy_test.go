package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// crowded is an account in which project city has the synchronized dataset orders, a
// connection for it and a dataset that is no longer declared, among what is not its own.
func crowded() Input {
	in := warehouse()
	tagged := func(name, project string) Dataset {
		return Dataset{ID: "id-" + name, Name: name, Tags: Marker{Project: project, NameHash: NameHash(name)}.Tags()}
	}
	in.Account.Datasets = append(in.Account.Datasets,
		tagged("old", "city"), tagged("birds", "park"),
		Dataset{ID: "id-mine", Name: "mine", Tags: []string{"city"}},
		Dataset{ID: "id-untagged", Name: "untagged"},
		Dataset{ID: "id-park-staging", Name: StagingName("park", "birds", "")},
	)
	in.Account.Connections = append(in.Account.Connections,
		Connection{ID: "id-park", Name: ConnectionName("park", "warehouse", 1), Provider: "hive"},
		Connection{ID: "id-hand", Name: "city", Provider: "hive"})
	in.Account.Synchronizations = append(in.Account.Synchronizations,
		Synchronization{ID: "id-foreign", DatasetID: "id-untagged", Name: "untagged", State: "success"},
		Synchronization{ID: "id-park-left", State: "failure", Checksum: SyncMarker("park", "birds")})
	return in
}

func TestDestroy(t *testing.T) {
	old := outcome{Verb: Delete, Name: "old", Code: DestroyRequested, Steps: []Step{StepDelete}}
	orders := outcome{Verb: Delete, Name: "orders", Code: DestroyRequested, Changes: []string{"sync.interval"}, Steps: []Step{StepDelete}}
	connection := outcome{Verb: Delete, Name: "warehouse", Code: DestroyRequested, Steps: []Step{StepDeleteConnection}}
	protected := outcome{Verb: Blocked, Name: "orders", Code: Protected, Changes: []string{"sync.interval"}}
	used := outcome{Verb: Blocked, Name: "warehouse", Code: ConnectionInUse}
	leave := func(in *Input, d Dataset) { in.Account.Datasets = append(in.Account.Datasets, d) }
	for _, c := range []struct {
		name      string
		edit      func(*Input)
		confirmed bool
		want      []outcome
	}{
		{"what is the project's, and nothing else", func(*Input) {}, false, []outcome{old, orders, connection}},
		{"what the manifest protects", func(in *Input) { in.Desired[0].Datasets[0].Lifecycle.PreventDestroy = ptr(true) }, true,
			[]outcome{old, used, protected}},
		{"what the marker protects, whatever the manifest says", func(in *Input) {
			in.Desired[0].Datasets[0].Lifecycle.PreventDestroy = ptr(false)
			in.Account.Datasets[0].Tags = Marker{Project: "city", NameHash: NameHash("orders"), Protected: true}.Tags()
		}, true, []outcome{old, used, protected}},
		{"what nobody knows to be protected", func(in *Input) { in.Account.Datasets[0].Tags = []string{"cartosync:city"} }, true,
			[]outcome{old, used, protected}},
		{"with maps, unseen", func(in *Input) { in.Account.Datasets[0].MapCount = 2 }, false,
			[]outcome{old, used, {Verb: Blocked, Name: "orders", Code: "guard_maps", Changes: []string{"sync.interval"}}}},
		{"with maps, allowed", func(in *Input) {
			in.Account.Datasets[0].MapCount = 2
			in.Options.Allow = []Allowance{{Guard: GuardMaps, Dataset: "orders"}}
		}, false, []outcome{old, orders, connection}},
		{"with maps, seen", func(in *Input) { in.Account.Datasets[0].MapCount = 2 }, true, []outcome{old, orders, connection}},
		{"what is listed under forget is kept", func(in *Input) { in.Desired[0].Forget = []spec.Forget{{Name: "old"}} }, true,
			[]outcome{{Verb: Forget, Name: "old", Code: ForgetListed, Changes: []string{"marker"}, Steps: []Step{StepMetadata}}, orders, connection}},
		{"what two projects claim", func(in *Input) {
			in.Account.Datasets[1].Tags = append(in.Account.Datasets[1].Tags, "cartosync:park")
		}, true, []outcome{orders, connection}},
		{"staged", func(in *Input) { leave(in, Dataset{ID: "id-staged", Name: StagingName("city", "gone", "")}) }, false,
			[]outcome{{Verb: Delete, Name: StagingName("city", "gone", ""), Code: Leftover, Steps: []Step{StepDelete}}, old, orders, connection}},
		{"staged, and somebody uses it", func(in *Input) {
			leave(in, Dataset{ID: "id-staged", Name: StagingName("city", "gone", ""), MapCount: 1})
			leave(in, Dataset{ID: "id-tagged", Name: StagingName("city", "orders", ""), Tags: []string{"mine"}})
			leave(in, Dataset{ID: "id-alike", Name: "cs_" + NameHash("city") + "_notes"})
		}, true, []outcome{old, orders, connection}},
		{"made by a synchronization of an entry", func(in *Input) {
			leave(in, Dataset{ID: "id-made", Name: "items_1"})
			in.Account.Synchronizations = append(in.Account.Synchronizations,
				Synchronization{ID: "id-s", DatasetID: "id-made", Name: "items_1", State: "success", Checksum: SyncMarker("city", "orders")})
		}, false, []outcome{{Verb: Delete, Name: "items_1", Code: Leftover, Changes: []string{"sync.interval"}, Steps: []Step{StepDelete}}, old, orders, connection}},
		{"made by the synchronization of what was forgotten", func(in *Input) {
			leave(in, Dataset{ID: "id-kept", Name: "kept"})
			in.Account.Synchronizations = append(in.Account.Synchronizations,
				Synchronization{ID: "id-s", DatasetID: "id-kept", Name: "kept", State: "success", Checksum: SyncMarker("city", "kept")})
		}, true, []outcome{old, orders, connection}},
		{"a synchronization without a dataset", func(in *Input) {
			in.Account.Synchronizations = append(in.Account.Synchronizations,
				Synchronization{ID: "id-failed", State: "failure", Checksum: SyncMarker("city", "orders")},
				Synchronization{ID: "id-running", State: "queued", UpdatedAt: readAt, Checksum: SyncMarker("city", "gone")})
		}, true, []outcome{
			old, orders, {Verb: Delete, Name: "id-failed", Code: Leftover, Steps: []Step{StepDeleteSync}}, connection,
			{Verb: Blocked, Name: "id-running", Code: SyncRunning},
		}},
		{"a foreign synchronization uses the connection", func(in *Input) {
			in.Account.Synchronizations[1].Connector = &LiveConnector{ConnectionID: in.Account.Connections[0].ID}
		}, true, []outcome{old, orders, used}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := crowded()
			c.edit(&in)
			if diff := cmp.Diff(c.want, outcomes(Destroy(in, c.confirmed))); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}

// Where nothing is left the plan says so, and is empty.
func TestDestroyedAlready(t *testing.T) {
	in := crowded()
	in.Account.Datasets, in.Account.Synchronizations = in.Account.Datasets[2:], in.Account.Synchronizations[1:]
	in.Account.Connections = in.Account.Connections[1:]
	p := Destroy(in, false)
	if !p.Empty() || len(p.Notes) != 1 || p.Notes[0].Code != string(NotInAccount) {
		t.Errorf("actions %v, notes %v", outcomes(p), p.Notes)
	}
}
