package render

import (
	"testing"
	"time"
)

func TestHuman(t *testing.T) {
	tests := []struct{ got, want string }{
		{count(0), "0"},
		{count(999), "999"},
		{count(12_044), "12,044"},
		{count(-1_234_567), "-1,234,567"},
		{plural(0, "row"), "0 rows"},
		{plural(1, "row"), "1 row"},
		{plural(1000, "row"), "1,000 rows"},
		{size(0), "0 bytes"},
		{size(1), "1 byte"},
		{size(999), "999 bytes"},
		{size(1000), "1.0 kB"},
		{size(12_345), "12.3 kB"},
		{size(999_949), "999.9 kB"},
		{size(999_950), "1.0 MB"},
		{size(4_194_304), "4.2 MB"},
		{size(1 << 62), "4.6 EB"},
		{change(12_044, 11_902), "-1.2%"},
		{change(100, 100), "no change"},
		{change(0, 1200), "+1,200"},
		{change(100, 0), "-100.0%"},
		{change(100, 250), "+150.0%"},
		{change(1_000_000, 999_999), "-1"},
		{change(10_000_000, 10_001_000), "+1,000"},
		{took(0), "0.0s"},
		{took(-time.Second), "0.0s"},
		{took(1300 * time.Millisecond), "1.3s"},
		{took(59_949 * time.Millisecond), "59.9s"},
		{took(59_960 * time.Millisecond), "1m0s"},
		{took(125 * time.Second), "2m5s"},
		{and(nil), ""},
		{and([]string{"a"}), "a"},
		{and([]string{"a", "b", "c"}), "a, b and c"},
		{formatName("geojson"), "GeoJSON"},
		{formatName("csv"), "CSV"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
