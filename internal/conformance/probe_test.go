package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A probe is an account under one check.
type probe struct {
	*testing.T
	*account
	prefix string // of the names that the check uses; no other check's
}

// name makes a name the check's own.
func (p *probe) name(s string) string { return p.prefix + s }

// Fatalf, Errorf and Logf print nothing that holds the account's key, which URLs and answers do: tests are logged where
// others read.
func (p *probe) Fatalf(format string, args ...any) {
	p.Helper()
	p.Fatal(p.withoutKey(fmt.Sprintf(format, args...)))
}

func (p *probe) Errorf(format string, args ...any) {
	p.Helper()
	p.Error(p.withoutKey(fmt.Sprintf(format, args...)))
}

func (p *probe) Logf(format string, args ...any) {
	p.Helper()
	p.Log(p.withoutKey(fmt.Sprintf(format, args...)))
}

func (a *account) withoutKey(text string) string {
	return strings.NewReplacer(a.key, "(key)", url.QueryEscape(a.key), "(key)").Replace(text)
}

// send makes a request that must be answered.
func (p *probe) send(method, path string, body any, options ...option) answer {
	p.Helper()
	got, err := p.try(method, path, body, options...)
	if err != nil {
		p.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

// try makes a request that may stay without an answer.
func (p *probe) try(method, path string, body any, options ...option) (answer, error) {
	r, err := p.request(method, path, body)
	if err != nil {
		return answer{}, err
	}
	for _, change := range options {
		change(r)
	}
	resp, err := p.http.Do(r.WithContext(p.Context()))
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("Content-Type"), string(b), resp.Header}, err
}

// ok makes a request that must succeed and decodes its answer.
func (p *probe) ok(method, path string, body any, options ...option) object {
	p.Helper()
	got := p.send(method, path, body, options...)
	if got.Status/100 != 2 {
		p.Fatalf("%s %s: %d %s", method, path, got.Status, got.Body)
	}
	return p.decode(got)
}

func (p *probe) get(path string, options ...option) object {
	p.Helper()
	return p.ok("GET", path, nil, options...)
}

func (p *probe) decode(a answer) object {
	p.Helper()
	o := object{}
	if a.Body == "" {
		return o
	}
	if err := json.Unmarshal([]byte(a.Body), &o); err != nil {
		p.Fatalf("the answer is not a JSON object: %v in %s", err, a.Body)
	}
	return o
}

// same compares.
func (p *probe) same(what string, want, got any) {
	p.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		p.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// refused expects an answer's status and JSON body; an empty body is "".
func (p *probe) refused(got answer, status int, body string) {
	p.Helper()
	want := answer{Status: status, Body: body}
	p.same("the answer", fmt.Sprint(want.Status, " ", want.Body), fmt.Sprint(got.Status, " ", got.Body))
	if body != "" {
		p.same("its type", "application/json; charset=utf-8", got.Type)
	}
}

// keys expects an object to have just the keys that are listed, separated by spaces.
func (p *probe) keys(what string, want string, v any) {
	p.Helper()
	o, _ := v.(object)
	list := strings.Fields(want)
	slices.Sort(list)
	var got []string
	for key := range o {
		got = append(got, key)
	}
	slices.Sort(got)
	p.same("keys of "+what, list, got)
}

// has expects an object to have at least the keys that are listed.
func (p *probe) has(what string, want string, v any) {
	p.Helper()
	o, _ := v.(object)
	for _, key := range strings.Fields(want) {
		if _, there := o[key]; !there {
			p.Errorf("%s has no %q", what, key)
		}
	}
}

// until asks again until done, with growing pauses.
func (p *probe) until(what string, done func() bool) {
	p.Helper()
	deadline := time.Now().Add(patience)
	longest := 5 * time.Second
	if p.web != nil {
		longest = 20 * time.Millisecond
	}
	for rest := time.Millisecond; !done(); rest = min(2*rest, longest) {
		if time.Now().After(deadline) {
			p.Fatalf("it never comes to pass that %s", what)
		}
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-p.Context().Done():
			timer.Stop()
			p.Fatal(p.Context().Err())
		}
	}
}

// dig follows keys into nested objects.
func dig(v any, keys ...string) any {
	for _, key := range keys {
		o, isObject := v.(object)
		if !isObject {
			return nil
		}
		v = o[key]
	}
	return v
}

// pick keeps some keys of an object, in the order of a list.
func pick(v any, keys string) object {
	o, _ := v.(object)
	picked := object{}
	for _, key := range strings.Fields(keys) {
		picked[key] = o[key]
	}
	return picked
}

func quoted(q string) string { return url.QueryEscape(q) }

func TestReportsHoldNoKey(t *testing.T) {
	a := &account{key: "k=y"}
	want := `Get "http://localhost/?api_key=(key)": {"api_key":"(key)"}`
	if got := a.withoutKey(`Get "http://localhost/?api_key=k%3Dy": {"api_key":"k=y"}`); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
