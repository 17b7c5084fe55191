package sandbox

import (
	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// hit tells whether a fault of this kind hits the request, and counts it.
func (c *call) hit(kind fault.Kind) bool {
	_, path := splitUser(c.URL.Path)
	_, hit := c.s.faults.Take(c.Method, path, kind)
	return hit
}

// undroppable is what the database says against dropping a dataset's table, if a fault wants it.
// Source: CartoDB/cartodb: app/models/table.rb (remove_table_from_user_database).
func (c *call) undroppable(v store.Visualization) error {
	switch {
	case v.Type != store.Dataset:
	case c.hit(fault.View):
		return &store.DependentViewError{Table: v.Name, View: "report"}
	case c.hit(fault.Locked):
		return &store.SQLError{Message: "canceling statement due to lock timeout"}
	}
	return nil
}
