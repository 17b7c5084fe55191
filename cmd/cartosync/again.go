package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// again is the command line of this run, as it is typed into a shell, without what was
// asked for by name and is done: that would be done once more. Nothing on it is secret:
// keys and passwords are never written there.
func (a *app) again(r apply.Report) string {
	words := []string{"cartosync"}
	for _, arg := range withoutDone(a.args, a.valued, doneNames(r)) {
		words = append(words, shellWord(arg))
	}
	return strings.Join(words, " ")
}

// doneNames are the datasets of which nothing remains to be done.
func doneNames(r apply.Report) map[string]bool {
	names := map[string]bool{}
	for _, res := range r.Results {
		if res.Action.Kind != plan.KindDataset && res.Action.Kind != plan.KindSynchronization {
			continue
		}
		name := res.Action.Dataset
		before, seen := names[name]
		names[name] = res.Outcome == apply.Done && (before || !seen)
	}
	return names
}

// withoutDone leaves out of a command line the names of --reimport, and those that sync
// is given, that are done. valued are the flags that are followed by a value.
func withoutDone(args []string, valued, done map[string]bool) []string {
	var left []string
	isSync := len(args) > 0 && args[0] == "sync"
	flags := true // until "--"
	for i := 0; i < len(args); i++ {
		arg := args[i]
		list, joined := strings.CutPrefix(arg, "--reimport=")
		switch {
		case flags && (joined || arg == "--reimport" && i+1 < len(args)):
			if !joined {
				i++
				list = args[i]
			}
			if list = withoutNames(list, done); list != "" {
				left = append(left, "--reimport", list)
			}
		case flags && valued[arg] && i+1 < len(args):
			i++
			left = append(left, arg, args[i])
		case isSync && done[arg]:
		default:
			flags = flags && arg != "--"
			left = append(left, arg)
		}
	}
	return left
}

func withoutNames(list string, done map[string]bool) string {
	names := slices.DeleteFunc(strings.Split(list, ","), func(name string) bool { return done[name] })
	return strings.Join(names, ",")
}

// valueFlags are the flags of a command that are followed by a value.
func valueFlags(selected *kong.Context) map[string]bool {
	valued := map[string]bool{}
	for _, f := range selected.Flags() {
		if !f.IsBool() {
			valued["--"+f.Name] = true
		}
	}
	return valued
}

// harmlessWord is what a shell takes as it stands.
var harmlessWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellWord quotes a word for a POSIX shell.
func shellWord(word string) string {
	if harmlessWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
