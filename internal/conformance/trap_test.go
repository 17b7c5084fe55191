package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// A naive client creates, polls and hopes: it believes what it reads. The tests below let it walk into the traps of
// docs/what-carto-does.md, each of which bears its number there. They are asked of the sandbox alone, which must bite.
type naive struct{ *probe }

func newNaive(t *testing.T) naive {
	t.Helper()
	n, _ := newNaiveIn(t)
	return n
}

// newNaiveIn gives the sandbox too, for what other users of it do.
func newNaiveIn(t *testing.T) (naive, *sandbox.Sandbox) {
	t.Helper()
	a, s := embedded(t)
	return naive{&probe{T: t, account: a}}, s
}

// missing compares what ought to be there with the list of datasets, and finds what has to be created.
func (n naive) missing(wanted []string, as ...option) []string {
	n.Helper()
	return n.without(n.get(vizPath+"?type=table&per_page=100", as...), wanted...)
}

// without are the names that are not in a list.
func (n naive) without(list object, wanted ...string) []string {
	there := n.names(list)
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(there, name) })
}

// sameJSON compares a value that was read with one that is about to be sent.
func sameJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestTrap1WrongKeyLooksLikeAnEmptyAccount(t *testing.T) {
	n := newNaive(t)
	wanted := []string{"roads", "rivers"}
	for _, name := range wanted {
		n.load(n.name(name)+".csv", "a\n1\n", "privacy", "private")
	}
	n.same("with the key", []string{}, n.missing(wanted))
	n.same("with a wrong one everything seems to be gone", wanted, n.missing(wanted, wrong))
}

func TestTrap2MeWelcomesAWrongKey(t *testing.T) {
	n := newNaive(t)
	preflight := func(path string) bool { return n.send("GET", path, nil, wrong).Status == http.StatusOK }
	n.same("what v3/me and users/me say of a wrong key", []bool{true, false}, []bool{preflight("/api/v3/me"), preflight("/api/v1/users/me")})
}

func TestTrap3BasicBeatsARightKey(t *testing.T) {
	n := newNaive(t)
	byAddress := func(r *http.Request) { r.SetBasicAuth("sandbox@example.com", n.key) }
	got := n.send("GET", "/api/v1/users/me?api_key="+n.key, nil, byAddress)
	n.same("a right key, sent twice", []any{http.StatusUnauthorized, ""}, []any{got.Status, got.Body})
}

func TestTrap50AnswersHoldSecrets(t *testing.T) {
	n := newNaive(t)
	f := n.web.serve("/"+n.name("d.csv")+"?token=s3cr3t-of-the-url", "a\n1\n")
	id, _ := n.synced(f.URL)
	legacy, _ := json.Marshal(object{"provider": n.provider, "connection": object{"password": "s3cr3t-of-the-database"}})
	n.assign(id, object{"service_name": "connector", "service_item_id": string(legacy)})
	job := n.post(object{"url": f.URL})
	log := ""
	for _, path := range []string{"/api/v1/users/me", synchronizations, vizPath + "?type=table", imports + "/" + job["id"].(string)} {
		log += n.send("GET", path, nil).Body
	}
	for what, secret := range map[string]string{"the master key": n.key, "the token of a source": "s3cr3t-of-the-url", "a database's password": "s3cr3t-of-the-database", "an address": "@example.com"} {
		if !strings.Contains(log, secret) {
			t.Errorf("who logs answers would not log %s", what)
		}
	}
}

// plain sends over http what ought to go over https, as a redirected request does on an install without certificates.
type plain struct{ seen []string }

func (p *plain) RoundTrip(r *http.Request) (*http.Response, error) {
	p.seen = append(p.seen, r.URL.Scheme+" "+r.Method)
	r = r.Clone(r.Context())
	r.URL.Scheme = "http"
	return http.DefaultTransport.RoundTrip(r)
}

func TestTrap52RedirectTurnsAWriteIntoARead(t *testing.T) {
	n := newNaive(t)
	n.inject("redirect@POST/api/v1/imports*1")
	way := &plain{}
	n.http = &http.Client{Transport: way}
	got := n.send("POST", imports, url.Values{"url": {n.csv()}})
	n.same("the requests", []string{"http POST", "https GET"}, way.seen)
	n.same("an answer that looks like success, with no job in it", []any{http.StatusOK, nil}, []any{got.Status, n.decode(got)["item_queue_id"]})
	n.same("nothing was imported", []string{"d"}, n.missing([]string{"d"}))
}
