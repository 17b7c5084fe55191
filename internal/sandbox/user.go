package sandbox

import (
	"net/http"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// showUser answers with the account of whoever asks; the id in the path means nothing.
// Source: CartoDB/cartodb: app/controllers/carto/api/users_controller.rb.
func (c *call) showUser() (reply, error) {
	data, err := c.userData()
	return ok(data).plainly(), err
}

// showMeV3 answers 200 to everybody, and leaves user_data out where the key is wrong.
// Source: CartoDB/cartodb: app/controllers/carto/api/users_controller.rb.
func (c *call) showMeV3() (reply, error) {
	if !c.master {
		return ok(fields{{"user_frontend_version", nil}, {"config", c.frontendConfig(nil)}}).plainly(), nil
	}
	data, err := c.userData()
	return ok(fields{
		{"user_data", data}, {"default_fallback_basemap", fields{}}, {"dashboard_notifications", fields{}},
		{"organization_notifications", []any{}}, {"unfiltered_organization_notifications", []any{}},
		{"is_just_logged_in", false}, {"is_first_time_viewing_dashboard", false}, {"can_change_email", true},
		{"auth_username_password_enabled", nil}, {"can_change_password", true}, {"plan_name", accountType}, {"plan_url", c.base()},
		{"can_be_deleted", true}, {"cant_be_deleted_reason", nil}, {"services", []any{}}, {"user_frontend_version", nil}, {"asset_host", nil},
		{"google_sign_in", false}, {"mfa_required", false}, {"license_expiration", nil},
		{"config", c.frontendConfig(c.target.Name)},
	}).plainly(), err
}

func (c *call) frontendConfig(userName any) fields {
	return fields{{"user_name", userName}, {"sql_api_template", c.base()}, {"maps_api_template", c.base()}}
}

// showMeV4 says where the account's APIs are. The sandbox answers all of them at one address, though it has no Maps API.
// Source: CartoDB/cartodb: app/controllers/carto/api/public/user_public_presenter.rb.
func (c *call) showMeV4() (reply, error) {
	base := c.base()
	var organization any
	if c.s.config.Organization != "" {
		organization = fields{{"name", c.s.config.Organization}}
	}
	return ok(fields{
		{"username", c.target.Name},
		{"organization", organization},
		{"api_endpoints", fields{{"sql", base}, {"maps", base}, {"import", base}, {"auth", base}, {"builder", base}}},
	}).plainly(), nil
}

// accountType is what the sandbox calls its only plan.
const accountType = "SANDBOX"

// consumption is what the account has used of its quotas.
type consumption struct {
	bytes            int64
	complete, failed int
	all              int // imports in any state
	lastCreated      any // when the newest visualization was made, nil without one
}

func (c *call) consumption(t *store.Tx) (n consumption, err error) {
	if n.bytes, _, err = t.Usage(c.ctx(), c.s.owner.ID); err != nil {
		return n, err
	}
	n.complete, n.failed, err = t.JobCounts(c.ctx(), c.s.owner.ID)
	n.all = n.complete + n.failed
	if err != nil {
		return n, err
	}
	last, err := t.LastCreated(c.ctx(), c.s.owner.ID)
	if last != nil {
		n.lastCreated = when(*last)
	}
	return n, err
}

// userData is the user object of users/me and v3/me. It holds the master key in clear, as CARTO's does. Of what the
// services of other products would add, nothing is there.
// Source: CartoDB/cartodb: app/controllers/carto/api/user_presenter.rb.
func (c *call) userData() (data fields, err error) {
	return data, c.view(func(t *store.Tx) error {
		used, err := c.consumption(t)
		if err != nil {
			return err
		}
		a, err := c.people(t)
		if err == nil {
			data = presenter{c, a, options{}}.accountShape(used)
		}
		return err
	})
}

func (p presenter) accountShape(used consumption) fields {
	s, limits, u := p.s, p.s.config, p.usages[p.s.owner.ID]
	name := s.owner.Name
	data := fields{
		{"id", s.owner.ID}, {"email", name + "@example.com"}, {"name", nil}, {"last_name", nil}, {"created_at", when(s.owner.CreatedAt)},
		{"username", name}, {"state", s.dataState()}, {"account_type", accountType}, {"account_type_display_name", accountType},
		{"table_quota", orNull(limits.TableQuota)}, {"public_map_quota", nil}, {"public_dataset_quota", orNull(limits.PublicQuota)},
		{"private_map_quota", nil}, {"regular_api_key_quota", nil}, {"table_count", u.tables},
		{"viewer", s.isViewer(s.owner)}, {"role_display", s.role(s.owner)}, {"org_admin", s.isAdmin(s.owner)},
		{"public_visualization_count", u.publicMaps}, {"owned_visualization_count", u.maps}, {"all_visualization_count", u.maps}, {"visualization_count", u.maps},
		{"failed_import_count", used.failed}, {"success_import_count", used.complete}, {"import_count", used.all},
		{"last_visualization_created_at", used.lastCreated},
		{"quota_in_bytes", limits.StorageQuota}, {"db_size_in_bytes", used.bytes}, {"db_size_in_megabytes", megabytes(used.bytes)},
		{"remaining_table_quota", remaining(limits.TableQuota, u.tables)}, {"remaining_byte_quota", float64(limits.StorageQuota - used.bytes)},
		{"storage", fields{{"quota_in_bytes", limits.StorageQuota}, {"db_size_in_bytes", used.bytes}}},
		{"map_views", 0}, {"map_views_quota", nil}, {"unverified", limits.State == Unverified},
		{"api_key", limits.APIKey}, {"layers", []any{}},
		{"actions", fields{{"private_tables", !limits.PublicOnly}, {"private_maps", !limits.PublicOnly}, {"remove_logo", false}, {"sync_tables", !limits.NoSynchronizations},
			{"google_maps_geocoder_enabled", false}, {"google_maps_enabled", false}, {"engine_enabled", true}, {"builder_enabled", true}, {"mobile_sdk_enabled", false}}},
		{"limits", fields{{"concurrent_syncs", 3}, {"concurrent_imports", limits.ImportSlots}, {"import_file_size", limits.ImportFileSize},
			{"import_table_rows", limits.ImportRows}, {"max_layers", 8}}},
		{"notification", nil}, {"avatar_url", nil}, {"feature_flags", featureFlags(limits)},
		{"base_url", p.base()}, {"description", nil}, {"website", nil}, {"location", nil}, {"mfa_configured", false},
	}
	if organization := p.organizationShape(); organization != nil {
		data = append(data, field{"organization", organization})
	}
	return append(data, field{"groups", p.groupShapes()})
}

// dataState is the state as users/me spells it, which knows of locked accounts only.
func (s *Sandbox) dataState() string {
	if s.config.State == Locked {
		return "locked"
	}
	return "active"
}

// organizationShape is the organization of the account as users/me shows it, nil without one. All of its quota belongs to
// the account.
// Source: CartoDB/cartodb: app/controllers/carto/api/organization_presenter.rb.
func (p presenter) organizationShape() fields {
	config := p.s.config
	for _, o := range p.principals {
		if o.Kind != store.Organization || o.Name != config.Organization {
			continue
		}
		owner := p.s.owner
		return fields{
			{"created_at", when(o.CreatedAt)}, {"description", nil}, {"discus_shortname", nil}, {"display_name", o.Name}, {"id", o.ID}, {"name", o.Name},
			{"owner", fields{{"id", owner.ID}, {"username", owner.Name}, {"avatar_url", nil}, {"email", owner.Name + "@example.com"}, {"groups", p.groupShapes()}}},
			{"admins", []any{}}, {"quota_in_bytes", config.StorageQuota}, {"unassigned_quota", 0}, {"seats", 1 + len(config.Members)},
			{"viewer_seats", len(config.Viewers)}, {"updated_at", when(o.CreatedAt)}, {"website", nil}, {"avatar_url", nil},
			{"user_count", 1 + len(config.Members)}, {"available_quota_for_user", config.StorageQuota},
		}
	}
	return nil
}

func megabytes(n int64) float64 { return float64(n*100/(1<<20)) / 100 }

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

// unauthorized is what endpoints answer that give no clue to those who guess.
func unauthorized() reply { return with(http.StatusUnauthorized, fields{}) }

func featureFlags(c Config) []string {
	if c.NoConnectors {
		return []string{"ghost_tables"}
	}
	return []string{"carto-connectors", "ghost_tables"}
}
