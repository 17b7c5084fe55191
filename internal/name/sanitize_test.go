package name_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
)

func x(n int) string { return strings.Repeat("x", n) }

func TestSanitize(t *testing.T) {
	tests := []struct{ in, want string }{
		// CartoDB/cartodb: spec/lib/carto/db/sanitize_spec.rb
		{"13102016manolo", "table_13102016manolo"},
		{"_manolo", "table_manolo"},
		{"                  manolo             ", "manolo"},
		{"manolo___________escobar", "manolo_escobar"},
		{"MaNoLo", "manolo"},
		{"mañolo!#^èscœbar", "ma_olo_sc_bar"},
		{"!#_   where", "table_where"},
		{"Mªnolo !Es'co`bar##!", "m_nolo_es_co_bar_"},
		{"where", "where_t"},
		{"layergroup", "layergroup_t"},
		{"all", "all_t"},
		{"public", "public_t"},
		{"cdb_tablemetadata", "cdb_tablemetadata_t"},
		{"geometry", "geometry_t"},
		{"raster", "raster_t"},
		// CartoDB/cartodb: spec/lib/carto/valid_table_name_proposer_spec.rb
		{"_coffee", "table_coffee"},
		{"123_table_name", "table_123_table_name"},
		{"     viva el pepe     ", "viva_el_pepe"},
		{"My table #1", "my_table_1"},
		// What the server's own code gives when it is run.
		{strings.Repeat("1", 70), "table_" + strings.Repeat("1", 57)},
		{strings.Repeat("a", 62) + "_b", strings.Repeat("a", 62) + "_"},
		{"población-2000", "poblaci_n_2000"},
		{"cafe\u0301", "cafe_"},
		{"日本", "table_"},
		{"Москва", "table_"},
		{"ÅÄÖ", "table_"},
		{"😀", "table_"},
		{"Straße", "stra_e"},
		{"İstanbul", "i_stanbul"},
		{"ab😀cd", "ab_cd"},
		{"a|b", "a|b"},
		{"a.b.c", "a_b_c"},
		{"trailing_", "trailing_"},
		{"-dash", "table_dash"},
		{"TABLE", "table_t"},
		{"users", "users"},
		{"data", "data"},
		{"new", "new_t"},
		{"old", "old_t"},
		{"format", "format_t"},
		{"action", "action_t"},
		{"between", "between_t"},
		{"a\n1b", "table_a_1b"},
		{"a\nb", "a_b"},
		{"\x00a", "table_a"},
		{"a\x00", "a"},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, name.Sanitize(tt.in)); diff != "" {
				t.Errorf("Sanitize(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestIsDataset(t *testing.T) {
	tests := []struct {
		in   string
		want bool
	}{
		{"bike_stations", true},
		{"a|b", true},
		{"table_", true},
		{x(62), true},
		{x(63), false},
		{"", false},
		{"Roads", false},
		{"1roads", false},
		{"a__b", false},
		{"where", false},
		{"where_t", true},
		{"población", false},
		{" roads", false},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, name.IsDataset(tt.in)); diff != "" {
				t.Errorf("IsDataset(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{"", "roads", "Ærø", "table", "a\n\nb", "İ", strings.Repeat("é1", 60), "\xff\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := name.Sanitize(s)
		if again := name.Sanitize(got); again != got {
			t.Errorf("Sanitize(%q) = %q, but sanitised again it is %q", s, got, again)
		}
		if len(got) > name.MaxLength {
			t.Errorf("Sanitize(%q) = %q has %d characters", s, got, len(got))
		}
		if strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789_|") != "" || strings.Contains(got, "__") {
			t.Errorf("Sanitize(%q) = %q is no table name", s, got)
		}
		if want := got != "" && len(got) <= 62; name.IsDataset(got) != want {
			t.Errorf("IsDataset(%q) = %t", got, !want)
		}
	})
}
