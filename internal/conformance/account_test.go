package conformance

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// An account is where questions go.
type account struct {
	base      string // without a slash at its end
	user, key string
	userID    string
	token     string // in the name of everything that the run makes
	count     int    // of checks so far
	http      *http.Client
	web       *web   // serves sources, if the account can reach it
	csvURL    string // else a source that somebody else serves
	admin     string // base URL of the admin route
	invade    bool
	may       map[string]bool
	member    string // another user of the organization, by id
	provider  string // of connectors, with the table "orders"
	slots     int    // imports at the same time
	fileLimit int64  // bytes
	rowLimit  int64
	made      made
}

// made is what a run has to clean up.
type made struct{ datasets, synchronizations, connections map[string]bool }

// patience is how long a job, or an answer, may take.
const patience = 10 * time.Minute

// newAccount asks an account who it is.
func newAccount(t *testing.T, base, key string) *account {
	t.Helper()
	random := make([]byte, 4)
	rand.Read(random)
	a := &account{
		base: strings.TrimRight(base, "/"), key: key, token: "conformance_" + hex.EncodeToString(random),
		http: &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		made: made{map[string]bool{}, map[string]bool{}, map[string]bool{}},
	}
	me := (&probe{T: t, account: a}).ok("GET", "/api/v1/users/me?api_key="+url.QueryEscape(key), nil, anonymous)
	a.user, _ = me["username"].(string)
	a.userID, _ = me["id"].(string)
	number := func(keys ...string) int64 { n, _ := dig(me, keys...).(float64); return int64(n) }
	a.slots, a.fileLimit, a.rowLimit = int(number("limits", "concurrent_imports")), number("limits", "import_file_size"), number("limits", "import_table_rows")
	a.may = map[string]bool{}
	for _, right := range []string{"private_tables", "sync_tables"} {
		a.may[right], _ = dig(me, "actions", right).(bool)
	}
	flags, _ := me["feature_flags"].([]any)
	a.may["connectors"] = slices.Contains(flags, any("carto-connectors"))
	if onThisMachine(base) {
		a.web = newWeb(t)
	}
	if id, member := dig(me, "organization", "id").(string); member {
		a.member = a.someMember(t, id)
	}
	return a
}

func onThisMachine(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// someMember is the id of another user of an organization.
func (a *account) someMember(t *testing.T, organization string) string {
	t.Helper()
	users, _ := (&probe{T: t, account: a}).ok("GET", "/api/v1/organization/"+organization+"/users", nil)["users"].([]any)
	for _, u := range users {
		if id, _ := dig(u, "id").(string); id != a.userID {
			return id
		}
	}
	return ""
}

type object = map[string]any

// An answer is a response that was read to its end.
type answer struct {
	Status int
	Type   string // the Content-Type
	Body   string
	Header http.Header
}

// An option changes a request before it is sent.
type option func(*http.Request)

// anonymous sends no key.
func anonymous(r *http.Request) { r.Header.Del("Authorization") }

// with sends a header.
func with(key, value string) option { return func(r *http.Request) { r.Header.Set(key, value) } }

// raw is a body that is sent as it is, under a content type.
type raw struct{ kind, body string }

// A form is a multipart body: names and values, and a file if it has a name.
type form struct {
	field, file, content string
	values               []string
}

func (f form) encode() raw {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(f.values); i += 2 {
		w.WriteField(f.values[i], f.values[i+1])
	}
	if f.file != "" {
		part, _ := w.CreateFormFile(f.field, f.file)
		io.WriteString(part, f.content)
	}
	w.Close()
	return raw{w.FormDataContentType(), b.String()}
}

// request builds a request of the account's owner. A body that is none of ours is sent as JSON.
func (a *account) request(method, path string, body any) (*http.Request, error) {
	var plain raw
	switch b := body.(type) {
	case nil:
	case raw:
		plain = b
	case form:
		plain = b.encode()
	case url.Values:
		plain = raw{"application/x-www-form-urlencoded", b.Encode()}
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		plain = raw{"application/json", string(text)}
	}
	address := path
	if strings.HasPrefix(path, "/") {
		address = a.base + path
	}
	r, err := http.NewRequest(method, address, strings.NewReader(plain.body))
	if err != nil {
		return nil, err
	}
	if plain.kind != "" {
		r.Header.Set("Content-Type", plain.kind)
	}
	r.SetBasicAuth(a.user, a.key)
	return r, nil
}
