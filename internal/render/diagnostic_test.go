package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

func TestDiagnostics(t *testing.T) {
	faults := spec.Errors{{Pos: at(1), Problem: "p", Hint: "h"}, {Pos: at(2), Problem: "q"}}
	one := diagnostic{Severity: "error", Code: "invalid_manifest", File: "carto.yaml", Line: 1, Column: 5, Problem: "p", Hint: "h"}
	two := diagnostic{Severity: "error", Code: "invalid_manifest", File: "carto.yaml", Line: 2, Column: 5, Problem: "q"}
	other := diagnostic{Severity: "error", Code: "failed", Problem: "no key; set CARTO_API_KEY"}
	plainError := errors.New("no key; set CARTO_API_KEY")

	tests := map[string]struct {
		err  error
		text string
		json []diagnostic
	}{
		"none":            {nil, "", []diagnostic{}},
		"no faults":       {spec.Errors{}, "\n", []diagnostic{{Severity: "error", Code: "failed"}}},
		"one fault":       {faults[0], "carto.yaml:1:5: p; h\n", []diagnostic{one}},
		"faults":          {faults, "carto.yaml:1:5: p; h\ncarto.yaml:2:5: q\n", []diagnostic{one, two}},
		"wrapped faults":  {fmt.Errorf("load: %w", faults), "carto.yaml:1:5: p; h\ncarto.yaml:2:5: q\n", []diagnostic{one, two}},
		"another error":   {plainError, "no key; set CARTO_API_KEY\n", []diagnostic{other}},
		"joined errors":   {errors.Join(plainError, faults), "no key; set CARTO_API_KEY\ncarto.yaml:1:5: p; h\ncarto.yaml:2:5: q\n", []diagnostic{other, one, two}},
		"several wrapped": {fmt.Errorf("a: %w, b: %w", plainError, plainError), "a: no key; set CARTO_API_KEY, b: no key; set CARTO_API_KEY\n", []diagnostic{{Severity: "error", Code: "failed", Problem: "a: no key; set CARTO_API_KEY, b: no key; set CARTO_API_KEY"}}},
		"interrupted":     {fmt.Errorf("read: %w", context.Canceled), "read: context canceled\n", []diagnostic{{Severity: "error", Code: "interrupted", Problem: "read: context canceled"}}},
		"timed out":       {context.DeadlineExceeded, "context deadline exceeded\n", []diagnostic{{Severity: "error", Code: "timed_out", Problem: "context deadline exceeded"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Diagnostics(&b, tt.err); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.text, b.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.json, diagnose(tt.err)); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
}
