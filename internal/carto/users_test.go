package carto

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMe(t *testing.T) {
	tests := []struct {
		name, body string
		want       User
	}{
		{
			name: "an organization's user",
			body: `{"id":"77000000-0000-4000-8000-000000000000","username":"acme","email":"boss@acme.example","api_key":"` + testKey + `",
				"state":"active","account_type":"ENTERPRISE","viewer":false,"role_display":"user","quota_in_bytes":1073741824,
				"db_size_in_bytes":1000,"remaining_byte_quota":1073740824.0,"table_quota":10,"table_count":"4","remaining_table_quota":6,
				"public_dataset_quota":2,"actions":{"private_tables":true,"sync_tables":true,"engine_enabled":true},
				"limits":{"concurrent_syncs":3,"concurrent_imports":5,"import_file_size":500,"import_table_rows":600,"max_layers":8},
				"feature_flags":["carto-connectors","ghost_tables"],
				"organization":{"id":"99000000-0000-4000-8000-000000000000","name":"team","owner":{"email":"x@y.example"}},"new_key":{"a":[1]}}`,
			want: User{
				ID: "77000000-0000-4000-8000-000000000000", Username: "acme", State: "active", AccountType: "ENTERPRISE", Role: "user",
				ImportSlots: 5, SyncSlots: 3, ImportFileSize: 500, ImportRows: 600,
				QuotaBytes: 1073741824, UsedBytes: ptr[int64](1000), RemainingBytes: ptr[int64](1073740824),
				TableQuota: ptr(10), TableCount: 4, RemainingTables: ptr(6), PublicDatasetQuota: ptr(2),
				PrivateTables: true, SyncTables: true, FeatureFlags: []string{"carto-connectors", "ghost_tables"},
				Organization: &Organization{ID: "99000000-0000-4000-8000-000000000000", Name: "team"},
			},
		},
		{
			name: "nulls, defaults and a size nobody knows",
			body: `{"username":"acme","viewer":true,"quota_in_bytes":5,"db_size_in_bytes":null,"remaining_byte_quota":0.0,
				"table_quota":null,"public_dataset_quota":null,"actions":null,"limits":{},"feature_flags":null,"organization":{}}`,
			want: User{
				Username: "acme", Viewer: true, QuotaBytes: 5,
				ImportSlots: 3, SyncSlots: 3, ImportFileSize: 157286400, ImportRows: 500000,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, ok(tt.body))
			got, err := c.Me(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMeRefuses(t *testing.T) {
	tests := []struct {
		name string
		a    scripted
		want string
	}{
		{"a wrong key", scripted{status: 401},
			`GET /api/v1/users/me: 401 Unauthorized; check CARTO_API_KEY: it must be the master key of user "acme"`},
		{"somebody else's key", ok(`{"username":"Acme"}`),
			`the API key belongs to user "Acme", but the account https://acme.carto.com is that of "acme"; check the account URL and CARTO_API_KEY`},
		{"an answer for nobody", ok(`{"config":{}}`),
			"GET /api/v1/users/me: 200 OK: the answer names no user; check that the account URL points to a CARTO server's API"},
		{"a locked account", scripted{status: 404},
			"GET /api/v1/users/me: 404 Not Found; it is not there, or the account is locked or in maintenance"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.a)
			got, err := c.Me(t.Context())
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(User{}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIdentityError(t *testing.T) {
	c, _ := answering(t, ok(`{"username":"bob"}`))
	_, err := c.Me(t.Context())
	var got *IdentityError
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(IdentityError{Account: testAccount, Want: "acme", Got: "bob"}, *got); diff != "" {
		t.Error(diff)
	}
}

func TestHasFeature(t *testing.T) {
	u := User{FeatureFlags: []string{"a", "carto-connectors"}}
	if got := fmt.Sprint(u.HasFeature("carto-connectors"), u.HasFeature("carto")); got != "true false" {
		t.Error(got)
	}
}
