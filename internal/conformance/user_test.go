package conformance

import "net/http"

// userChecks are about who one is and what one may.
func userChecks() []check {
	return []check{
		{"8.1", "users/ANYTHING is you", "`GET /api/v1/users/ID` answers with the user whose key it is, whatever the id.", 0, usersIsYou},
		{"8.2", "quotas and limits", "That answer holds quotas, limits and what the account may do.", 0, quotasAndLimits},
		{"8.3", "the key is in it", "It also holds the master key in clear.", 0, keyInClear},
		{"8.4", "v4/me", "`GET /api/v4/me` names the user and where its APIs are.", 0, meV4},
		{"8.5", "members", "An organization lists its users, and whom one can share with.", members, listsMembers},
	}
}

func usersIsYou(p *probe) {
	for _, id := range []string{"me", nobody} {
		p.same(id, object{"username": p.user, "id": p.userID}, pick(p.get("/api/v1/users/"+id), "username id"))
	}
}

func quotasAndLimits(p *probe) {
	me := p.get("/api/v1/users/me")
	p.has("the user", "id username email state account_type viewer role_display org_admin created_at quota_in_bytes db_size_in_bytes remaining_byte_quota table_quota table_count "+
		"remaining_table_quota public_dataset_quota public_map_quota private_map_quota regular_api_key_quota actions limits feature_flags base_url groups failed_import_count success_import_count", me)
	p.has("actions", "private_tables private_maps sync_tables engine_enabled builder_enabled", me["actions"])
	p.has("limits", "concurrent_syncs concurrent_imports import_file_size import_table_rows max_layers", me["limits"])
}

func keyInClear(p *probe) {
	if p.get("/api/v1/users/me")["api_key"] != p.key {
		p.Error("api_key is not the master key")
	}
}

func meV4(p *probe) {
	me := p.get("/api/v4/me")
	p.keys("the answer", "username organization api_endpoints", me)
	p.same("the user", p.user, me["username"])
	p.keys("the addresses", "sql maps import auth builder", me["api_endpoints"])
}

func listsMembers(p *probe) {
	id, _ := dig(p.get("/api/v1/users/me"), "organization", "id").(string)
	users := p.get("/api/v1/organization/" + id + "/users")
	p.has("users", "users total_user_entries total_entries", users)
	grantables := p.get("/api/v1/organization/" + id + "/grantables")
	p.keys("grantables", "grantables total_entries", grantables)
	for _, g := range grantables["grantables"].([]any) {
		p.keys("one of them", "id type name avatar_url model", g)
	}
	p.same("a stranger's organization", http.StatusUnauthorized, p.send("GET", "/api/v1/organization/"+id+"/users", nil, wrong).Status)
}
