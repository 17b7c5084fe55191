package apply

import (
	"context"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// share replaces the dataset's access list. The request replaces the whole
// list, so it is built from the declaration alone.
func (j *job) share(ctx context.Context) error {
	want, _ := j.changed("share")
	shares, _ := want.([]plan.Share)
	var grants []carto.Grant
	for _, s := range shares {
		g, err := j.grant(ctx, s)
		if err != nil {
			return err
		}
		grants = append(grants, g)
	}
	return j.Client.SetPermission(ctx, j.live.Permission.ID, grants)
}

// grant finds whom a share means.
func (j *job) grant(ctx context.Context, s plan.Share) (carto.Grant, error) {
	org := j.Account.Limits.Organization
	if s.Kind == "organization" {
		return carto.Grant{Kind: carto.GrantOrganization, ID: org, Access: s.Access}, nil
	}
	found, err := j.Client.Grantables(ctx, org, s.Name)
	if err != nil {
		return carto.Grant{}, err
	}
	for _, g := range found {
		if g.Kind == s.Kind && g.Name == s.Name {
			return carto.Grant{Kind: g.Kind, ID: g.ID, Access: s.Access}, nil
		}
	}
	return carto.Grant{}, fmt.Errorf("the organization has no %s %q to share with; check the name", s.Kind, s.Name)
}
