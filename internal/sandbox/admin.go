package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// adminPrefix is where a sandbox is steered that was opened with Config.Admin. A real account has nothing there:
//
//	GET    /_sandbox/clock                      {"now":"2026-01-02T03:04:05.000Z","speed":1}
//	POST   /_sandbox/clock {"advance":"1h"}     the same, an hour later, with "runs": the synchronizations that ran meanwhile
//	                       {"advance":"1h","wait":false}  does not wait for them, and each that is due runs once
//	GET    /_sandbox/faults                     {"faults":[{"fault":"lose@POST/api/v1/imports*1","seen":0,"hits":0}]}
//	POST   /_sandbox/faults {"faults":["lose*1"],"seed":7}  adds rules behind the others; the seed may be left out
//	DELETE /_sandbox/faults                     removes all rules
//
// The same is below the account's own address, /user/NAME/_sandbox/. Every request needs the master key by HTTP Basic;
// errors are {"error":"..."}.
const adminPrefix = "/_sandbox/"

// withAdmin answers requests for the admin route and hands on all others. No fault hits it. What a web page lets a browser
// send is refused: requests from other origins, and, as everybody knows the default key, those for a host name that may
// be the page's own.
func (s *Sandbox) withAdmin(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"GET " + adminPrefix + "clock":     s.adminClock,
		"POST " + adminPrefix + "clock":    s.adminAdvance,
		"GET " + adminPrefix + "faults":    s.adminFaults,
		"POST " + adminPrefix + "faults":   s.adminInject,
		"DELETE " + adminPrefix + "faults": s.adminClear,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.sendAdmin(w, r, handle) })
	}
	mux.HandleFunc(adminPrefix, func(w http.ResponseWriter, _ *http.Request) {
		adminFault(w, http.StatusNotFound, "the admin route has clock and faults; see cartosync sandbox --help")
	})
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path := splitUser(r.URL.Path)
		switch user, key, given := r.BasicAuth(); {
		case !strings.HasPrefix(path, adminPrefix):
			next.ServeHTTP(w, r)
		case !given || user != s.owner.Name || !s.isMaster(key):
			w.Header().Set("WWW-Authenticate", `Basic realm="cartosync sandbox"`)
			adminFault(w, http.StatusUnauthorized, "send the user name and the master key by HTTP Basic")
		case s.config.APIKey == DefaultAPIKey && !isOwnHost(host(r)):
			adminFault(w, http.StatusForbidden, "with the default key, use an address or localhost instead of "+host(r))
		default:
			below := r.Clone(r.Context())
			below.URL.Path, below.URL.RawPath = path, ""
			guarded.ServeHTTP(w, below)
		}
	})
}

// isOwnHost tells whether a host is one that no web page has: an address, localhost, or a name reserved for tests.
func isOwnHost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".test") || net.ParseIP(strings.Trim(host, "[]")) != nil
}

func (s *Sandbox) sendAdmin(w http.ResponseWriter, r *http.Request, handle func(*http.Request) (any, error)) {
	body, err := handle(r)
	var bad *adminError
	switch {
	case errors.As(err, &bad):
		adminFault(w, http.StatusBadRequest, bad.Error())
	case err != nil:
		adminFault(w, http.StatusInternalServerError, err.Error())
	case body == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		s.send(w, r, reply{status: http.StatusOK, body: body, plain: true})
	}
}

func adminFault(w http.ResponseWriter, status int, text string) {
	b, _ := json.Marshal(map[string]string{"error": text})
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b)
}

// adminError is a request that is wrong.
type adminError struct{ problem string }

func (e *adminError) Error() string { return e.problem }

func wrong(format string, args ...any) error { return &adminError{fmt.Sprintf(format, args...)} }

// readAdmin reads a body that is one JSON object with no other keys than to has.
func readAdmin(r *http.Request, to any) error {
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return wrong("the body is not as it should be: %v", err)
	}
	return nil
}

func (s *Sandbox) adminClock(*http.Request) (any, error) { return s.clockShape(), nil }

func (s *Sandbox) clockShape() fields {
	return fields{{"now", when(s.clock.Now())}, {"speed", s.clock.Speed()}}
}

// maxAdvance bounds how far one request sets the clock.
const maxAdvance = 366 * 24 * time.Hour

func (s *Sandbox) adminAdvance(r *http.Request) (any, error) {
	body := struct {
		Advance string
		Wait    *bool
	}{}
	if err := readAdmin(r, &body); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil || d < 0 || d > maxAdvance {
		return nil, wrong(`"advance" must be a duration from 0s to %s, such as "1h30m"`, maxAdvance)
	}
	if body.Wait != nil && !*body.Wait {
		s.worker.Jump(d)
		return s.clockShape(), nil
	}
	runs, err := s.worker.Advance(r.Context(), d)
	if err != nil {
		return nil, fmt.Errorf("advance the clock by %s: %w", d, err)
	}
	return append(s.clockShape(), field{"runs", runs}), nil
}

func (s *Sandbox) adminFaults(*http.Request) (any, error) { return s.faultShape(), nil }

func (s *Sandbox) faultShape() fields {
	list := []fields{}
	for _, c := range s.faults.Counts() {
		list = append(list, fields{{"fault", c.String()}, {"seen", c.Seen}, {"hits", c.Hits}})
	}
	return fields{{"faults", list}}
}

func (s *Sandbox) adminInject(r *http.Request) (any, error) {
	body := struct {
		Faults []string
		Seed   *uint64
	}{}
	if err := readAdmin(r, &body); err != nil {
		return nil, err
	}
	rules := make([]fault.Rule, len(body.Faults))
	for i, text := range body.Faults {
		var err error
		if rules[i], err = fault.Parse(text); err != nil {
			return nil, wrong("%v", err)
		}
	}
	if body.Seed != nil {
		s.faults.Seed(*body.Seed)
	}
	for _, rule := range rules {
		s.faults.Add(rule)
	}
	return s.faultShape(), nil
}

func (s *Sandbox) adminClear(*http.Request) (any, error) {
	s.faults.Clear()
	return nil, nil
}
