package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReplaceFile(t *testing.T) {
	const document, saved = "{\"format_version\": \"1.0\",\n\"account\": \"a\", \"project\": \"\"}\n", "{\"format_version\":\"1.0\",\"account\":\"a\",\"manifests\":[]}"
	const stays = "; name another, or remove it"
	for _, test := range []struct {
		name, holds string
		what        outKind
		want        string // the error, less what it begins with
	}{
		{"empty", "", aDocument, ""},
		{"a document", document, aDocument, ""},
		{"a document that broke off", document[:40], aDocument, ""},
		{"a saved plan", saved, aSavedPlan, ""},
		{"a saved plan for a document", saved, aDocument, "the file is there and is not a document of cartosync, so that it stays as it is" + stays},
		{"a document for a saved plan", document, aSavedPlan, "the file is there and is not a saved plan, so that it stays as it is" + stays},
		{"a manifest", "version: 1\n", aDocument, "the file is there and is not a document of cartosync, so that it stays as it is" + stays},
		{"a manifest in JSON", `{"version": 1}`, aDocument, "the file is there and is not a document of cartosync, so that it stays as it is" + stays},
		{"a list", `["format_version"]`, aDocument, "the file is there and is not a document of cartosync, so that it stays as it is" + stays},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, []byte(test.holds), 0o640); err != nil {
				t.Fatal(err)
			}
			got, want := "", test.want
			if err := replaceFile(file, test.what, []byte("new")); err != nil {
				got = err.Error()
			}
			now, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			holds := "new"
			if want != "" {
				holds, want = test.holds, "write "+file+": "+want
			}
			if diff := cmp.Diff([]string{want, holds}, []string{got, string(now)}); diff != "" {
				t.Error(diff)
			}
			if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
				t.Errorf("there is more than the file: %v %v", entries, err)
			}
		})
	}
}
