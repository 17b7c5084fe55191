package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// BenchmarkImportIntoFullAccount is the import of a small file into an account that holds many datasets already, and a
// query of it: neither may cost much more than in an empty account.
//
//	go test ./internal/sandbox -run '^$' -bench ImportIntoFullAccount -benchtime 100x
func BenchmarkImportIntoFullAccount(b *testing.B) {
	for _, tables := range []int{0, 2000} {
		b.Run(fmt.Sprintf("tables=%d", tables), func(b *testing.B) {
			a := open(b, sandbox.Config{})
			for i := range tables {
				a.load(fmt.Sprintf("filled_%d.csv", i), stations)
			}
			n := 0
			for b.Loop() {
				n++
				a.load(fmt.Sprintf("added_%d.csv", n), stations)
				a.query(fmt.Sprintf("SELECT count(*) FROM added_%d", n))
			}
		})
	}
}

// BenchmarkFullAccount is what single requests cost in an account that holds many datasets: as in an empty one.
//
//	go test ./internal/sandbox -run '^$' -bench '^BenchmarkFullAccount' -benchtime 50x
func BenchmarkFullAccount(b *testing.B) {
	for _, tables := range []int{10, 2000} {
		a := open(b, sandbox.Config{})
		for i := range tables {
			a.load(fmt.Sprintf("filled_%d.csv", i), "n\n1\n")
		}
		id := a.get("/api/v1/viz/filled_5")["id"]
		path, n := fmt.Sprint("/api/v1/viz/", id), 0
		for _, request := range []struct {
			name string
			send func()
		}{
			{"me", func() { a.get("/api/v1/users/me") }},
			{"dataset", func() {
				a.get("/api/v1/viz/filled_5?show_permission=true&with_dependent_visualizations=10")
			}},
			{"no-dataset", func() { a.send("GET", "/api/v1/viz/missing", nil) }},
			{"title", func() { a.ok("PUT", path, object{"id": id, "title": fmt.Sprint(n)}) }},
			{"name", func() { a.ok("PUT", path, object{"id": id, "name": fmt.Sprintf("filled_%d", 5+5000*(n%2))}) }},
		} {
			b.Run(fmt.Sprintf("tables=%d/%s", tables, request.name), func(b *testing.B) {
				for b.Loop() {
					n++
					request.send()
				}
			})
		}
	}
}
