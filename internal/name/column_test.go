package name_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
)

func TestColumn(t *testing.T) {
	tests := []struct{ in, want string }{
		// CartoDB/cartodb: services/importer/spec/unit/column_spec.rb, and what the
		// server's own code gives when it is run.
		{"abc", "abc"}, {"Abc", "abc"}, {"abc xyz", "abc_xyz"}, {"2abc", "_2abc"},
		{"1", "_1"}, {"1.0", "_1_0"}, {"", "_"}, {"   ", "_"},
		{"%", "_"}, {"$", "_"}, {"№", "_"}, {"日本", "_"},
		{"__5", "_5"}, {"__a", "_a"}, {"a_", "a_"}, {"a-", "a"}, {"a#", "a"}, {"a.", "a"},
		{"a__b", "a_b"}, {"a--b", "a_b"}, {"a_-_b", "a_b"}, {"a  b", "a_b"},
		{"column__1", "column_1"}, {"Field: 2", "field_2"}, {"2 Items", "_2_items"},
		{"Unnamed: 0", "unnamed_0"}, {"Acadia 1.2.3", "acadia_1_2_3"},
		{"_testingTesting", "_testingtesting"}, {"SELECT", "_select"}, {"select", "_select"},
		{"as", "_as"}, {"any", "_any"}, {"xmin", "_xmin"}, {"action", "_action"},
		{"User", "_user"}, {"Group", "_group"}, {"Order", "_order"},
		{"format", "_format"}, {"desc", "_desc"}, {"end", "_end"}, {"table", "_table"},
		{"date", "date"}, {"type", "type"}, {"name", "name"}, {"oid", "oid"}, {"year", "year"},
		{"teléfono", "telefono"}, {"Ñandú", "nandu"}, {"Straße", "stra_e"},
		{"ą", "q"}, {"ę", "e"}, {"ż", "z"}, {"İstanbul", "i_stanbul"}, {"ĺr", "lr"},
		{"ı", "j"}, {"į", "j"}, {"ĸ", "k"}, {"æ", "ae"}, {"Œ", "oe"}, {"Į", "_"}, {"ß", "_"},
		{"ș", "s"}, {"Ț", "t"}, {"ǎ", "_"}, {"ế", "_"},
		{"Регион", "region"}, {"дата", "d_t"}, {"выхлопы автотранспорта2", "vyxlopy_vtotr_nsport_2"},
		{"объём", "obyom"}, {"Щука", "shhuk"}, {"і", "_"},
		{"日本語 name", "name"}, {"description/名稱", "description"}, {"@relations", "relations"},
		{":@computed_region_x", "computed_region_x"}, {"> min", "min"},
		{"previous rent (£ per sq ft)", "previous_rent_per_sq_ft"}, {"Temperature °C", "temperature_c"},
		{"12_ schedule of visits.0", "_12_schedule_of_visits_0"}, {"trips 11 _ 15 miles", "trips_11_15_miles"},
		{"100%", "_100"}, {"m²", "m"}, {"<b>x</b>", "x"}, {"<i>", "_"}, {"<>x", "x"}, {"<<b>x", "x"}, {"a<b", "a_b"},
		{"a&amp;b", "a_b"}, {"AT&T;x", "at_x"}, {"a&;b", "a_b"}, {"a&;b;c", "a_c"}, {"if it’s ok?", "if_it_s_ok"},
		{"a/b", "a_b"}, {"a.b", "a_b"}, {"a,b", "a_b"}, {"a:b", "a_b"}, {"a'b", "a_b"}, {`a"b`, "a_b"},
		{"a-b_", "a_b_"}, {"_-a", "_a"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := name.Column(tt.in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Column(%q) (-want +got):\n%s", tt.in, diff)
			}
			again, err := name.Column(got, nil)
			if err != nil || again != got && !strings.HasPrefix(got, "_") {
				t.Errorf("Column(%q) = %q, %v: it changes its own output", got, again, err)
			}
		})
	}
}

func TestEveryReservedWordIsPrefixed(t *testing.T) {
	words := strings.Fields(`tableoid xmin cmin xmax cmax ctid between new off old format controller action
		all analyse analyze and any array as asc asymmetric authorization binary both case cast
		check collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default deferrable
		desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
		localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar some symmetric table tablesample then to
		trailing true union unique user using variadic verbose when where window with`)
	if len(words) != 113 {
		t.Fatalf("the list has %d words, want 113", len(words))
	}
	for _, word := range words {
		got, err := name.Column(strings.ToUpper(word), nil)
		if err != nil || got != "_"+word {
			t.Errorf("Column(%q) = %q, %v", word, got, err)
		}
	}
}

func TestColumnCollisions(t *testing.T) {
	tests := []struct {
		in     string
		others []string
		want   string
	}{
		{"abc", []string{"abc"}, "abc_1"},
		{"abc", []string{"abc", "abc_1", "abc_2"}, "abc_3"},
		{"the geom", []string{"the_geom"}, "the_geom_1"},
		// The server leaves room for 64 characters, PostgreSQL cuts the last digit.
		{x(63), []string{x(63)}, x(62) + "_"},
		{x(60), []string{x(60)}, x(60) + "_1"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := name.Column(tt.in, tt.others)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Column(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestSanitizeColumns(t *testing.T) {
	tests := []struct{ in, want string }{
		{"abc,Abc,aBc,ABC", "abc,abc_1,abc_2,abc_3"},
		{"select,SELECT,_select", "_select_1,_select_2,_select"},
		{"201moore,201moore", "_201moore,_201moore_1"},
		{"é,e,è", "e_1,e,e_2"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := name.SanitizeColumns(strings.Split(tt.in, ","))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ",")); diff != "" {
				t.Errorf("SanitizeColumns(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestLaunder(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a,,c", "a,field_2,c"},
		{"a,b,", "a,b,field_3"},
		{"a, ,c", "a,field_2,c"},
		{"a , b", "a,b"},
		{"a,a,b", "a,a2,b"},
		{"a,A,b", "a,a2,b"},
		{"a,a,a", "a,a2,a3"},
		{"a,a,a2", "a,a3,a2"},
		{"a,,field_2", "a,field_2,field_22"},
		{"column,column", "column,column2"},
		{"a-b,a_b", "a_b,a_b2"},
		{"oid", "oid_"},
		{"ogc_fid", "ogc_fid"},
		{"Ñ,ñ", "Ñ,ñ"},
		{strings.Repeat("ñ", 40), strings.Repeat("ñ", 31)},
		{"abc,Abc,aBc,ABC", "abc,abc2,abc3,abc4"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := name.Launder(strings.Split(tt.in, ","))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ",")); diff != "" {
				t.Errorf("Launder(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

// columns gives the final column names for the headers of a file.
func columns(headers []string) ([]string, error) {
	names, err := name.Launder(headers)
	if err != nil {
		return nil, err
	}
	return name.SanitizeColumns(names, "ogc_fid", "the_geom")
}

func TestColumns(t *testing.T) {
	tests := []struct{ in, want string }{
		{"abc,Abc,aBc,ABC", "abc,abc2,abc3,abc4"},
		{"a b,a-b,a.b", "a_b_1,a_b,a_b_2"},
		{"é,e,è", "e_1,e,e_2"},
		{"select,SELECT", "_select,select2"},
		{"A B,a b", "a_b,a_b2"},
		{"ÁREA,Ñ", "area,n"},
		{"lat,lon,the_geom,cartodb_id", "lat,lon,the_geom,cartodb_id"},
		{"The Geom,oid,oid_", "the_geom_1,oid_,oid_2"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := columns(strings.Split(tt.in, ","))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ",")); diff != "" {
				t.Errorf("columns(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestColumnsThatFailTheImport(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		code    int
	}{
		{"a_b,a-b", []string{"a_b", "a-b"}, 2005},
		{"a#b,a'b", []string{"a#b", "a'b"}, 2005},
		{"oid,OID", []string{"oid", "OID"}, 2005},
		{"two equal names longer than 63", []string{x(64), x(64)}, 2005},
		{"64-character prefixes that coincide", []string{x(64) + "a", x(64) + "b"}, 2005},
		{"tableoid", []string{"tableoid"}, 2001},
		{"XMIN", []string{"XMIN"}, 2001},
		{"cmin", []string{"cmin"}, 2001},
		{"xmax", []string{"xmax"}, 2001},
		{"cmax", []string{"cmax"}, 2001},
		{"ctid", []string{"a", "ctid"}, 2001},
		{"63 characters that begin with a digit", []string{"1" + x(62)}, 99999},
		{"31 Cyrillic letters that triple", []string{strings.Repeat("щ", 31)}, 99999},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := columns(tt.headers)
			var fault *name.ColumnError
			if !errors.As(err, &fault) {
				t.Fatalf("error is %v, want a *name.ColumnError", err)
			}
			if diff := cmp.Diff(tt.code, fault.Code); diff != "" {
				t.Errorf("code of %q (-want +got):\n%s", err, diff)
			}
		})
	}
}

func FuzzColumns(f *testing.F) {
	f.Add("a,b,c")
	f.Add("é,e,è,_e,E")
	f.Add("select,SELECT,<b>,&x;,\xff")
	f.Fuzz(func(t *testing.T, line string) {
		headers := strings.Split(line, ",")
		if len(headers) > 200 {
			return
		}
		got, err := columns(headers)
		if err != nil {
			var fault *name.ColumnError
			if !errors.As(err, &fault) {
				t.Fatalf("columns(%q): %v", line, err)
			}
			return
		}
		if len(got) != len(headers) {
			t.Fatalf("columns(%q) give %d names for %d headers", line, len(got), len(headers))
		}
		for _, n := range got {
			if n == "" || len(n) > name.MaxLength || strings.Trim(n, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				t.Errorf("columns(%q) give %q, which is no column name", line, n)
			}
		}
	})
}
