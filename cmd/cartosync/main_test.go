package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the files that scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cartosync": main})
}

// What a user can see. The commands that scripts have besides testscript's own are in
// script_test.go.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setupScript,
		Cmds:                scriptCommands,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// message is what an error says, "" for none.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// replaced takes what differs from run to run out of a message.
func replaced(s, from, to string) string { return strings.ReplaceAll(s, from, to) }

// unsetenv takes a variable away for the time of a test.
func unsetenv(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "") // puts back what was there
	os.Unsetenv(name)
}

// environment is what os.LookupEnv would find.
func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}
