package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
)

// checkContents holds what an import brought against what its source holds, as far
// as that is known: rows, names of columns, and the kind of geometry. Types are not
// compared, since CARTO may guess more than a look can.
func (j *job) checkContents(ctx context.Context) error {
	look, known := j.look()
	if !known {
		return j.countRows(ctx)
	}
	made, err := j.lookInto(ctx, j.live.ID, j.live.Name)
	if err != nil {
		return err
	}
	j.result.Rows = made.Rows
	return differs(j.live.Name, made, look)
}

// differs says in what a dataset is not what its source is.
func differs(name string, made, look data.Look) error {
	if made.Rows != look.Rows {
		return fmt.Errorf("%q has %d rows where its source has %d; look for rows that CARTO cannot read, mend the source and apply again",
			name, made.Rows, look.Rows)
	}
	if missing := lacking(made, look); len(missing) > 0 {
		return fmt.Errorf("%q lacks columns that its source has: %s; check their names in the source", name, strings.Join(missing, ", "))
	}
	return otherGeometry(name, made, look)
}

// lacking lists columns of a source that an import did not bring.
func lacking(made, look data.Look) []string {
	var missing []string
	for _, want := range look.Columns {
		if !slices.ContainsFunc(made.Columns, func(c data.Column) bool { return c.Name == want.Name }) {
			missing = append(missing, want.Name)
		}
	}
	return missing
}

// otherGeometry compares the kinds of geometry, where there is one.
func otherGeometry(name string, made, look data.Look) error {
	switch {
	case look.Geometry == "" || look.Rows == look.NullGeometries || made.Geometry == look.Geometry:
		return nil
	case made.Geometry == data.GeometryMixed || look.Geometry == data.GeometryMixed:
		return nil
	case made.Geometry == "":
		return fmt.Errorf("%q has no geometry where its source has %s; check the names of its geometry columns", name, look.Geometry)
	}
	return fmt.Errorf("%q holds geometries of kind %s where its source has %s; check the source and what CARTO makes of it", name, made.Geometry, look.Geometry)
}
