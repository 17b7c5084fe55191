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
