package apply_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestFirstImportThatNeverEnded: a worker that dies after it registered the dataset leaves one that nothing marks. The run
// that clears the synchronization away says that somebody should look.
func TestFirstImportThatNeverEnded(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("air_export.csv", "station,no2\na,1\n")
		a.manifest("datasets: [{name: air, source: {url: \"http://files.sandbox.test/air_export.csv\"}, sync: {interval: 1h}}]")
		a.box.Inject(fault.Rule{Kind: fault.Crash, How: "after", Times: 1})
		dying, die := context.WithTimeout(t.Context(), time.Minute)
		defer die()
		if report, _, err := a.tryApply(dying); err != nil || report.OK() {
			t.Fatal(err, results(report))
		}
		if err := os.RemoveAll(filepath.Join(a.dir, apply.StateDir)); err != nil {
			t.Fatal(err)
		}
		later(t, 2*time.Hour)
		report, _, err := a.tryApply(t.Context())
		if err != nil || !report.OK() {
			t.Fatal(err, results(report))
		}
		if notes := strings.Join(report.Results[0].Notes, "; "); !strings.Contains(notes, "look whether the dataset appeared") {
			t.Errorf("nobody is told of what the worker may have left: %q, cleared %q, datasets %q", notes, report.Results[0].Cleared, a.names())
		}
	})
}
