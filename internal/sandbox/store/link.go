package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// links is how registrations and physical tables differ.
type links struct {
	regenerated []Table  // dropped and made anew under their name
	renamed     []Table  // with the name of the physical table
	dropped     []Table  // whose physical table is gone
	created     []string // physical tables that CDB_CartodbfyTable made ready and that are not registered
	registered  int
}

func (l links) differences() int {
	return len(l.regenerated) + len(l.renamed) + len(l.dropped) + len(l.created)
}

func (t *Tx) links(ctx context.Context, userID string) (l links, err error) {
	physical, err := t.PhysicalTables(ctx)
	if err != nil {
		return l, err
	}
	byOID, byName := map[int64]string{}, map[string]int64{}
	for _, p := range physical {
		byOID[p.OID], byName[p.Name] = p.Name, p.OID
	}
	registered, err := t.Tables(ctx)
	if err != nil {
		return l, err
	}
	known := map[string]bool{}
	var missing []Table
	for _, r := range registered {
		if r.UserID != userID {
			continue
		}
		l.registered++
		name, there := byOID[r.OID]
		switch {
		case !there:
			missing = append(missing, r)
		case name != r.Name:
			r.Name = name
			l.renamed = append(l.renamed, r)
		}
		known[name] = there
	}
	for _, p := range physical {
		if known[p.Name] || !p.cartodbfied {
			continue
		}
		if i := slices.IndexFunc(missing, func(r Table) bool { return r.Name == p.Name }); i >= 0 {
			r := missing[i]
			missing = slices.Delete(missing, i, i+1)
			r.OID = byName[p.Name]
			l.regenerated = append(l.regenerated, r)
			continue
		}
		l.created = append(l.created, p.Name)
	}
	l.dropped = missing
	return l, nil
}

// Unlinked counts how many tables LinkTables would change, and how many are registered, without writing. Nothing is to be
// done unless SQL changed tables since they were last linked, of which CARTO learns by a trigger on DDL.
// Source: CartoDB/cartodb: app/models/user/db_service.rb.
func (t *Tx) Unlinked(ctx context.Context, userID string) (differences, registered int, err error) {
	var changed bool
	if err := t.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM "sandbox$unlinked")`).Scan(&changed); err != nil {
		return 0, 0, err
	}
	if !changed {
		_, registered, err = t.Usage(ctx, userID)
		return 0, registered, err
	}
	l, err := t.links(ctx, userID)
	return l.differences(), l.registered, err
}

// LinkTables brings registrations in line with tables that SQL created, renamed or dropped: renamed tables rename their
// dataset, dropped ones delete it with its maps, and new ones become a dataset if CDB_CartodbfyTable made them ready. A table that was dropped
// and made anew under its name stays the dataset that it was.
// Source: CartoDB/cartodb: lib/carto/ghost_tables_manager.rb.
func (t *Tx) LinkTables(ctx context.Context, userID, privacy string) error {
	l, err := t.links(ctx, userID)
	if err != nil {
		return err
	}
	for _, r := range l.dropped {
		if err := t.unregister(ctx, r); err != nil {
			return err
		}
	}
	for _, r := range l.regenerated {
		r.UpdatedAt = t.now
		if err := t.SaveTable(ctx, r); err != nil {
			return err
		}
	}
	if err := t.relink(ctx, l.renamed); err != nil {
		return err
	}
	for _, name := range l.created {
		if _, _, err := t.Register(ctx, userID, name, privacy); err != nil {
			return err
		}
	}
	_, err = t.tx.ExecContext(ctx, `DELETE FROM "sandbox$unlinked"`)
	return err
}

// relink gives registrations the names of their tables. Two may have swapped their names, so all give up theirs first.
func (t *Tx) relink(ctx context.Context, renamed []Table) error {
	for i, r := range renamed {
		if _, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$table" SET name = ? WHERE id = ?`, fmt.Sprint(StatePrefix, i), r.ID); err != nil {
			return err
		}
	}
	for _, r := range renamed {
		v, err := t.Visualization(ctx, r.VisualizationID)
		if err != nil {
			return err
		}
		r.UpdatedAt = t.now
		v.Name, v.UpdatedAt = r.Name, t.now
		if err := t.SaveTable(ctx, r); err != nil {
			return err
		}
		if err := t.SaveVisualization(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// CreateTable makes an empty physical table: the columns of every dataset and those given.
func (t *Tx) CreateTable(ctx context.Context, name string, columns []Column) error {
	r := relation{name: name, file: uuid.NewString() + ".db", cartodbfied: true}
	err := t.store.withFile(ctx, r.file, "rwc", func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, createStatement(`"f".`+quote(name), baseColumns, columns))
		return err
	})
	if err != nil {
		return sqlError(err)
	}
	return sqlError(t.addRelation(ctx, &r, false))
}

// SetPoints fills the geometries of a table from two columns in degrees. Rows whose columns hold no number in range have
// none afterwards. A column that is not there makes it fail with *SQLError. It takes as long as the table is big, and so
// is no part of a transaction.
func (s *Store) SetPoints(ctx context.Context, table, latitude, longitude string) error {
	r, columns, err := s.look(ctx, table)
	if err != nil {
		return err
	}
	for _, name := range []string{latitude, longitude} {
		if !slices.ContainsFunc(columns, func(c Column) bool { return c.Name == name }) {
			return &SQLError{Message: fmt.Sprintf("column %q does not exist", name)}
		}
	}
	lat, lon := quote(latitude), quote(longitude)
	return sqlError(s.changeFile(ctx, r.file, func(conn *sql.Conn) error {
		inner, err := tableOf(ctx, conn)
		if err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, `UPDATE `+inner+` SET the_geom = CASE
		WHEN CAST(`+lat+` AS REAL) BETWEEN -90 AND 90 AND CAST(`+lon+` AS REAL) BETWEEN -180 AND 180
			AND `+lat+` REGEXP '[0-9]' AND `+lon+` REGEXP '[0-9]'
		THEN ST_SetSRID(ST_MakePoint(CAST(`+lon+` AS REAL), CAST(`+lat+` AS REAL)), 4326) END`)
		return err
	}))
}

// Extent is the box around the geometries of a table, west, south, east, north in degrees; some is false if it has none.
// It takes as long as the table is big: it is for views of the account, not for changes.
func (t *Tx) Extent(ctx context.Context, table string) (box [4]float64, some bool, err error) {
	columns, err := t.Columns(ctx, table)
	if err != nil || !slices.ContainsFunc(columns, func(c Column) bool { return c.Name == "the_geom" }) {
		return box, false, err
	}
	var text *string
	r, err := t.relation(ctx, table)
	if err != nil {
		return box, false, err
	}
	err = t.store.withFileOf(ctx, t.store.query, r.file, "ro", func(conn *sql.Conn) error {
		inner, err := tableOf(ctx, conn)
		if err != nil {
			return err
		}
		return conn.QueryRowContext(ctx, `SELECT st_extent("the_geom") FROM `+inner).Scan(&text)
	})
	if err != nil || text == nil {
		return box, false, err
	}
	_, err = fmt.Sscanf(*text, "BOX(%g %g,%g %g)", &box[0], &box[1], &box[2], &box[3])
	return box, err == nil, err
}

// look finds a table and its columns for those who work on it outside of a transaction. If it is dropped meanwhile, they
// work for nothing.
func (s *Store) look(ctx context.Context, table string) (r relation, columns []Column, err error) {
	err = s.View(ctx, func(t *Tx) error {
		if columns, err = t.Columns(ctx, table); err != nil {
			return err
		}
		r, err = t.relation(ctx, table)
		return err
	})
	return r, columns, err
}

// tableOf is how statements name the table of the file that is attached as "f".
func tableOf(ctx context.Context, conn *sql.Conn) (string, error) {
	inner, err := innerName(ctx, conn, "f")
	return `"f".` + quote(inner), err
}
