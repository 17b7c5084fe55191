package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// What is around a visualization is all that showing it needs: it looks the same as in the whole account.
func TestAroundIsEnough(t *testing.T) {
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), Organization: "city", Members: []string{"bea"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must := func(_ string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, dataset := range []string{"roads", "trees", "lakes", "parks"} {
		must(s.AddSharedDataset(t.Context(), "sandbox", dataset, ""))
	}
	must(s.AddSharedDataset(t.Context(), "bea", "shops", "r"))
	must(s.AddMap(t.Context(), "", "one", "roads"))
	must(s.AddMap(t.Context(), "", "several", "roads", "trees", "roads", "shops"))
	must(s.AddMap(t.Context(), "bea", "of another", "trees", "shops"))
	must(s.AddMap(t.Context(), "", "empty"))

	c := &call{Request: httptest.NewRequestWithContext(t.Context(), "GET", "/?show_permission=true&fetch_user=true&with_dependent_visualizations=3", nil),
		s: s, target: s.owner, master: true, anyKey: true}
	c.query = c.URL.Query()
	shown := 0
	err = c.view(func(tx *store.Tx) error {
		whole, err := c.account(tx)
		if err != nil {
			return err
		}
		for _, v := range whole.visualizations {
			some, err := c.around(tx, v.ID)
			if err != nil {
				return err
			}
			for _, o := range []options{c.showOptions(), fullOptions()} {
				want, got := presenter{c, whole, o}.shape(v), presenter{c, some, o}.shape(v)
				if diff := cmp.Diff(asText(t, want), asText(t, got)); diff != "" {
					t.Errorf("%s: wanted -, got +:\n%s", v.Name, diff)
				}
			}
			shown++
		}
		return nil
	})
	if err != nil || shown != 9 {
		t.Errorf("showed %d visualizations, error %v", shown, err)
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The names that begin with the stem of a wanted one decide what is given instead: no other can clash with it.
func TestStemIsEnough(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("long_name_", 7)
	wanted := []string{"roads", "road", "table", "table_", "new", "Büro", "9", "a|b", long, long[:63], long[:62], long[:57], long[:58], long[:60] + "___x", "_", "日本"}
	var pool []string
	for _, w := range wanted {
		first := name.Sanitize(w)
		pool = append(pool, first, first+"s", first[:1])
		for i := range 12 {
			suffix := fmt.Sprintf("_%d", i)
			pool = append(pool, name.Sanitize(first[:min(len(first), 63-len(suffix))]+suffix))
		}
	}
	for range 500 {
		var taken []string
		for _, n := range pool {
			if random.IntN(3) > 0 {
				taken = append(taken, n)
			}
		}
		for _, w := range wanted {
			var some []string
			for _, n := range taken {
				if strings.HasPrefix(n, stem(w)) {
					some = append(some, n)
				}
			}
			if all, got := name.Propose(w, taken), name.Propose(w, some); got != all {
				t.Fatalf("%q would be %q, and %q among those that begin with %q", w, all, got, stem(w))
			}
		}
	}
}
