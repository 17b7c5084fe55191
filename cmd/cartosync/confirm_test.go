package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/plan"
)

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{
		"yes\n": true, " yes \r\n": true, "yes": true,
		"y\n": false, "YES\n": false, "\n": false, "": false, "yes please\n": false,
	} {
		t.Run(answer, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			a := &app{streams: streams{stdin: strings.NewReader(answer), stdout: &stdout, stderr: &stderr}}
			got, err := a.confirm(t.Context(), plan.Plan{Account: "https://acme.carto.com"})
			if err != nil || got != want {
				t.Errorf("got %v and %v, want %v", got, err, want)
			}
			if stdout.Len() > 0 || !strings.Contains(stderr.String(), "https://acme.carto.com") {
				t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
			}
		})
	}
}

// Each name is asked for by itself, and one line is one answer.
func TestConfirmNames(t *testing.T) {
	for answers, want := range map[string]string{
		"city\npark\n": "", " city \r\npark": "",
		"yes\npark\n": "city", "city\ncity\n": "park", "city\n": "park", "": "city", "CITY\npark\n": "city",
	} {
		t.Run(answers, func(t *testing.T) {
			var stderr bytes.Buffer
			a := &app{streams: streams{stdin: strings.NewReader(answers), stderr: &stderr}}
			got, err := a.confirmNames(t.Context(), plan.Plan{Account: "https://acme.carto.com", Projects: []string{"city", "park"}})
			if err != nil || got != want {
				t.Errorf("got %q and %v, want %q", got, err, want)
			}
			if !strings.Contains(stderr.String(), "Type city to destroy that project in https://acme.carto.com: ") {
				t.Errorf("stderr %q", stderr.String())
			}
		})
	}
}

// A signal ends the wait for an answer that may never come.
func TestConfirmInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	signalled := errors.New("interrupt signal received")
	cancel(signalled)
	silent, hold := io.Pipe()
	defer hold.Close()
	a := &app{streams: streams{stdin: silent, stderr: new(bytes.Buffer)}}
	if yes, err := a.confirm(ctx, plan.Plan{}); yes || !errors.Is(err, signalled) {
		t.Errorf("got %v and %v", yes, err)
	}
}

func TestNobodyToAsk(t *testing.T) {
	if (&app{streams: streams{stdin: strings.NewReader("yes\n")}}).canConfirm() {
		t.Error("a pipe passes for a terminal")
	}
}
