package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestComputeDecidesOnInterruptedImports: what is done about a request of which no end
// is known, beside what is there and what is declared.
func TestComputeDecidesOnInterruptedImports(t *testing.T) {
	const here, gone = true, false
	upload := func(edit func(*Pending)) func(Input) Pending {
		return func(in Input) Pending {
			d := in.Desired[0].Datasets[0]
			p := Pending{
				ID: "p", Project: "city", Kind: PendingUpload, Dataset: "roads", ImportID: "job", TableID: "made",
				Fingerprint: Fingerprint(d, in.Looks["roads"]), Since: readAt.Add(-time.Minute), State: JobRunning,
			}
			if edit != nil {
				edit(&p)
			}
			return p
		}
	}
	overwrite := func(edit func(*Pending)) func(Input) Pending {
		return upload(func(p *Pending) {
			p.Kind, p.DatasetID = PendingOverwrite, "id-roads"
			if edit != nil {
				edit(p)
			}
		})
	}
	other := func(p *Pending) { p.Fingerprint = "00112233445566ff" }
	staged := func(in *Input) {
		in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-made", TableID: "made", Name: "cs_x", Privacy: "private"})
	}
	changed := func(in *Input) {
		look := in.Looks["roads"]
		look.SHA256 = "bb"
		in.Looks["roads"] = look
	}
	for _, c := range []struct {
		name    string
		there   bool // the dataset, as it was imported
		edit    func(*Input)
		pending func(Input) Pending
		want    string // verbs: code: id gone on with: others waited for
		await   bool   // a step of its own waits
		settled bool
	}{
		{name: "a new dataset's import runs", there: gone, pending: upload(nil), want: "resume: import_unfinished: p: "},
		{name: "nobody knows how it is", there: gone, pending: upload(func(p *Pending) { p.State = "" }), want: "resume: import_unfinished: p: "},
		{name: "it failed", there: gone, pending: upload(func(p *Pending) { p.State = JobFailed }), want: "create: not_in_account: : ", settled: true},
		{name: "it runs since yesterday", there: gone, pending: upload(func(p *Pending) { p.Since = readAt.Add(-25 * time.Hour) }), want: "create: not_in_account: : ", settled: true},
		{name: "what it made is gone", there: gone, pending: upload(func(p *Pending) { p.State = JobComplete }), want: "create: not_in_account: : ", settled: true},
		{name: "what it made is there", there: gone, edit: staged, pending: upload(func(p *Pending) { p.State = JobComplete }), want: "resume: staging_found: p: "},
		{name: "what it made is used", there: gone, edit: func(in *Input) {
			staged(in)
			in.Account.Datasets[len(in.Account.Datasets)-1].MapCount = 1
		}, pending: upload(func(p *Pending) { p.State = JobComplete }), want: "create: not_in_account: : p", await: true},
		{name: "another source runs", there: gone, pending: upload(other), want: "create: not_in_account: : p", await: true},
		{name: "another source was made", there: gone, edit: staged, pending: upload(func(p *Pending) { other(p); p.State = JobComplete }),
			want: "create: not_in_account: : p", await: true},
		{name: "the answer was lost", there: gone, pending: upload(func(p *Pending) { p.ImportID, p.State = "", "" }), want: "create: not_in_account: : p"},
		{name: "the answer on another source was lost", there: gone, pending: upload(func(p *Pending) { other(p); p.ImportID, p.State = "", "" }),
			want: "create: not_in_account: : ", settled: true},
		{name: "it was published", there: here, edit: func(in *Input) { in.Account.Datasets[0].TableID = "made" },
			pending: upload(func(p *Pending) { p.State = JobComplete }), want: "none: in_sync: : ", settled: true},
		{name: "it runs beside the dataset", there: here, pending: upload(nil), want: "resume: import_abandoned: : p", await: true},
		{name: "of another project", there: gone, pending: upload(func(p *Pending) { p.Project = "park" }), want: "create: not_in_account: : "},

		{name: "an overwrite runs", there: here, edit: changed, pending: overwrite(nil), want: "resume reimport: import_unfinished: p: ", await: true},
		{name: "it is complete", there: here, edit: changed, pending: overwrite(func(p *Pending) { p.State = JobComplete }),
			want: "resume reimport: import_unfinished: p: ", await: true},
		{name: "it was lost", there: here, edit: changed, pending: overwrite(func(p *Pending) { p.ImportID, p.State = "", "" }),
			want: "reimport: import_unfinished: : p", await: true},
		{name: "an overwrite failed", there: here, edit: changed, pending: overwrite(func(p *Pending) { p.State = JobFailed }),
			want: "reimport: source_changed: : ", settled: true},
		{name: "another overwrite runs", there: here, edit: changed, pending: overwrite(other), want: "reimport: import_abandoned: : p", await: true},
		{name: "another overwrite runs over what is declared", there: here, pending: overwrite(other), want: "reimport: import_abandoned: : p", await: true},
		{name: "another overwrite has replaced what is declared", there: here, pending: overwrite(func(p *Pending) { other(p); p.State = JobComplete }),
			want: "reimport: import_abandoned: : p", await: true},
		{name: "the fingerprint of an overwrite is recorded", there: here, pending: overwrite(func(p *Pending) { p.State = JobComplete }),
			want: "none: in_sync: : ", settled: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := roads()
			if !c.there {
				in.Account.Datasets = nil
			}
			if c.edit != nil {
				c.edit(&in)
			}
			in.Pending = []Pending{c.pending(in)}
			p := Compute(in)
			a := p.Actions[0]
			var verbs, others []string
			for _, v := range append([]Verb{a.Verb}, a.Also...) {
				verbs = append(verbs, string(v))
			}
			for _, p := range a.Interrupted {
				if p.ID != a.Resumes {
					others = append(others, p.ID)
				}
			}
			got := strings.Join([]string{strings.Join(verbs, " "), string(a.Code), a.Resumes, strings.Join(others, " ")}, ": ")
			if diff := cmp.Diff(c.want, got); diff != "" || len(p.Actions) != 1 {
				t.Errorf("%d actions; wanted -, got +:\n%s", len(p.Actions), diff)
			}
			if got := slices.Index(a.Steps, StepAwait) == 0; got != c.await {
				t.Errorf("it waits first: %t, steps %q", got, a.Steps)
			}
			if got := len(p.Settled) == 1; got != c.settled {
				t.Errorf("settled: %v", p.Settled)
			}
			if slices.ContainsFunc(p.Notes, func(n Note) bool { return n.Code == string(Leftover) }) {
				t.Errorf("noted %v", p.Notes)
			}
		})
	}
}

// TestReviewedImportsMayBeGoneOnWith: an interrupted run of a saved plan leaves an import
// that the next run of the same plan goes on with, or begins anew.
func TestReviewedImportsMayBeGoneOnWith(t *testing.T) {
	fresh := roads()
	fresh.Account.Datasets = nil
	running := fresh
	running.Pending = []Pending{{
		ID: "p", Project: "city", Kind: PendingUpload, Dataset: "roads", ImportID: "job", State: JobRunning, Since: readAt,
		Fingerprint: Fingerprint(fresh.Desired[0].Datasets[0], fresh.Looks["roads"]),
	}}
	changed := roads()
	look := changed.Looks["roads"]
	look.SHA256 = "bb"
	changed.Looks["roads"] = look
	replacing := changed
	replacing.Pending = []Pending{{
		ID: "p", Project: "city", Kind: PendingOverwrite, Dataset: "roads", DatasetID: "id-roads", ImportID: "job", State: JobComplete,
		Since: readAt, Fingerprint: Fingerprint(changed.Desired[0].Datasets[0], look),
	}}
	replacing.Details = Details{"id-roads": {Rows: 70, Columns: look.Columns, Geometry: "point"}}
	for _, c := range []struct {
		name           string
		reviewed, then Input
	}{
		{"created", fresh, running},
		{"gone on with", running, fresh},
		{"reimported", changed, replacing},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept, moved := Save(c.reviewed, Compute(c.reviewed), nil).Restrict(Compute(c.then))
			if len(moved) > 0 || len(kept.Actions) != 1 {
				t.Errorf("moved %+v, kept %v", moved, kept.Actions)
			}
		})
	}
}
