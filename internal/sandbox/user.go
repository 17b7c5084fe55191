package sandbox

import (
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// showUser answers with the account of whoever asks; the id in the path means nothing.
// Source: CartoDB/cartodb: app/controllers/carto/api/users_controller.rb.
func (c *call) showUser() (reply, error) {
	data, err := c.userData()
	return ok(data), err
}

// showMeV3 answers 200 to everybody, and leaves user_data out where the key is wrong.
func (c *call) showMeV3() (reply, error) {
	if !c.master {
		return ok(fields{{"user_frontend_version", nil}, {"config", fields{}}}), nil
	}
	data, err := c.userData()
	base := c.base()
	return ok(fields{
		{"user_frontend_version", nil},
		{"user_data", data},
		{"config", fields{{"user_name", c.target.Name}, {"sql_api_template", base}, {"maps_api_template", base}}},
		{"default_fallback_basemap", fields{}},
		{"plan_name", "SANDBOX"},
		{"is_just_logged_in", false}, {"is_first_time_viewing_dashboard", false},
	}), err
}

func (c *call) showMeV4() (reply, error) {
	base := c.base()
	organization, err := c.organization()
	return ok(fields{
		{"username", c.target.Name},
		{"organization", organization},
		{"api_endpoints", fields{{"sql", base}, {"maps", base}, {"import", base}, {"auth", base}, {"builder", base}}},
	}), err
}

// base is the account's address, as the client reached it.
func (c *call) base() string {
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.Host + "/user/" + c.target.Name
}

// organization is the organization of the account as users/me shows it, nil without one.
func (c *call) organization() (any, error) {
	if c.s.config.Organization == "" {
		return nil, nil
	}
	var o store.Principal
	err := c.view(func(t *store.Tx) (err error) {
		o, err = t.Principal(c.ctx(), store.Organization, c.s.config.Organization)
		return err
	})
	return fields{{"id", o.ID}, {"name", o.Name}, {"display_name", o.Name}, {"quota_in_bytes", c.s.config.StorageQuota},
		{"unassigned_quota", 0}, {"seats", 1 + len(c.s.config.Members)}, {"owner", fields{{"id", c.s.owner.ID}, {"username", c.s.owner.Name}}}}, err
}

// usage counts what the account holds.
type usage struct {
	bytes            int64
	tables, maps     int
	public           int
	complete, failed int
	all              int
}

func (c *call) readUsage() (u usage, err error) {
	return u, c.view(func(t *store.Tx) error {
		if u.bytes, u.tables, err = t.Usage(c.ctx(), c.s.owner.ID); err != nil {
			return err
		}
		if u.complete, u.failed, err = t.JobCounts(c.ctx(), c.s.owner.ID); err != nil {
			return err
		}
		all, err := t.Visualizations(c.ctx())
		for _, v := range all {
			if v.UserID != c.s.owner.ID {
				continue
			}
			u.all++
			if v.Type == store.Map {
				u.maps++
			}
			if v.Privacy == "public" {
				u.public++
			}
		}
		return err
	})
}

// userData is the user object of users/me and v3/me. It holds the master key in clear, as CARTO's does.
// Source: CartoDB/cartodb: app/controllers/carto/api/user_presenter.rb.
func (c *call) userData() (fields, error) {
	s, limits := c.s, c.s.config
	u, err := c.readUsage()
	if err != nil {
		return nil, err
	}
	organization, err := c.organization()
	if err != nil {
		return nil, err
	}
	name := s.owner.Name
	data := fields{
		{"id", s.owner.ID}, {"email", name + "@example.com"}, {"name", nil}, {"last_name", nil}, {"created_at", when(s.owner.CreatedAt)},
		{"username", name}, {"state", "active"}, {"account_type", "SANDBOX"}, {"account_type_display_name", "Sandbox"},
		{"table_quota", orNull(limits.TableQuota)}, {"public_dataset_quota", orNull(limits.PublicQuota)},
		{"public_map_quota", nil}, {"private_map_quota", nil}, {"regular_api_key_quota", nil},
		{"table_count", u.tables}, {"viewer", false}, {"role_display", "Builder"}, {"org_admin", false},
		{"public_visualization_count", u.public}, {"owned_visualization_count", u.maps}, {"all_visualization_count", u.all}, {"visualization_count", u.maps},
		{"failed_import_count", u.failed}, {"success_import_count", u.complete}, {"import_count", u.failed + u.complete},
		{"quota_in_bytes", limits.StorageQuota}, {"db_size_in_bytes", u.bytes},
		{"remaining_table_quota", remaining(limits.TableQuota, u.tables)},
		{"remaining_byte_quota", float64(max(0, limits.StorageQuota-u.bytes))},
		{"api_key", limits.APIKey},
		{"actions", fields{{"private_tables", true}, {"private_maps", true}, {"remove_logo", false}, {"sync_tables", !c.s.config.NoSynchronizations},
			{"google_maps_geocoder_enabled", false}, {"google_maps_enabled", false}, {"engine_enabled", true}, {"builder_enabled", true}, {"mobile_sdk_enabled", false}}},
		{"limits", fields{{"concurrent_syncs", 3}, {"concurrent_imports", limits.ImportSlots}, {"import_file_size", limits.ImportFileSize},
			{"import_table_rows", limits.ImportRows}, {"max_layers", 8}}},
		{"notification", nil}, {"avatar_url", nil}, {"feature_flags", []string{"carto-connectors"}},
		{"base_url", c.base()}, {"description", nil}, {"website", nil}, {"location", nil}, {"mfa_configured", false},
	}
	if organization != nil {
		data = append(data, field{"organization", organization})
	}
	return append(data, field{"groups", []any{}}), nil
}

func orNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func remaining(quota, used int) any {
	if quota == 0 {
		return nil
	}
	return max(0, quota-used)
}

// owner is a user as visualizations show their owner to people who may see them.
// Source: CartoDB/cartodb: app/controllers/carto/api/user_presenter.rb.
func (c *call) ownerShape(p store.Principal, u usage) fields {
	return fields{
		{"id", p.ID}, {"name", nil}, {"last_name", nil}, {"username", p.Name}, {"email", p.Name + "@example.com"}, {"avatar_url", nil},
		{"website", nil}, {"description", nil}, {"location", nil}, {"twitter_username", nil}, {"disqus_shortname", nil}, {"available_for_hire", nil},
		{"base_url", c.baseOf(p)}, {"google_maps_query_string", nil}, {"quota_in_bytes", c.s.config.StorageQuota}, {"table_count", u.tables},
		{"viewer", false}, {"role_display", "Builder"}, {"org_admin", false}, {"public_visualization_count", u.public}, {"all_visualization_count", u.all},
		{"org_user", c.s.config.Organization != ""}, {"remove_logo", false},
	}
}

// publicOwner is a user as anybody may see him.
func (c *call) publicOwner(p store.Principal) fields {
	return fields{{"id", p.ID}, {"username", p.Name}, {"name", nil}, {"last_name", nil}, {"avatar_url", nil}, {"base_url", c.baseOf(p)},
		{"google_maps_query_string", nil}, {"disqus_shortname", nil}, {"viewer", false}, {"org_admin", false},
		{"org_user", c.s.config.Organization != ""}, {"remove_logo", false}}
}

func (c *call) baseOf(p store.Principal) string {
	other := *c
	other.target = p
	return other.base()
}
