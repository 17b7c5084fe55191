package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// versionCmd prints which build this is.
type versionCmd struct{}

// Run prints the version, the commit and what built it, on one line.
func (versionCmd) Run(_ context.Context, a *app) error {
	info, _ := debug.ReadBuildInfo()
	_, err := fmt.Fprintf(a.stdout, "cartosync %s %s/%s\n", describeBuild(info), runtime.GOOS, runtime.GOARCH)
	return err
}

// userAgent is how requests say who asks.
func userAgent() string {
	info, _ := debug.ReadBuildInfo()
	return "cartosync/" + version(info)
}

// describeBuild says as much of a build as was recorded: info may be nil.
func describeBuild(info *debug.BuildInfo) string {
	parts := []string{version(info)}
	if info == nil {
		return parts[0]
	}
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	if commit := setting["vcs.revision"]; commit != "" {
		state := commit[:min(12, len(commit))]
		if setting["vcs.modified"] == "true" {
			state += ", modified"
		}
		parts = append(parts, "("+state+")")
	}
	return strings.Join(append(parts, info.GoVersion), " ")
}

// version is the module's version, or "devel" for a build that has none.
func version(info *debug.BuildInfo) string {
	if info == nil || info.Main.Version == "" {
		return "devel"
	}
	return strings.Trim(info.Main.Version, "()")
}
