package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
)

// TestWarningsOfWhatIsImported: the notes tell of a file once it is to be
// imported, blocked or not, and of no other.
func TestWarningsOfWhatIsImported(t *testing.T) {
	warnings := []data.Warning{
		{Code: data.WarnLeadingZeros, Column: "zip", Detail: "codes become numbers", Hint: "quote them"},
		{Code: data.WarnRenamedColumns, Detail: "columns are renamed"},
	}
	zeros := Note{Severity: "warning", Code: "leading_zeros", Dataset: "roads", Problem: `roads.csv: column "zip": codes become numbers`, Hint: "quote them"}
	renamed := Note{Severity: "info", Code: "renamed_columns", Dataset: "roads", Problem: "roads.csv: columns are renamed"}
	for _, c := range []struct {
		name string
		edit func(*Input)
		want []Note
	}{
		{"nothing changed", func(in *Input) {
			look := in.Looks["roads"]
			look.Warnings = warnings
			in.Looks["roads"] = look
		}, nil},
		{"changed file", func(in *Input) { changeFile(in, func(l *data.Look) { l.Warnings = warnings }) }, []Note{zeros, renamed}},
		{"changed file that is held back", func(in *Input) {
			changeFile(in, func(l *data.Look) { l.Warnings, l.Rows = warnings, 1 })
		}, []Note{zeros, renamed}},
		{"not there", func(in *Input) {
			changeFile(in, func(l *data.Look) { l.Warnings = warnings })
			in.Account.Datasets = nil
		}, []Note{zeros, renamed}},
		{"not asked for", func(in *Input) {
			changeFile(in, func(l *data.Look) { l.Warnings = warnings })
			in.Options.Excludes = []string{"roads"}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := roads()
			c.edit(&in)
			if diff := cmp.Diff(c.want, Compute(in).Notes); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}
