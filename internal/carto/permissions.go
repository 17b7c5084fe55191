package carto

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// A Permission is the sharing of a dataset.
type Permission struct {
	ID    string
	Owner UserRef
	ACL   []Grant
}

// A UserRef names a user.
type UserRef struct {
	ID       string
	Username string
}

// Kinds of a [Grant] and of a [Grantable].
const (
	GrantUser         = "user"
	GrantOrganization = "org"
	GrantGroup        = "group"
)

// Access that a [Grant] gives.
const (
	AccessRead      = "r"
	AccessReadWrite = "rw"
)

// A Grant gives a user, a group or the organization access to a dataset.
type Grant struct {
	Kind   string // GrantUser, GrantOrganization or GrantGroup
	ID     string // of whom it is given to
	Name   string // a user's username, else the name; not sent
	Access string // AccessRead or AccessReadWrite
}

type wirePermission struct {
	ID    text                `json:"id"`
	Owner optional[wireOwner] `json:"owner"`
	ACL   []wireGrant         `json:"acl"`
}

type wireOwner struct {
	ID       text `json:"id"`
	Username text `json:"username"`
}

type wireGrant struct {
	Type   text `json:"type"`
	Access text `json:"access"`
	Entity struct {
		ID       text `json:"id"`
		Name     text `json:"name"`
		Username text `json:"username"`
	} `json:"entity"`
}

func (w wirePermission) permission() Permission {
	p := Permission{ID: string(w.ID), Owner: w.Owner.value.ref()}
	for _, g := range w.ACL {
		name := g.Entity.Username
		if name == "" {
			name = g.Entity.Name
		}
		p.ACL = append(p.ACL, Grant{
			Kind: grantKind(string(g.Type)), ID: string(g.Entity.ID), Name: string(name), Access: string(g.Access),
		})
	}
	return p
}

func (w wireOwner) ref() UserRef { return UserRef{ID: string(w.ID), Username: string(w.Username)} }

// grantKind spells a kind as access lists do; the search for grantables says
// organization where they say org.
func grantKind(s string) string {
	if s == "organization" {
		return GrantOrganization
	}
	return s
}

// SetPermission replaces the whole access list of a dataset: whoever is not in
// acl loses access, and their maps that used the dataset are deleted. Entries
// are sent by id alone, since the server refuses more. The call may be
// repeated. Source: CartoDB/cartodb: app/controllers/carto/api/permissions_controller.rb.
func (c *Client) SetPermission(ctx context.Context, permissionID string, acl []Grant) error {
	if err := checkID("permission", permissionID); err != nil {
		return err
	}
	type entity struct {
		ID string `json:"id"`
	}
	type entry struct {
		Type   string `json:"type"`
		Entity entity `json:"entity"`
		Access string `json:"access"`
	}
	entries := []entry{} // null would mean the same, but not say it
	for _, g := range acl {
		if g.ID == "" {
			return fmt.Errorf("the share for %s %q has no id, and the server would drop it without a word; look it up first", g.Kind, g.Name)
		}
		entries = append(entries, entry{Type: grantKind(g.Kind), Entity: entity{ID: g.ID}, Access: g.Access})
	}
	_, err := c.do(ctx, request{
		method: http.MethodPut, path: "/api/v1/perm/" + url.PathEscape(permissionID),
		body: map[string]any{"acl": entries}, repeat: safe,
	})
	return err
}

// A Grantable is somebody whom a dataset can be shared with.
type Grantable struct {
	Kind string // GrantUser, GrantOrganization or GrantGroup
	ID   string
	Name string
}

// grantablesPage is how many grantables are asked for at once.
const grantablesPage = 100

// Grantables lists the users and groups of an organization, and itself, whose
// names contain query; an empty query lists all.
// Source: CartoDB/cartodb: config/routes.rb (organization/:id/grantables).
func (c *Client) Grantables(ctx context.Context, orgID, query string) ([]Grantable, error) {
	if err := checkID("organization", orgID); err != nil {
		return nil, err
	}
	var all []Grantable
	for page := 1; ; page++ {
		q := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(grantablesPage)}, "order": {"name"}}
		if query != "" {
			q.Set("q", query)
		}
		var w struct {
			Grantables []struct {
				ID   text `json:"id"`
				Type text `json:"type"`
				Name text `json:"name"`
			} `json:"grantables"`
			Total number `json:"total_entries"`
		}
		if err := c.read(ctx, "/api/v1/organization/"+url.PathEscape(orgID)+"/grantables", q, &w); err != nil {
			return nil, err
		}
		for _, g := range w.Grantables {
			all = append(all, Grantable{Kind: grantKind(string(g.Type)), ID: string(g.ID), Name: string(g.Name)})
		}
		if len(w.Grantables) == 0 || int64(len(all)) >= w.Total.or(0) {
			return all, nil
		}
	}
}
