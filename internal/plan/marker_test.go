package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
)

func TestParseMarker(t *testing.T) {
	hash := NameHash("roads")
	const fp = "0123456789abcdef"
	for _, c := range []struct {
		name string
		tags []string
		want Marker
		rest []string
	}{
		{"none", []string{"a", "carto"}, Marker{}, []string{"a", "carto"}},
		{"whole", []string{"a", "cartosync:city", "cartosync:src:1-" + hash + "-" + fp + "-p"},
			Marker{Project: "city", NameHash: hash, Fingerprint: fp, Protected: true, Owners: 1}, []string{"a"}},
		{"without a source", []string{"cartosync:city", "cartosync:src:1-" + hash + "-0"},
			Marker{Project: "city", NameHash: hash, Owners: 1}, nil},
		{"renamed in an exchange", []string{"cartosync:city", "cartosync:src:1-" + hash + "-0-r" + NameHash("a") + "-p"},
			Marker{Project: "city", NameHash: hash, Former: NameHash("a"), Protected: true, Owners: 1}, nil},
		{"renamed from nobody knows what", []string{"cartosync:city", "cartosync:src:1-" + hash + "-0-r"}, Marker{Project: "city", Owners: 1}, nil},
		{"in capitals, with spaces", []string{" CartoSync:CITY ", "CARTOSYNC:SRC:1-" + strings.ToUpper(hash) + "-" + strings.ToUpper(fp)},
			Marker{Project: "city", NameHash: hash, Fingerprint: fp, Owners: 1}, nil},
		{"twice the same", []string{"cartosync:city", "cartosync:city"}, Marker{Project: "city", Owners: 1}, nil},
		{"two owners", []string{"cartosync:city", "cartosync:alps"}, Marker{Project: "alps", Owners: 2}, nil},
		{"damaged source", []string{"cartosync:city", "cartosync:src:1-" + hash + "-xyz"}, Marker{Project: "city", Owners: 1}, nil},
		{"formula of another version", []string{"cartosync:city", "cartosync:src:2-" + hash + "-" + fp}, Marker{Project: "city", Owners: 1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rest := ParseMarker(c.tags)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(c.rest, rest); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}

// FuzzParseMarker: whatever people do to tags, those of others survive, and a
// marker that reads at all reads back.
func FuzzParseMarker(f *testing.F) {
	f.Add("a,cartosync:city,cartosync:src:1-01234567-0123456789abcdef-p")
	f.Add("cartosync:,cartosync:src:,CARTOSYNC:x")
	f.Fuzz(func(t *testing.T, joined string) {
		tags := strings.Split(joined, ",")
		m, rest := ParseMarker(tags)
		for _, tag := range tags {
			ours := strings.HasPrefix(strings.ToLower(strings.TrimSpace(tag)), "cartosync:")
			if ours == slices.Contains(rest, tag) {
				t.Errorf("tag %q: ours %t, kept %t", tag, ours, !ours)
			}
		}
		if m.NameHash == "" || m.Owners != 1 || strings.TrimSpace(m.Project) != m.Project || strings.HasPrefix(m.Project, "src:") {
			return
		}
		if again, _ := ParseMarker(m.Tags()); again != m {
			t.Errorf("%+v reads back as %+v", m, again)
		}
	})
}

// TestStagingNameIsOneThatCARTOKeeps: a staging dataset must arrive under the
// very name that it was sent with.
func TestStagingNameIsOneThatCARTOKeeps(t *testing.T) {
	for _, fp := range []string{"", "0123456789abcdef"} {
		if s := StagingName("city-open-data", "roads", fp); !name.IsDataset(s) {
			t.Errorf("CARTO would rewrite %q to %q", s, name.Sanitize(s))
		}
	}
}

func TestConnectionNameReadsBack(t *testing.T) {
	type parts struct {
		Project, Key string
		Version      int
		OK           bool
	}
	for name, want := range map[string]parts{
		ConnectionName("city", "warehouse", 1):             {"city", "warehouse", 1, true},
		ConnectionName("city-open-data", "ware_house", 12): {"city-open-data", "ware_house", 12, true},
		"city-open-v2-warehouse-v3":                        {"city-open-v2", "warehouse", 3, true},
		"postgres_2":                                       {},
		"city-warehouse":                                   {},
		"city-warehouse-v0":                                {},
	} {
		t.Run(name, func(t *testing.T) {
			var got parts
			got.Project, got.Key, got.Version, got.OK = parseConnectionName(name)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}
