package name_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
)

func TestPropose(t *testing.T) {
	var ten []string
	for i := 1; i <= 10000; i++ {
		ten = append(ten, fmt.Sprintf("roads_%d", i))
	}
	const long = "carto_long_filename_that_almost_matches_another_one_63chars_aa"
	tests := []struct {
		wanted string
		taken  []string
		want   string
	}{
		// CartoDB/cartodb: spec/lib/carto/valid_table_name_proposer_spec.rb
		{"____Mªnolo !Es'co`bar##!", []string{"table_m_nolo_es_co_bar_", "table_m_nolo_es_co_bar_1", "table_m_nolo_es_co_bar_3"}, "table_m_nolo_es_co_bar_2"},
		{"Table #2", []string{"table_20"}, "table_2"},
		{"", nil, "untitled_table"},
		{" \t", nil, "untitled_table"},
		{"", []string{"untitled_table"}, "untitled_table_1"},
		{"manolo_escobar", []string{"manolo_escobar", "manolo_escobar_1"}, "manolo_escobar_2"},
		{"table_", []string{"table_"}, "table_1"},
		{"table_1", []string{"table_1"}, "table_1_1"},
		{"table", []string{"table_1"}, "table_t"},
		{long + "b", []string{long + "a"}, long[:61] + "_1"},
		// What the server's own code gives when it is run.
		{"table", []string{"table_t"}, "table_t_1"},
		{"foo", []string{"foo", "foo_2"}, "foo_1"},
		{x(63), []string{x(63)}, x(61) + "_1"},
		{x(63), []string{x(63), x(61) + "_1"}, x(60) + "_10"},
		{x(62), []string{x(63)}, x(61) + "_1"},
		{"roads", append(ten, "roads"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.wanted+" beside "+strings.Join(tt.taken[:min(3, len(tt.taken))], ","), func(t *testing.T) {
			if diff := cmp.Diff(tt.want, name.Propose(tt.wanted, tt.taken)); diff != "" {
				t.Errorf("Propose(%q) (-want +got):\n%s", tt.wanted, diff)
			}
		})
	}
}

func TestSetProposesOneNameAfterTheOther(t *testing.T) {
	var set name.Set
	var got []string
	for range 26 {
		n := set.Propose("Wadus The Table")
		set.Add(n)
		set.Add(n)
		got = append(got, n)
	}
	want := []string{"wadus_the_table"}
	for i := 1; i <= 25; i++ {
		want = append(want, fmt.Sprintf("wadus_the_table_%d", i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("proposals (-want +got):\n%s", diff)
	}
}

func TestReservedTableNamesAlwaysClash(t *testing.T) {
	if !name.NewSet().Clashes("spatial_ref_sys") {
		t.Error("an empty set lets a dataset be called spatial_ref_sys")
	}
}

func FuzzPropose(f *testing.F) {
	f.Add("roads", "roads", "roads_1", "roads_2")
	f.Add(strings.Repeat("é", 70), "table_", "table_1", "x")
	f.Add(x(64), x(63), x(62), x(61)+"_1")
	f.Fuzz(func(t *testing.T, wanted, a, b, c string) {
		taken := []string{a, b, c, name.Sanitize(wanted), name.Sanitize(a)}
		got := name.Propose(wanted, taken)
		if slices.Contains(taken, got) {
			t.Errorf("Propose(%q, %q) = %q, which is taken", wanted, taken, got)
		}
		if got == "" || got != name.Sanitize(got) || len(got) > name.MaxLength {
			t.Errorf("Propose(%q, %q) = %q, which is no table name", wanted, taken, got)
		}
	})
}
