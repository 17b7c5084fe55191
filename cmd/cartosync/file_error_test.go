package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever file or directory is missing or is something else: it is said which, why, and what next.
func TestFilesThatAreNotThere(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"dir", "dir/carto.yaml", "ok"} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range map[string]string{"file": "x", "ok/carto.yaml": "version: 1\nproject: city\n", "wrong.yaml": "version: 1\nproject: city\ndatasets:\n- {name: a, source: {file: none.csv}}\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const (
		check = "no such file or directory; check the path"
		stand = "not a directory; name a directory where a file stands in the path"
		there = " --account http://127.0.0.1:1/user/x"
		open  = " --listen 127.0.0.1:0 --dir box"
	)
	tests := []struct{ args, want string }{
		{"validate none", "none:1:1: there is no such file; name a manifest or a directory that holds a carto.yaml"},
		{"validate dir", "dir/carto.yaml:1:1: the file cannot be read: is a directory; name a manifest or a directory that holds a carto.yaml"},
		{"validate wrong.yaml", `wrong.yaml:4:28: source file "none.csv" does not exist; names count from the manifest's directory`},
		{"plan --sandbox --out none/x ok", "write none/x: " + check},
		{"plan --sandbox --out dir ok", "write dir: is a directory; name a file"},
		{"plan --api-key-file none ok" + there, "--api-key-file none: " + check},
		{"plan --api-key-file dir ok" + there, "--api-key-file dir: not a regular file; name one"},
		{"plan --api-key-file file/x ok" + there, "--api-key-file file/x: " + stand},
		{"plan --credentials none ok" + there, "credentials file none: " + check},
		{"apply --auto-approve --plan none", "read the saved plan none: " + check},
		{"apply --auto-approve --plan dir", "read the saved plan dir: not a regular file; name one"},
		{"sandbox --listen 127.0.0.1:0 --dir file", "open the sandbox: file: " + stand},
		{"sandbox --serve none" + open, "open the sandbox: --serve none: " + check},
		{"sandbox --serve file" + open, "open the sandbox: --serve file: " + stand},
		{"sandbox --connector hive=none" + open, "open the sandbox: --connector hive=none: " + check},
		{"sandbox --connector hive=file" + open, "open the sandbox: --connector hive=file: " + stand},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), strings.Fields(tt.args), streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, environment(nil))
			if diff := cmp.Diff(fmt.Sprint(exitFailed, " ", tt.want, "\n"), fmt.Sprint(code, " ", stderr.String())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	denied := fileError(fmt.Errorf("open: %w", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}))
	if diff := cmp.Diff("permission denied; give this user access to it, or name another", message(denied)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
