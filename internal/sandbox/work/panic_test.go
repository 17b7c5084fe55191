package work

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A panic ends the job or the run that it came from as a failure, which is noted once and with its stack, and the worker
// goes on. What was counted is counted off.
func TestPanicsEndOnePieceOfWork(t *testing.T) {
	ctx := t.Context()
	clock := NewClock(time.Time{}, 0)
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var log bytes.Buffer
	w, err := Start(ctx, Config{Store: s, Clock: clock, Owner: store.Principal{ID: "u", Name: "u"}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	w.fetch = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("out of cheese") })}
	source, created := "http://127.0.0.1/x.csv", store.SyncCreated
	update := func(f func(*store.Tx) error) {
		t.Helper()
		if err := s.Update(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"first", "second"} {
		update(func(tx *store.Tx) error {
			if err := tx.AddCount(ctx, SlotCounter, 1, SlotTTL); err != nil {
				return err
			}
			return tx.SaveJob(ctx, store.Job{ID: id, UserID: "u", State: store.Pending, Source: &source, CreatedAt: tx.Now()})
		})
		w.Wake()
		poll(t, func() (ended bool) {
			update(func(tx *store.Tx) error {
				j, err := tx.Job(ctx, id)
				ended = j.Ended()
				return err
			})
			return ended
		})
	}
	update(func(tx *store.Tx) error {
		y := store.Synchronization{ID: "y", URL: &source, State: &created, Interval: 900}
		if err := tx.SaveSynchronization(ctx, &y); err != nil {
			return err
		}
		return EnqueueRun(ctx, tx, &y)
	})
	w.Reschedule()
	if _, err := w.settle(ctx); err != nil {
		t.Fatal(err)
	}
	type ends struct {
		Job, Run         string
		JobCode, RunCode int
		Slots, Runs      int
	}
	var got ends
	update(func(tx *store.Tx) (err error) {
		j, err := tx.Job(ctx, "second")
		if err != nil {
			return err
		}
		y, err := tx.Synchronization(ctx, "y")
		if err != nil {
			return err
		}
		got = ends{Job: j.State, JobCode: *j.ErrorCode, Run: *y.State}
		if y.ErrorCode != nil {
			got.RunCode = int(*y.ErrorCode)
		}
		if got.Slots, err = tx.Count(ctx, SlotCounter); err == nil {
			got.Runs, err = tx.Count(ctx, RunCounter)
		}
		return err
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ends{Job: store.Failure, JobCode: codeUnknown, Run: store.SyncFailure, RunCode: codeUnknown}, got); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(log.String(), "out of cheese"); n != 3 || !strings.Contains(log.String(), "panic_test.go") {
		t.Errorf("%d panics are in the log:\n%s", n, log.String())
	}
}

// What hands out jobs and runs outlives a panic of its own, and goes on.
func TestQueuesSurviveAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewClock(time.Time{}, 0)
		var broken atomic.Bool
		s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: func() time.Time {
			if broken.Load() {
				panic("out of cheese")
			}
			return clock.Now()
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var log bytes.Buffer
		w, err := Start(t.Context(), Config{Store: s, Clock: clock, Owner: store.Principal{ID: "u", Name: "u"}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		broken.Store(true)
		w.Reschedule()
		w.Wake()
		synctest.Wait()
		broken.Store(false)
		if _, err := w.settle(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "out of cheese"); n != 2 || !strings.Contains(log.String(), "panic_test.go") {
			t.Errorf("%d panics are in the log:\n%s", n, log.String())
		}
	})
}

// poll waits until a condition holds.
func poll(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("it takes too long")
		}
	}
}
