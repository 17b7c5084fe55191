package store

import (
	"context"
	"fmt"
	"slices"
)

// alter carries out one action of an ALTER TABLE.
func (ses *session) alter(ctx context.Context, r *relation, action []token) error {
	ses.altered = append(ses.altered, r.file)
	c := &cursor{action}
	switch {
	case c.skip("drop", "constraint"), c.skip("add", "constraint"), c.skip("add", "primary"), c.skip("add", "unique"), c.skip("add", "check"),
		c.skip("add", "foreign"), c.skip("owner"), c.skip("enable"), c.skip("disable"), c.skip("cluster"), c.skip("set"), c.skip("validate"):
		return nil
	case c.skip("drop"):
		return ses.dropColumn(ctx, r, c)
	case c.skip("add"):
		return ses.addColumn(ctx, r, c)
	case c.skip("rename"):
		return ses.renameColumn(ctx, r, c)
	case c.skip("alter"):
		return ses.alterColumn(ctx, r, c)
	}
	return c.wrong()
}

// findColumn finds a column of a table as it is now, in the session; at is -1 if there is none.
func (ses *session) findColumn(ctx context.Context, r *relation, name string) (columns []Column, at int, err error) {
	columns, err = schemaColumns(ctx, ses.conn, r.schema(), r.name)
	return columns, slices.IndexFunc(columns, func(c Column) bool { return c.Name == name }), err
}

func noColumn(r *relation, name string) error {
	return &SQLError{Message: fmt.Sprintf(`column "%s" of relation "%s" does not exist`, name, r.name)}
}

func (ses *session) dropColumn(ctx context.Context, r *relation, c *cursor) error {
	c.skip("column")
	optional := c.skip("if", "exists")
	name, err := c.name()
	if err != nil {
		return err
	}
	_, at, err := ses.findColumn(ctx, r, name)
	switch {
	case err != nil:
		return err
	case at < 0 && optional:
		return nil
	case at < 0:
		return noColumn(r, name)
	}
	views, err := ses.views(ctx)
	if err != nil {
		return err
	}
	for _, v := range views {
		if mentions(v.definition, r.name) && mentions(v.definition, name) {
			return &SQLError{Message: fmt.Sprintf("cannot drop column %s of table %s because other objects depend on it", name, r.name)}
		}
	}
	if err := ses.dropIndexesOn(ctx, r, name); err != nil {
		return err
	}
	_, err = ses.conn.ExecContext(ctx, `ALTER TABLE `+r.table()+` DROP COLUMN `+quote(name))
	return err
}

// dropIndexesOn drops what SQLite does not let go together with a column, as PostgreSQL does.
func (ses *session) dropIndexesOn(ctx context.Context, r *relation, column string) error {
	rows, err := ses.conn.QueryContext(ctx, `SELECT name, sql FROM `+quote(r.schema())+`.sqlite_master WHERE type = 'index' AND sql IS NOT NULL`)
	indexes, err := scanAll(rows, err, func(s scanner) (v [2]string, err error) { return v, s.Scan(&v[0], &v[1]) })
	if err != nil {
		return err
	}
	for _, index := range indexes {
		if !mentions(index[1], column) {
			continue
		}
		if err := ses.forgetIndex(ctx, r, index[0]); err != nil {
			return err
		}
	}
	return nil
}

func (ses *session) addColumn(ctx context.Context, r *relation, c *cursor) error {
	c.skip("column")
	optional := c.skip("if", "not", "exists")
	name, err := c.name()
	if err != nil {
		return err
	}
	columns, at, err := ses.findColumn(ctx, r, name)
	switch {
	case err != nil:
		return err
	case at >= 0 && optional:
		return nil
	case at >= 0:
		return &SQLError{Message: fmt.Sprintf(`column "%s" of relation "%s" already exists`, name, r.name)}
	case len(c.rest) == 0:
		return c.wrong()
	}
	column := translateColumn(append([]token{{quoted, name}}, c.rest...))
	if !slices.ContainsFunc(column, func(t token) bool { return t.oneOf("default", "not", "primary", "unique") }) {
		_, err = ses.conn.ExecContext(ctx, `ALTER TABLE `+r.table()+` ADD COLUMN `+sqlText(column))
		return err
	}
	// SQLite adds no column whose default is an expression: the table is made anew.
	return ses.rebuild(ctx, r, columns, nil, func(body [][]token) [][]token {
		at := slices.IndexFunc(body, func(part []token) bool { return part[0].oneOf("primary", "unique", "constraint", "check") })
		if at < 0 {
			at = len(body)
		}
		return slices.Insert(body, at, column)
	})
}

func (ses *session) renameColumn(ctx context.Context, r *relation, c *cursor) error {
	c.skip("column")
	from, err := c.name()
	if err != nil {
		return err
	}
	if !c.skip("to") {
		return c.wrong()
	}
	to, err := c.name()
	if err != nil {
		return err
	}
	columns, at, err := ses.findColumn(ctx, r, from)
	switch {
	case err != nil:
		return err
	case at < 0:
		return &SQLError{Message: fmt.Sprintf(`column "%s" does not exist`, from)}
	case slices.ContainsFunc(columns, func(c Column) bool { return c.Name == to }):
		return &SQLError{Message: fmt.Sprintf(`column "%s" of relation "%s" already exists`, to, r.name)}
	}
	_, err = ses.conn.ExecContext(ctx, `ALTER TABLE `+r.table()+` RENAME COLUMN `+quote(from)+` TO `+quote(to))
	return err
}

// alterColumn changes a column's type, default or NOT NULL.
func (ses *session) alterColumn(ctx context.Context, r *relation, c *cursor) error {
	c.skip("column")
	name, err := c.name()
	if err != nil {
		return err
	}
	columns, at, err := ses.findColumn(ctx, r, name)
	if err != nil {
		return err
	}
	if at < 0 {
		return noColumn(r, name)
	}
	var edit func(column []token) []token
	expressions := map[string]string{}
	switch {
	case c.skip("type"), c.skip("set", "data", "type"):
		end := typeEnd(c.rest, 0)
		if end == 0 {
			return c.wrong()
		}
		typ, using := columnType(c.rest[:end]), castCall([]token{{quoted, name}}, c.rest[:end])
		if c.rest = c.rest[end:]; c.skip("using") {
			using = rewriteExpressions(slices.Clone(c.rest))
		}
		expressions[name] = sqlText(using)
		edit = func(column []token) []token {
			return slices.Concat(column[:1], []token{typ}, column[typeEnd(column, 1):])
		}
	case c.skip("set", "default", "nextval"):
		return nil // rows number themselves
	case c.skip("set", "default"):
		value := slices.Concat(words("default", "("), rewriteExpressions(slices.Clone(c.rest)), words(")"))
		edit = func(column []token) []token { return append(withoutDefault(column), value...) }
	case c.skip("drop", "default"):
		edit = withoutDefault
	case c.skip("set", "not", "null"):
		edit = func(column []token) []token { return append(withoutNotNull(column), words("not", "null")...) }
	case c.skip("drop", "not", "null"):
		edit = withoutNotNull
	default:
		return c.wrong()
	}
	return ses.rebuild(ctx, r, columns, expressions, func(body [][]token) [][]token {
		for i, part := range body {
			if part[0].isName() && part[0].text == name {
				body[i] = edit(slices.Clone(part))
				break
			}
		}
		return body
	})
}

func withoutDefault(column []token) []token {
	at := slices.IndexFunc(column, func(t token) bool { return t.is("default") })
	if at < 0 || at+1 >= len(column) {
		return column
	}
	end := at + 2
	if column[at+1].is("(") {
		end = min(closing(column, at+1)+1, len(column))
	} else if column[at+1].oneOf("-", "+") {
		end++
	}
	return slices.Delete(column, at, min(end, len(column)))
}

func withoutNotNull(column []token) []token {
	for i := 0; i+1 < len(column); i++ {
		if column[i].is("not") && column[i+1].is("null") {
			return slices.Delete(column, i, i+2)
		}
	}
	return column
}
