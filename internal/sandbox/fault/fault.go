// Package fault makes a sandbox fail on demand, as networks, proxies and servers fail: answers are lost, replaced by the
// error page of a proxy, or late.
//
// It promises that a fault hits just the requests that its rule names, in the order in which rules were added, and no
// more often than the rule says. It knows nothing of CARTO: it wraps any handler.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Kind is what goes wrong.
type Kind string

// The kinds of faults. Their value in a rule is a status, a duration or nothing.
const (
	Status   Kind = "status"   // a proxy answers with this status and an HTML page; the account never sees the request
	Refuse   Kind = "refuse"   // the connection is cut before the account sees the request
	Lose     Kind = "lose"     // the account carries the request out, and the connection is cut before the answer
	Delay    Kind = "delay"    // the request waits this long first
	Redirect Kind = "redirect" // 301 to the same address under https, as of an install that demands it
)

// A Rule says which requests a fault hits.
type Rule struct {
	Kind   Kind
	Status int           // for Status
	Wait   time.Duration // for Delay
	Method string        // "" is any
	Path   string        // the request's path, without user prefix, begins with it; "" is any
	Skip   int           // how many requests pass first
	Times  int           // how many requests are hit then; 0 is all
}

// Parse reads KIND[=VALUE][@METHOD][/PATH][+SKIP][*TIMES], such as "lose@POST/api/v1/imports*1" or "status=502".
func Parse(text string) (Rule, error) {
	r := Rule{}
	rest, err := cutNumber(text, "*", &r.Times)
	if err == nil {
		rest, err = cutNumber(rest, "+", &r.Skip)
	}
	if err != nil {
		return r, fmt.Errorf("fault %q: %w", text, err)
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, r.Path = rest[:i], rest[i:]
	}
	rest, r.Method, _ = strings.Cut(rest, "@")
	kind, value, valued := strings.Cut(rest, "=")
	r.Kind = Kind(kind)
	switch r.Kind {
	case Status:
		if r.Status, err = strconv.Atoi(value); err != nil || r.Status < 400 || r.Status > 599 {
			err = errors.New("the status must be between 400 and 599")
		}
	case Delay:
		if r.Wait, err = time.ParseDuration(value); err != nil || r.Wait < 0 {
			err = errors.New("the delay must be a duration such as 2s")
		}
	case Refuse, Lose, Redirect:
		if valued {
			err = fmt.Errorf("%s takes no value", kind)
		}
	default:
		err = fmt.Errorf("unknown kind %q; kinds are status=N, refuse, lose, delay=D, redirect", kind)
	}
	if err != nil {
		return r, fmt.Errorf("fault %q: %w", text, err)
	}
	return r, nil
}

// cutNumber takes a number behind the last mark off the end of a text.
func cutNumber(text, mark string, to *int) (string, error) {
	i := strings.LastIndex(text, mark)
	if i < 0 {
		return text, nil
	}
	n, err := strconv.Atoi(text[i+1:])
	if err != nil || n < 0 {
		return "", fmt.Errorf("%q is no count", text[i+1:])
	}
	*to = n
	return text[:i], nil
}

// A Set is the faults of one sandbox. The zero value has none; it is safe for concurrent use.
type Set struct {
	mu    sync.Mutex
	rules []*Rule
}

// Add puts a rule behind the others.
func (s *Set) Add(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &r)
}

// Clear removes all rules.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// take finds the first rule that hits a request and counts it.
func (s *Set) take(method, path string) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.rules {
		if r.Method != "" && r.Method != method || !strings.HasPrefix(path, r.Path) {
			continue
		}
		if r.Skip > 0 {
			r.Skip--
			continue
		}
		hit := *r
		if r.Times == 1 {
			s.rules = slices.Delete(s.rules, i, i+1)
		} else if r.Times > 1 {
			r.Times--
		}
		return hit, true
	}
	return Rule{}, false
}

// Wrap is the handler with the set's faults in front of it. Path gives the part of a request's path that rules name.
func (s *Set) Wrap(next http.Handler, path func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule, hit := s.take(r.Method, path(r))
		if !hit {
			next.ServeHTTP(w, r)
			return
		}
		switch rule.Kind {
		case Status:
			page(w, rule.Status)
		case Refuse:
			panic(http.ErrAbortHandler)
		case Lose:
			next.ServeHTTP(&lost{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		case Redirect:
			http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
		case Delay:
			timer := time.NewTimer(rule.Wait)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
			}
			next.ServeHTTP(w, r)
		}
	})
}

// page is what a proxy shows.
func page(w http.ResponseWriter, status int) {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", text, text)
}

// lost takes an answer that nobody will see.
type lost struct{ header http.Header }

func (l *lost) Header() http.Header         { return l.header }
func (l *lost) Write(b []byte) (int, error) { return len(b), nil }
func (l *lost) WriteHeader(int)             {}
