package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// setupScript lets scripts find the examples, and nothing of whoever runs them.
func setupScript(e *testscript.Env) error {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		return err
	}
	e.Setenv("EXAMPLES", examples)
	e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config"))
	e.Setenv("AppData", filepath.Join(e.WorkDir, ".config"))
	e.Setenv("HOME", filepath.Join(e.WorkDir, ".home"))
	e.Values[sandboxKey{}] = new(runningSandbox)
	e.Setenv("GORACE", "atexit_sleep_ms=0") // children are many and short
	return nil
}

// scriptCommands are the commands of scripts besides testscript's own. Each fails the
// script if it does not succeed; those marked ! may be negated.
//
//	exits CODE PROGRAM ARG...      run a program that ends with this exit code
//	copydir FROM TO                copy a directory
//	edit FILE OLD NEW              replace a text that is in a file
//	sandbox [ARG...]               start cartosync sandbox and set what it says to set
//	sandbox stop                   interrupt it and wait for its end
//	sql QUERY                      print the rows that the account answers, one a line
//	! http METHOD PATH [BODY]      ask the account behind cartosync's back
//	import URL                     import it behind cartosync's back, and wait
//	json PATH VALUE                compare a value of the JSON printed last; -> NAME
//	                               instead of VALUE sets a variable to it
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":   exits,
	"copydir": copyDir,
	"edit":    edit,
	"sandbox": startSandbox,
	"sql":     query,
	"http":    request,
	"import":  importURL,
	"json":    compareJSON,
}

// positive refuses a negation that would have no meaning, and wrong numbers of arguments.
func positive(ts *testscript.TestScript, neg bool, args []string, usage string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, "exits CODE PROGRAM ARG...", 2)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func copyDir(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, "copydir FROM TO", 2)
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

func edit(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, "edit FILE OLD NEW", 3)
	file, old, text := ts.MkAbs(args[0]), unquote(args[1]), ts.ReadFile(args[0])
	if strings.Count(text, old) != 1 {
		ts.Fatalf("%s holds %q %d times, want once", args[0], old, strings.Count(text, old))
	}
	ts.Check(os.WriteFile(file, []byte(strings.Replace(text, old, unquote(args[2]), 1)), 0o666))
}

// unquote lets \n stand for a line end, which a script cannot have in an argument.
func unquote(s string) string { return strings.ReplaceAll(s, `\n`, "\n") }

func compareJSON(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, "json PATH VALUE | json PATH -> NAME", 2)
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for key := range strings.SplitSeq(args[0], ".") {
		v = member(ts, v, key)
	}
	got, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		ts.Check(err)
		got = string(b)
	}
	switch {
	case args[1] == "->" && len(args) == 3:
		ts.Setenv(args[2], got)
	case got != args[1]:
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// member is a value of an object or array; len is how many an array has.
func member(ts *testscript.TestScript, v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		if m, ok := v[key]; ok {
			return m
		}
	case []any:
		if key == "len" {
			return len(v)
		}
		if i, err := strconv.Atoi(key); err == nil && i < len(v) {
			return v[i]
		}
	}
	ts.Fatalf("there is no %s in %s", key, fmt.Sprint(v))
	return nil
}
