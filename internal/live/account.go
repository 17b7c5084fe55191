package live

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
)

// limits are the owner's rights. Where the server does not say how many
// datasets still fit it is worked out, since a plan that cannot fit should say
// so before anything is sent.
func limits(u carto.User, datasets int) plan.Limits {
	l := plan.Limits{
		ImportSlots: u.ImportSlots, ImportFileSize: u.ImportFileSize, ImportRows: u.ImportRows,
		RemainingBytes: -1, RemainingTables: u.RemainingTables,
		PrivateDatasets: u.PrivateTables, Synchronizations: u.SyncTables,
		Connectors: u.HasFeature("carto-connectors"),
	}
	if u.RemainingBytes != nil {
		l.RemainingBytes = max(*u.RemainingBytes, 0)
	}
	switch {
	case u.TableQuota == nil:
		l.RemainingTables = nil
	case l.RemainingTables == nil:
		left := max(*u.TableQuota-max(datasets, u.TableCount), 0)
		l.RemainingTables = &left
	}
	if u.Organization != nil {
		l.Organization = u.Organization.ID
	}
	return l
}

func datasets(wire []carto.Dataset) []plan.Dataset {
	all := make([]plan.Dataset, 0, len(wire))
	for _, d := range wire {
		all = append(all, plan.Dataset{
			ID: d.ID, TableID: d.TableID, Name: d.Name, Privacy: string(d.Privacy), Tags: d.Tags,
			Title: d.Title, Description: d.Description, License: d.License, Attributions: d.Attribution,
			Geometry: geometry(d.GeometryTypes), Size: d.Size, RowEstimate: d.Rows,
			PermissionID: d.Permission.ID, Shares: shares(d.Permission.ACL),
			Maps: maps(d.Maps), MapCount: d.MapCount, UpdatedAt: d.UpdatedAt,
		})
	}
	slices.SortFunc(all, func(a, b plan.Dataset) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// geometry is the kind of a dataset as files are told apart: one of the three
// that an import makes, and "geometry" for mixtures and everything else.
func geometry(types []string) string {
	kind := data.GeometryNone
	for _, t := range types {
		k := strings.TrimPrefix(strings.ToLower(t), "st_")
		switch k {
		case "":
			continue
		case data.GeometryPoint, data.GeometryLine, data.GeometryPolygon:
		default:
			k = data.GeometryMixed
		}
		if kind != data.GeometryNone && kind != k {
			return data.GeometryMixed
		}
		kind = k
	}
	return kind
}

// shares are the grants by kind and name. An organization needs no name: there
// is only one to share with.
func shares(acl []carto.Grant) []plan.Share {
	var all []plan.Share
	for _, g := range acl {
		s := plan.Share{Kind: g.Kind, Name: g.Name, ID: g.ID, Access: g.Access}
		if g.Kind == carto.GrantOrganization {
			s.Kind, s.Name = "organization", ""
		}
		if s.Access == carto.AccessRead || s.Access == carto.AccessReadWrite { // "n" is none
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b plan.Share) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func maps(wire []carto.DependentMap) []plan.Map {
	var all []plan.Map
	for _, m := range wire {
		all = append(all, plan.Map{ID: m.ID, Name: m.Name, Owner: m.Owner.Username})
	}
	slices.SortFunc(all, func(a, b plan.Map) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func connections(wire []carto.Connection) []plan.Connection {
	all := make([]plan.Connection, 0, len(wire))
	for _, c := range wire {
		all = append(all, plan.Connection{ID: c.ID, Name: c.Name, Provider: c.Provider, Params: plain(c.Params)})
	}
	slices.SortFunc(all, func(a, b plan.Connection) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// plain are the parameters that are no secrets; a plan may print those.
func plain(params []carto.Param) map[string]string {
	m := map[string]string{}
	for _, p := range params {
		if s, ok := p.Plain(); ok {
			m[p.Key] = s
		}
	}
	return m
}
