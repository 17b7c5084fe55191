package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
)

// What a first signal lets come to its end has so much time, and none after a second one.
func TestFinishing(t *testing.T) {
	type end struct {
		After time.Duration
		Cause string
	}
	tests := []struct {
		name          string
		first, second time.Duration // after the beginning; 0 = never
		want          end
	}{
		{"no signal", 0, 0, end{time.Hour, "the run is over"}},
		{"one signal", 5 * time.Second, 0, end{13 * time.Second, "8s were over since it was interrupted"}},
		{"two signals", 5 * time.Second, 7 * time.Second, end{7 * time.Second, "second"}},
		{"a late second signal", 5 * time.Second, time.Minute, end{13 * time.Second, "8s were over since it was interrupted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				polite, interrupt := context.WithCancelCause(t.Context())
				insistent, insist := context.WithCancelCause(t.Context())
				began := time.Now()
				ctx, over := finishing(withInsistence(polite, insistent))
				for after, signal := range map[time.Duration]func(){
					tt.first:  func() { interrupt(errors.New("first")) },
					tt.second: func() { insist(errors.New("second")) },
				} {
					if after > 0 {
						defer time.AfterFunc(after, signal).Stop()
					}
				}
				ended := make(chan end)
				go func() {
					<-ctx.Done()
					ended <- end{time.Since(began), context.Cause(ctx).Error()}
				}()
				hour := time.NewTimer(time.Hour)
				defer hour.Stop()
				select {
				case got := <-ended:
					over()
					if diff := cmp.Diff(tt.want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				case <-hour.C:
					over()
					if diff := cmp.Diff(tt.want, <-ended); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

func TestAgain(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"apply"}, "cartosync apply"},
		{[]string{"apply", "--auto-approve", "--var=a=b", "city data"}, "cartosync apply --auto-approve --var=a=b 'city data'"},
		{[]string{"apply", "it's", "$(rm)", ""}, `cartosync apply 'it'\''s' '$(rm)' ''`},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			a := &app{args: tt.args}
			if diff := cmp.Diff(tt.want, a.again(apply.Report{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Bars are for somebody who sits at a terminal that can draw them.
func TestProgressWithoutTerminal(t *testing.T) {
	a := &app{env: environment(nil), streams: streams{stderr: gone{}}}
	if _, ok := a.drawable(outputFlags{}); ok {
		t.Error("bars are drawn where there is no terminal")
	}
}
