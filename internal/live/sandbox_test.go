package live_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/secret"
)

const sandboxURL = "http://localhost/user/sandbox"

// What a look at a file finds, the live dataset made of it must show too:
// otherwise an adopted dataset would be imported again.
func TestAnswerEqualsTheLook(t *testing.T) {
	files := map[string]string{
		"plain.csv":      "name,docks,price,open\nA,1,2.5,true\nB,2,3,false\n",
		"points.csv":     "name,lat,lon\nA,40.4,-3.7\nB,41.4,2.1\n",
		"areas.geojson":  `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"A"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[0,0]]]}}]}`,
		"lines.geojson":  `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":{"type":"LineString","coordinates":[[0,0],[0,1]]}}]}`,
		"places.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"at":"2020-01-02T03:04:05Z"},"geometry":{"type":"Point","coordinates":[1,2]}}]}`,
	}
	for file, contents := range files {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s, err := sandbox.Open(t.Context(), sandbox.Config{Dir: dir})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				compare(t, s, file, contents)
			})
		})
	}
}

func compare(t *testing.T, s *sandbox.Sandbox, file, contents string) {
	ctx := t.Context()
	config := carto.Config{Account: sandboxURL, APIKey: secret.New(sandbox.DefaultAPIKey), Transport: s.Transport()}
	writer, err := carto.New(config)
	if err != nil {
		t.Fatal(err)
	}
	id, err := writer.Upload(ctx, carto.Upload{Name: file, Body: strings.NewReader(contents), Size: int64(len(contents))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.WaitImport(ctx, id, carto.Poll{}); err != nil {
		t.Fatal(err)
	}
	look, err := data.LookAt(ctx, file, strings.NewReader(contents), int64(len(contents)), data.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}

	config.ReadOnly = true
	reader, err := carto.New(config)
	if err != nil {
		t.Fatal(err)
	}
	account, err := live.Read(ctx, reader, sandboxURL)
	if err != nil || len(account.Datasets) != 1 {
		t.Fatalf("%+v, error %v", account, err)
	}
	d := account.Datasets[0]
	details, err := live.Answer(ctx, reader, []plan.Question{{ID: d.ID, Name: d.Name}})
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Detail{Rows: look.Rows, Geometry: look.Geometry, Extent: look.Extent}
	for _, c := range look.Columns {
		want.Columns = append(want.Columns, data.Column{Name: c.Name, Type: c.Type})
	}
	if diff := cmp.Diff(want, details[d.ID]); diff != "" {
		t.Error(diff)
	}
	if d.Geometry != look.Geometry {
		t.Errorf("the list shows geometry %q, the look %q", d.Geometry, look.Geometry)
	}
}
