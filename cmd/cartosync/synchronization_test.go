package main

import (
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
)

func TestHealth(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		s    carto.Synchronization
		want health
	}{
		{"success", carto.Synchronization{State: carto.SyncSuccess, DatasetID: "d"}, healthy},
		{"syncing", carto.Synchronization{State: carto.SyncSyncing, UpdatedAt: now.Add(-time.Hour)}, running},
		{"queued", carto.Synchronization{State: carto.SyncQueued, UpdatedAt: now}, running},
		{"syncing for too long", carto.Synchronization{State: carto.SyncSyncing, UpdatedAt: now.Add(-3 * time.Hour)}, stuck},
		{"created and forgotten", carto.Synchronization{State: carto.SyncCreated, UpdatedAt: now.Add(-3 * time.Hour)}, stuck},
		{"failure", carto.Synchronization{State: carto.SyncFailure, DatasetID: "d", Retried: 9}, failing},
		{"failed ten times", carto.Synchronization{State: carto.SyncFailure, DatasetID: "d", Retried: 10}, givenUp},
		{"without a dataset", carto.Synchronization{State: carto.SyncFailure, Retried: 10}, neverImported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := healthOf(tt.s, now); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A zombie is explained, and nothing is sent that would not move it.
func TestForcibleExplains(t *testing.T) {
	err := forcible(carto.Synchronization{ID: "x", Name: "air", State: carto.SyncSyncing, UpdatedAt: time.Now().Add(-24 * time.Hour)})
	for _, want := range []string{"air (x) cannot be forced", "the worker that ran it is gone", "delete it and create it anew"} {
		if !strings.Contains(message(err), want) {
			t.Errorf("%q does not say %q", message(err), want)
		}
	}
}

// Any part of a URL may be what gives access.
func TestSourceOf(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.org/air.csv?token=t0ken":      "https://example.org/air.csv",
		"https://u:p4ss@example.org/t0ken/air.csv#x":   "https://example.org/…/air.csv",
		"https://example.org/spreadsheets/t0ken":       "https://example.org/…",
		"https://example.org/":                         "https://example.org/…",
		"no url at all, but t0ken":                     "(sensitive)",
		"https://hooks.example.org/t0ken/p4ss/run?x=1": "https://hooks.example.org/…",
	} {
		if got := sourceOf(carto.Synchronization{URL: secret.New(url)}); got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}
