package main

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescribeBuild(t *testing.T) {
	settings := func(kv ...string) (all []debug.BuildSetting) {
		for i := 0; i < len(kv); i += 2 {
			all = append(all, debug.BuildSetting{Key: kv[i], Value: kv[i+1]})
		}
		return all
	}
	tests := []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"nothing recorded", nil, "devel"},
		{"go run", &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "(devel)"}}, "devel go1.26.0"},
		{"go install", &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3 go1.26.0"},
		{"a commit", &debug.BuildInfo{GoVersion: "go1.26.0", Settings: settings("vcs.revision", "0123456789abcdef", "vcs.modified", "false")}, "devel (0123456789ab) go1.26.0"},
		{"a changed tree", &debug.BuildInfo{GoVersion: "go1.26.0", Settings: settings("vcs.revision", "abc", "vcs.modified", "true")}, "devel (abc, modified) go1.26.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, describeBuild(test.info)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
