package main

// A killScene is a city as an apply finds it, and what it has to become.
type killScene struct {
	name    string
	prepare func(*city)
	rows    map[string]int // datasets and how many rows they hold in the end
}

// scenes have every kind of source, made for the first time and changed in every way.
var scenes = []killScene{
	{"create", firstDay, map[string]int{
		"air": 2, "birds": 2, "lines": 2, "mines": 2, "orders": 3, "parks": 2, "roads": 2, "sales": 3, "trees": 2,
	}},
	{"change", secondDay, map[string]int{
		"air": 1, "birds": 3, "brooks": 2, "east": 1, "ferns": 3, "lines": 2, "orders": 2, "parks": 3, "ponds": 2,
		"roads": 2, "sales": 2, "soils": 2, "tides": 2, "trees": 3, "wells": 2, "west": 2, "winds": 2,
	}},
}

const (
	points = "name,latitude,longitude\noak,1,2\nelm,3,4\n"
	more   = points + "yew,5,6\n"
)

// firstDay has nothing yet but a dataset that somebody else made. What live/trees.csv gives is called trees for a moment.
func firstDay(w *city) {
	w.put(map[string]string{
		"warehouse/order_items.csv": "sku,amount\nx1,3\nx2,4\nx3,5\n",
		"remote/birds.csv":          "name\nwren\nkite\n",
		"remote/lines.csv":          "name\nred\nblue\n",
		"remote/trees.csv":          "station,no2\na,1\nb,2\n",
		"manifest/trees.csv":        points,
		"manifest/parks.zip":        archive(w.t, "Parks (final).csv", points),
		"manifest/carto.yaml": `version: 1
project: city
connections:
  warehouse: {provider: hive, server: hive.example.org}
datasets:
  - {name: trees, source: {file: trees.csv}, title: Trees, privacy: public, tags: [green]}
  - {name: parks, source: {file: parks.zip}, privacy: link}
  - {name: birds, source: {url: "http://files.sandbox.test/birds.csv"}, tags: [fauna]}
  - {name: mines, source: {url: "http://files.sandbox.test/lines.csv", fetch: server}}
  - {name: lines, source: {url: "http://files.sandbox.test/lines.csv", fetch: server}, privacy: public}
  - {name: air, source: {url: "http://files.sandbox.test/trees.csv"}, sync: {interval: 1h}, privacy: public}
  - {name: orders, source: {connector: warehouse, table: order_items}, tags: [trade]}
  - {name: sales, source: {connector: warehouse, table: order_items}, sync: {interval: 15m}, privacy: link}
  - {name: roads, adopt: true, title: Roads}
`,
	})
	w.upload("roads", "name\nringway\nmain street\n")
}

// secondDay has been applied once, maps were made since, two synchronizations came to grief, and nearly everything of the
// manifest is new: contents in place, names that go in a circle or are taken over, sources, intervals and options of
// synchronizations, attaching and detaching, what is forgotten and what is deleted.
func secondDay(w *city) {
	const head = "version: 1\nproject: city\nconnections:\n  warehouse: {provider: hive, server: "
	w.put(map[string]string{
		"warehouse/order_items.csv": "sku,amount\nx1,3\nx2,4\nx3,5\n", "warehouse/order_lines.csv": "sku,amount\nz1,6\nz2,7\n",
		"remote/birds.csv": "name\nwren\nkite\n", "remote/birds2.csv": "name\nwren\nkite\nrook\n", "remote/lines.csv": "name\nred\nblue\n",
		"remote/air.csv": "station,no2\na,1\nb,2\n", "remote/air2.csv": "station,no2\nz,5\n",
		"manifest/trees.csv": points, "manifest/two.csv": points, "manifest/one.csv": "name,latitude,longitude\nash,1,2\n",
		"manifest/parks.zip": archive(w.t, "parks.csv", points), "manifest/soils.csv": "name,depth\nclay,1\nloam,2\n",
		"manifest/carto.yaml": head + `hive.example.org}
  archive: {provider: hive, server: old.example.org}
datasets:
  - {name: trees, source: {file: trees.csv}, privacy: public}
  - {name: parks, source: {file: parks.zip}}
  - {name: soils, source: {file: soils.csv}}
  - {name: east, source: {file: two.csv}}
  - {name: west, source: {file: one.csv}}
  - {name: wells, source: {file: two.csv}}
  - {name: caves, source: {file: two.csv}}
  - {name: roads, source: {file: two.csv}}
  - {name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}
  - {name: lines, source: {url: "http://files.sandbox.test/lines.csv", fetch: server}}
  - {name: air, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: ponds, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: lakes, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: winds, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: tides, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: orders, source: {connector: warehouse, table: order_items}}
  - {name: sales, source: {connector: warehouse, table: order_items}, sync: {interval: 15m}}
  - {name: loans, source: {connector: archive, table: order_items}, sync: {interval: 15m}}
`,
	})
	w.mustRun("apply", "--auto-approve")
	w.spoil("winds", map[string]any{"state": "failure", "retried_times": 10})
	w.spoil("tides", map[string]any{"name": nil})
	w.double("air", "http://files.sandbox.test/air.csv")
	must[string](w)(w.box.AddMap(w.t.Context(), "", "Green", "trees", "soils", "orders"))
	must[string](w)(w.box.AddMap(w.t.Context(), "", "Quarters", "east", "lakes", "air", "wells"))
	w.put(map[string]string{
		"manifest/trees.csv": more, "manifest/ferns.csv": more,
		"manifest/parks.zip": archive(w.t, "Parks.csv", more), "manifest/soils.csv": "name,acid\nclay,1\nloam,2\n",
		"manifest/carto.yaml": head + `hive2.example.org}
forget: [roads]
datasets:
  - {name: trees, source: {file: trees.csv}, title: Trees, tags: [green], privacy: link}
  - {name: parks, source: {file: parks.zip}, privacy: public}
  - {name: soils, source: {file: soils.csv}, lifecycle: {on_schema_change: alter}, guards: {maps: false}}
  - {name: east, renamed_from: west, source: {file: one.csv}}
  - {name: west, renamed_from: east, source: {file: two.csv}}
  - {name: wells, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}, guards: {extent: false}}
  - {name: ferns, source: {file: ferns.csv}}
  - {name: brooks, renamed_from: lakes, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: birds, source: {url: "http://files.sandbox.test/birds2.csv"}, privacy: public}
  - {name: lines, source: {url: "http://files.sandbox.test/lines.csv", fetch: server}, title: Lines}
  - {name: air, source: {url: "http://files.sandbox.test/air2.csv"}, sync: {interval: 2h}, import: {content_guessing: true}}
  - {name: ponds, source: {url: "http://files.sandbox.test/air.csv"}}
  - {name: winds, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: tides, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: orders, source: {connector: warehouse, sql_query: "SELECT sku, amount FROM order_items WHERE amount > 3"}}
  - {name: sales, source: {connector: warehouse, table: order_lines}, sync: {interval: 15m}}
`,
	})
}
