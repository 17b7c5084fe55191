package render

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

func TestVisible(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":                  {"Bike stations -> 12%", "Bike stations -> 12%"},
		"other scripts":          {"Vélos – 自転車 – велосипеды – दिल्ली", "Vélos – 自転車 – велосипеды – दिल्ली"},
		"line ends":              {"a\nb\r\tc", `a\nb\r\tc`},
		"backslash":              {`C:\data\n`, `C:\data\n`},
		"ANSI":                   {"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		"C1":                     {"\u009b31m\u0085", `\u009b31m\u0085`},
		"delete":                 {"a\x7f", `a\x7f`},
		"invalid UTF-8":          {"a\xff\xc3(", `a\xff\xc3(`},
		"replacement character":  {"a\ufffd", "a\ufffd"},
		"bidi override":          {"\u202egpj.exe\u202c", `\u202egpj.exe\u202c`},
		"bidi isolate":           {"\u2066a\u2069\u200f", `\u2066a\u2069\u200f`},
		"zero width":             {"a\u200bb\u200dc\ufeffd\u00ade", `a\u200bb\u200dc\ufeffd\u00ade`},
		"line separator":         {"a\u2028b\u2029", `a\u2028b\u2029`},
		"fillers":                {"\u3164\u115f\uffa0\u2800", `\u3164\u115f\uffa0\u2800`},
		"tags":                   {"\U000e0041", `\U000e0041`},
		"variation selector":     {"a\ufe0f", `a\ufe0f`},
		"private use":            {"\ue000", `\ue000`},
		"mark at the beginning":  {"\u0301a", `\u0301a`},
		"mark on a letter":       {"a\u0301", "a\u0301"},
		"a pile of marks":        {"a" + strings.Repeat("\u0301", 6), "a" + strings.Repeat("\u0301", 4) + `\u0301` + "\u0301"},
		"Azure's log command":    {"##vso[task.setvariable]", `#\x23vso[task.setvariable]`},
		"GitHub's old command":   {"a ###[error]", `a ##\x23[error]`},
		"TeamCity's log command": {"##teamcity[x]", `#\x23teamcity[x]`},
		"heading":                {"## Bikes", "## Bikes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, visible(tt.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "plain", hostile, "a\u0301\u0301", "\xed\xa0\x80", "###[x]##a[", `\x23[`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := visible(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || spec.Invisible(r) {
				t.Errorf("%+q survives in %+q", r, got)
			}
		}
		if again := visible(got); again != got {
			t.Errorf("escaped twice: %+q, once: %+q", again, got)
		}
	})
}

func FuzzVisibleJSON(f *testing.F) {
	for _, s := range []string{"", "plain", hostile, `"\`, "\U000e0041\U0001f6b2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got := visibleJSON(want)
		for _, r := range string(got) {
			if spec.Invisible(r) {
				t.Errorf("%+q survives in %s", r, got)
			}
		}
		var before, after string
		if err := json.Unmarshal(want, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if before != after {
			t.Errorf("%q became %q", before, after)
		}
	})
}

func TestCells(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "自転車": 6, "한국": 4, "ｆｕ": 4, "🚲": 2} {
		if got := cells(s); got != want {
			t.Errorf("cells(%q) = %d, want %d", s, got, want)
		}
	}
}
