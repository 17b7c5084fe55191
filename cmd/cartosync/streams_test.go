package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/render"
)

func TestColored(t *testing.T) {
	tests := []struct {
		name  string
		flags outputFlags
		env   map[string]string
		want  bool
	}{
		{"a terminal", outputFlags{}, map[string]string{"TERM": "xterm"}, true},
		{"--no-color", outputFlags{NoColor: true}, nil, false},
		{"NO_COLOR", outputFlags{}, map[string]string{"NO_COLOR": "0"}, false},
		{"NO_COLOR without a value", outputFlags{}, map[string]string{"NO_COLOR": ""}, true},
		{"a dumb terminal", outputFlags{}, map[string]string{"TERM": "dumb"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := &app{env: environment(test.env)}
			if got := a.colored(test.flags); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestStyleOfPipe(t *testing.T) {
	a := &app{env: environment(nil)}
	got := a.style(new(bytes.Buffer), outputFlags{Verbose: true})
	if diff := cmp.Diff(render.Options{Verbose: true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
