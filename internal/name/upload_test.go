package name_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
)

func TestFromUpload(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Sales & Costs (2020).csv", "sales_costs_2020"},
		{"Weird Filename (2).csv", "weird_filename_2"},
		{`O'Neil "x".csv`, "oneil_x"},
		{"data.txt", "data"},
		{"my.txt.csv", "my_csv"},
		{"report.v1.2.csv", "report_v1_2"},
		{".hidden.csv", "table_hidden"},
		{"2020.csv", "table_2020"},
		{"user.csv", "user_t"},
		{"Población 2000.csv", "poblaci_n_2000"},
		{"日本.csv", "table_"},
		{"a+b.csv", "a_b"},
		{"UPPER.CSV", "upper"},
		{"foo.tsv", "foo"},
		{"the file.tar.csv", "the_file_tar"},
		{"TM_WORLD_BORDERS_SIMPL-0.3.shp", "tm_world_borders_simpl_0_3"},
		{"my file.csv", "my_file"},
		{"20report.csv", "table_20report"},
		{"dir/sub dir/Roads.geojson", "roads"},
		{".csv", "table_csv"},
		{"noextension", "noextension"},
		{"dot.", "dot_"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, name.FromUpload(tt.in)); diff != "" {
				t.Errorf("FromUpload(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestNormalizeAndBase(t *testing.T) {
	tests := []struct{ in, normal, base string }{
		{"My File (1).TXT", "my_file_1.csv", "my_file_1"},
		{"a.tsv.txt", "a.csv.csv", "a.csv"},
		{"Roads.GeoJSON", "roads.geojson", "roads"},
		{"data.tar.gz", "data.tar.gz", "data.tar"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got := [2]string{name.Normalize(tt.in), name.Base(tt.in)}
			if diff := cmp.Diff([2]string{tt.normal, tt.base}, got); diff != "" {
				t.Errorf("normalised, base (-want +got):\n%s", diff)
			}
		})
	}
}
