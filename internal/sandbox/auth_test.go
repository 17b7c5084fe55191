package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

func basic(credential string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(credential))}}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	key := sandbox.DefaultAPIKey
	inQuery := "?api_key=" + key
	tests := []struct {
		name    string
		method  string
		path    string
		headers http.Header
		body    any
		want    int
	}{
		{"Basic", "GET", "/api/v1/users/me", basic("sandbox:" + key), nil, 200},
		{"Basic with a wrong key", "GET", "/api/v1/users/me", basic("sandbox:nope"), nil, 401},
		{"Basic with a wrong user beats a right parameter", "GET", "/api/v1/users/me" + inQuery, basic("alice:" + key), nil, 401},
		{"further pieces behind a colon are ignored", "GET", "/api/v1/users/me", basic("sandbox:" + key + ":x"), nil, 200},
		{"the scheme may be anywhere in the header", "GET", "/api/v1/users/me", http.Header{"Authorization": {"x basic " + base64.StdEncoding.EncodeToString([]byte("sandbox:"+key))}}, nil, 200},
		{"Bearer falls through to the parameter", "GET", "/api/v1/users/me" + inQuery, http.Header{"Authorization": {"Bearer abc"}}, nil, 200},
		{"Basicss is not Basic", "GET", "/api/v1/users/me", http.Header{"Authorization": {"Basicss " + base64.StdEncoding.EncodeToString([]byte("sandbox:"+key))}}, nil, 401},
		{"no key", "GET", "/api/v1/users/me", nil, nil, 401},
		{"the public key is not the master key", "GET", "/api/v1/users/me?api_key=default_public", nil, nil, 401},
		{"the query", "GET", "/api/v1/users/me" + inQuery, nil, nil, 200},
		{"the query beats the body", "POST", "/api/v1/imports?api_key=nope", nil, object{"api_key": key}, 401},
		{"a JSON body", "POST", "/api/v1/imports", nil, object{"api_key": key}, 200},
		{"a form", "POST", "/api/v1/imports", nil, url.Values{"api_key": {key}}, 200},
		{"a multipart body, the key behind the file", "POST", "/api/v1/imports", nil, upload(t, "a.csv", "a\n1\n", "api_key", key), 200},
		{"a multipart body with a wrong key", "POST", "/api/v1/imports", nil, upload(t, "a.csv", "a\n1\n", "api_key", "nope"), 401},
		{"the user in the path", "GET", "/user/sandbox/api/v1/users/me" + inQuery, nil, nil, 200},
		{"the user in the short path", "GET", "/u/sandbox/api/v1/users/me" + inQuery, nil, nil, 200},
		{"the user as a parameter", "GET", "/api/v1/users/me" + inQuery + "&user_domain=alice", nil, nil, 401},
		{"an unknown user", "GET", "/user/alice/api/v1/users/me" + inQuery, nil, nil, 401},
		{"users are case-sensitive", "GET", "/user/Sandbox/api/v1/users/me" + inQuery, nil, nil, 401},
		{"a trailing slash is no redirect", "GET", "/api/v1/users/me/" + inQuery, nil, nil, 200},
		{"v4 takes any key", "GET", "/api/v4/me?api_key=default_public", nil, nil, 200},
		{"v4 wants a key", "GET", "/api/v4/me", nil, nil, 401},
		{"v3 answers everybody", "GET", "/api/v3/me?api_key=nope", nil, nil, 200},
		{"no such route", "GET", "/api/v1/nothing" + inQuery, nil, nil, 404},
		{"no such method", "DELETE", "/api/v1/users/me" + inQuery, nil, nil, 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			a.key, a.headers = "", test.headers
			got := a.send(test.method, test.path, test.body)
			if got.Status != test.want {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			if got.Status == 401 && got.Body != "" {
				t.Errorf("the body of a 401 must be empty, it is %s", got.Body)
			}
		})
	}
}

// A wrong key looks like an account that has nothing but public datasets.
func TestWrongKeyLooksLikeAnEmptyAccount(t *testing.T) {
	a := open(t, sandbox.Config{})
	for name, privacy := range map[string]string{"open": "public", "linked": "link", "closed": "private"} {
		a.load(name+"_data.csv", "a\n1\n", "privacy", privacy)
	}
	a.key = "wrong"
	list := a.get("/api/v1/viz?type=table")
	var names []any
	for _, v := range list["visualizations"].([]any) {
		names = append(names, dig(v, "name"))
		for _, key := range []string{"map_id", "url", "locked", "synchronization"} {
			if _, there := v.(object)[key]; there {
				t.Errorf("the short form has %s", key)
			}
		}
	}
	fact(t, "only what is public is listed", []any{"open_data"}, names)
	delete(list, "visualizations")
	fact(t, "totals are missing", object{"total_entries": 1.0}, list)
	got := a.send("GET", "/api/v1/viz/closed_data", nil)
	fact(t, "a private dataset", answer{403, `{"errors":"Visualization not viewable","errors_cause":null}`, nil}, answer{got.Status, got.Body, nil}, cmp.AllowUnexported(answer{}))
	fact(t, "a dataset with a link", "LINK", a.get("/api/v1/viz/linked_data")["privacy"])
	unknownUser := a.send("GET", "/user/nobody/api/v1/viz?type=table", nil)
	fact(t, "an unknown user", `{"error":"Wrong 'username' parameter value."}`, unknownUser.Body)
}

func TestUserData(t *testing.T) {
	a := open(t, sandbox.Config{TableQuota: 5})
	a.load("stations.csv", stations)
	me := a.get("/api/v1/users/whoever")
	want := object{"username": "sandbox", "table_quota": 5.0, "remaining_table_quota": 4.0, "table_count": 1.0, "viewer": false,
		"api_key": sandbox.DefaultAPIKey, "success_import_count": 1.0, "public_dataset_quota": nil, "quota_in_bytes": float64(10 << 30)}
	keys := make([]string, 0, len(want))
	for key := range want {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	fact(t, "the account", want, pick(me, keys...))
	fact(t, "actions", object{"sync_tables": true, "private_tables": true}, pick(me["actions"].(object), "sync_tables", "private_tables"))
	fact(t, "limits", object{"concurrent_syncs": 3.0, "concurrent_imports": 3.0, "import_file_size": 157286400.0, "import_table_rows": 500000.0, "max_layers": 8.0}, me["limits"].(object))
	if left, used := me["remaining_byte_quota"].(float64), me["db_size_in_bytes"].(float64); used <= 0 || left+used != float64(10<<30) {
		t.Errorf("%v used, %v left", used, left)
	}
	fact(t, "v3 holds the same", me["id"], dig(a.get("/api/v3/me"), "user_data", "id"))
	a.key = "wrong"
	if _, there := a.get("/api/v3/me")["user_data"]; there {
		t.Error("v3 shows user_data to a wrong key")
	}
}

func TestJSONP(t *testing.T) {
	a := open(t, sandbox.Config{})
	got := a.send("GET", "/api/v1/synchronizations?callback=cb", nil)
	fact(t, "wrapped", `/**/cb({"synchronizations":[],"total_entries":0})`, got.Body)
	got = a.send("GET", "/api/v1/synchronizations?callback=a-b", nil)
	fact(t, "refused", `{"errors":{"callback":"Invalid callback format"}}`, got.Body)
	got = a.send("GET", "/api/v1/imports?callback=cb", nil)
	if !json.Valid([]byte(got.Body)) {
		t.Errorf("imports must ignore it: %s", got.Body)
	}
}
