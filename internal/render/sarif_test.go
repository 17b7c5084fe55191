package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
)

// What GitHub asks of a log beyond the standard: each result has one place, in a file,
// and a rule that is there.
func TestSARIFIsTakenByGitHub(t *testing.T) {
	for name, print := range map[string]func(io.Writer) error{
		"plan":    planGolden(everyVerb(), SARIF, Options{}),
		"hostile": planGolden(hostilePlan(), SARIF, Options{}),
		"report":  reportGolden(SARIF, Options{}),
		"failure": func(w io.Writer) error { return Failure(w, SARIF, "", nil, errors.New("no account is named")) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := print(&b); err != nil {
				t.Fatal(err)
			}
			var log sarifLog
			if err := json.Unmarshal(b.Bytes(), &log); err != nil {
				t.Fatal(err)
			}
			run := log.Runs[0]
			if len(run.Results) == 0 {
				t.Fatal("there is no result")
			}
			for _, r := range run.Results {
				if len(r.Locations) != 1 || r.RuleIndex != slices.Index(run.Tool.Driver.Rules, sarifRule{r.RuleID}) || r.RuleIndex < 0 {
					t.Fatalf("%+v", r)
				}
				at := r.Locations[0].PhysicalLocation
				if at.ArtifactLocation.URI == "" || at.Region.StartLine < 1 || at.Region.StartColumn < 1 {
					t.Errorf("%+v", at)
				}
			}
		})
	}
}
