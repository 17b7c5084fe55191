package carto

import (
	"context"
)

// A User is the account's owner, with the limits and rights that decide what
// may be asked of the account. The API key and e-mail address in the server's
// answer are not kept.
type User struct {
	ID          string
	Username    string
	AccountType string
	State       string
	Role        string // role_display: user, viewer, admin, ...
	Viewer      bool   // may only read

	ImportSlots    int   // import jobs that may run at once
	SyncSlots      int   // scheduled synchronizations that may run at once
	ImportFileSize int64 // largest import, bytes
	ImportRows     int64 // most rows of one import

	QuotaBytes     int64 // storage, bytes
	UsedBytes      *int64
	RemainingBytes *int64 // nil where the server does not know the size in use

	TableQuota         *int // most datasets; nil means no limit
	TableCount         int
	RemainingTables    *int // nil means no limit
	PublicDatasetQuota *int // nil means no limit

	PrivateTables bool // datasets may be private
	SyncTables    bool // synchronizations are enabled

	FeatureFlags []string
	Organization *Organization // nil for a user on their own
}

// An Organization is the organization that a user belongs to.
type Organization struct {
	ID   string
	Name string
}

// HasFeature reports whether a feature flag is set, such as carto-connectors.
func (u User) HasFeature(flag string) bool {
	for _, f := range u.FeatureFlags {
		if f == flag {
			return true
		}
	}
	return false
}

// What CARTO allows where an account says nothing else.
// Source: CartoDB/cartodb: app/models/carto/helpers/user_commons.rb.
const (
	defaultImportSlots    = 3
	defaultSyncSlots      = 3
	defaultImportFileSize = 157_286_400
	defaultImportRows     = 500_000
)

type wireUser struct {
	ID                 text    `json:"id"`
	Username           text    `json:"username"`
	AccountType        text    `json:"account_type"`
	State              text    `json:"state"`
	Role               text    `json:"role_display"`
	Viewer             flag    `json:"viewer"`
	QuotaBytes         number  `json:"quota_in_bytes"`
	UsedBytes          number  `json:"db_size_in_bytes"`
	RemainingBytes     number  `json:"remaining_byte_quota"`
	TableQuota         number  `json:"table_quota"`
	TableCount         number  `json:"table_count"`
	RemainingTables    number  `json:"remaining_table_quota"`
	PublicDatasetQuota number  `json:"public_dataset_quota"`
	FeatureFlags       texts   `json:"feature_flags"`
	Actions            actions `json:"actions"`
	Limits             limits  `json:"limits"`
	Organization       optional[struct {
		ID   text `json:"id"`
		Name text `json:"name"`
	}] `json:"organization"`
}

type actions struct {
	PrivateTables flag `json:"private_tables"`
	SyncTables    flag `json:"sync_tables"`
}

type limits struct {
	ImportSlots    number `json:"concurrent_imports"`
	SyncSlots      number `json:"concurrent_syncs"`
	ImportFileSize number `json:"import_file_size"`
	ImportRows     number `json:"import_table_rows"`
}

// Me reads the owner of the key. It is the identity check and comes before
// everything else: this answer alone is refused for a wrong key, whereas the
// list of datasets then shows the public ones only and looks like an empty
// account. The server ignores which user is asked for and answers for the key's.
// Errors: an *APIError that is ErrUnauthorized, or an *IdentityError.
// Source: CartoDB/cartodb: app/controllers/carto/api/users_controller.rb.
func (c *Client) Me(ctx context.Context) (User, error) {
	const path = "/api/v1/users/me"
	var w wireUser
	if err := c.read(ctx, path, nil, &w); err != nil {
		return User{}, err
	}
	if w.Username == "" {
		return User{}, problem("GET", path, "the answer names no user", "check that the account URL points to a CARTO server's API")
	}
	if string(w.Username) != c.account.User {
		return User{}, &IdentityError{Account: c.account.URL, Want: c.account.User, Got: clip(string(w.Username), maxSnippet)}
	}
	return w.user(), nil
}

func (w wireUser) user() User {
	u := User{
		ID: string(w.ID), Username: string(w.Username), AccountType: string(w.AccountType),
		State: string(w.State), Role: string(w.Role), Viewer: bool(w.Viewer),
		ImportSlots:        int(w.Limits.ImportSlots.or(defaultImportSlots)),
		SyncSlots:          int(w.Limits.SyncSlots.or(defaultSyncSlots)),
		ImportFileSize:     w.Limits.ImportFileSize.or(defaultImportFileSize),
		ImportRows:         w.Limits.ImportRows.or(defaultImportRows),
		QuotaBytes:         w.QuotaBytes.or(0),
		TableQuota:         w.TableQuota.pointer(),
		TableCount:         int(w.TableCount.or(0)),
		RemainingTables:    w.RemainingTables.pointer(),
		PublicDatasetQuota: w.PublicDatasetQuota.pointer(),
		PrivateTables:      bool(w.Actions.PrivateTables),
		SyncTables:         bool(w.Actions.SyncTables),
		FeatureFlags:       w.FeatureFlags,
	}
	u.ImportSlots = max(u.ImportSlots, 1)
	if w.UsedBytes.ok { // without it the remaining quota reads 0.0, which is not meant
		u.UsedBytes = &w.UsedBytes.n
		if w.RemainingBytes.ok {
			u.RemainingBytes = &w.RemainingBytes.n
		}
	}
	if w.Organization.ok {
		u.Organization = &Organization{ID: string(w.Organization.value.ID), Name: string(w.Organization.value.Name)}
	}
	return u
}
