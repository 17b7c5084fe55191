package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// A Principal is a user, a group or an organization: somebody who owns datasets or with whom they are shared.
type Principal struct {
	ID, Kind, Name string // Kind is user, group or org
	CreatedAt      time.Time
}

// Kinds of principals, spelled as in an access control list.
const (
	User         = "user"
	Group        = "group"
	Organization = "org"
)

// EnsurePrincipal returns the principal of that kind and name, and creates it when it is missing.
func (t *Tx) EnsurePrincipal(ctx context.Context, kind, name string) (Principal, error) {
	p, err := t.Principal(ctx, kind, name)
	if !IsNotFound(err) {
		return p, err
	}
	p = Principal{ID: uuid.NewString(), Kind: kind, Name: name, CreatedAt: t.now}
	_, err = t.tx.ExecContext(ctx, `INSERT INTO "sandbox$principal" (id, kind, name, created_at) VALUES (?, ?, ?, ?)`,
		p.ID, p.Kind, p.Name, millis(p.CreatedAt))
	return p, err
}

// Principal finds one by kind and exact name.
func (t *Tx) Principal(ctx context.Context, kind, name string) (Principal, error) {
	rows, err := t.tx.QueryContext(ctx, principalQuery+` WHERE kind = ? AND name = ?`, kind, name)
	return scanOne(rows, err, scanPrincipal)
}

// PrincipalByID finds one by id.
func (t *Tx) PrincipalByID(ctx context.Context, id string) (Principal, error) {
	rows, err := t.tx.QueryContext(ctx, principalQuery+` WHERE id = ?`, id)
	return scanOne(rows, err, scanPrincipal)
}

// Principals lists all, by kind and name.
func (t *Tx) Principals(ctx context.Context) ([]Principal, error) {
	rows, err := t.tx.QueryContext(ctx, principalQuery+` ORDER BY kind, name`)
	return scanAll(rows, err, scanPrincipal)
}

const principalQuery = `SELECT id, kind, name, created_at FROM "sandbox$principal"`

func scanPrincipal(s scanner) (p Principal, err error) {
	return p, s.Scan(&p.ID, &p.Kind, &p.Name, instant{&p.CreatedAt})
}
