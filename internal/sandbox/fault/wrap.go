package fault

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Wrap is the handler with the set's faults in front of it. Path gives the part of a request's path that rules name.
func (s *Set) Wrap(next http.Handler, path func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule, hit := s.Take(r.Method, path(r), Status, Empty, Limit, Redirect, Refuse, Lose, Reset, Truncate, Delay, Drip)
		if !hit {
			next.ServeHTTP(w, r)
			return
		}
		switch rule.Kind {
		case Delay:
			pause(r, rule.Wait)
			next.ServeHTTP(w, r)
		case Lose, Reset, Truncate, Drip:
			answer := &kept{header: http.Header{}}
			next.ServeHTTP(answer, r)
			answer.spoil(w, r, rule)
		default:
			replace(w, r, rule)
		}
	})
}

// replace answers in the place of the account.
func replace(w http.ResponseWriter, r *http.Request, rule Rule) {
	switch rule.Kind {
	case Refuse:
		panic(http.ErrAbortHandler)
	case Redirect:
		http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
	case Empty:
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(rule.Status)
	case Limit:
		io.Copy(io.Discard, r.Body)
		limited(w, rule.Wait)
	case Status:
		page(w, rule.Status)
	}
}

// limited refuses a request too many: as the SQL API does if it is told when the next one may come, else as a proxy.
// Source: CartoDB/carto-python: carto/exceptions.py.
func limited(w http.ResponseWriter, wait time.Duration) {
	if wait == 0 {
		page(w, http.StatusTooManyRequests)
		return
	}
	seconds := strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
	for key, value := range map[string]string{"Limit": "1", "Remaining": "0", "Reset": seconds} {
		w.Header().Set("Carto-Rate-Limit-"+key, value)
	}
	w.Header().Set("Retry-After", seconds)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	io.WriteString(w, `{"error":["You are over platform's limits. Please contact us to know more details"]}`)
}

// page is what a proxy shows.
func page(w http.ResponseWriter, status int) {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", text, text)
}

// pause waits, or until nobody waits for the answer any more.
func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// kept is an answer that the account has given and nobody has seen yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}

// spoil hands the answer on, as far as the rule lets it.
func (k *kept) spoil(w http.ResponseWriter, r *http.Request, rule Rule) {
	k.WriteHeader(http.StatusOK)
	body := k.body.Bytes()
	short := body[:min(len(body), rule.Bytes)]
	if rule.Bytes == 0 {
		short = body[:len(body)/2]
	}
	switch {
	case rule.Kind == Lose && rule.Status != 0:
		page(w, rule.Status)
	case rule.Kind == Lose:
		panic(http.ErrAbortHandler)
	case rule.Kind == Truncate:
		k.send(w, short, len(short))
	case rule.Kind == Reset:
		k.send(w, short, len(body))
		http.NewResponseController(w).Flush()
		cut(w)
	case rule.Kind == Drip:
		k.send(w, nil, len(body))
		drip(w, r, body, rule.Wait)
	}
}

// send writes status, header and what there is of the body.
func (k *kept) send(w http.ResponseWriter, body []byte, length int) {
	maps.Copy(w.Header(), k.header)
	if k.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(k.status)
	w.Write(body)
}

// cut ends the connection as a reset, where there is one.
func cut(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := connection.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		connection.Close()
	}
	panic(http.ErrAbortHandler)
}

// pieces is in how many parts an answer drips at most.
const pieces = 20

// drip sends a body piece by piece, each after a part of the time.
func drip(w http.ResponseWriter, r *http.Request, body []byte, d time.Duration) {
	n := min(pieces, len(body))
	for i := range n {
		pause(r, d/time.Duration(n))
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
		w.Write(body[i*len(body)/n : (i+1)*len(body)/n])
		http.NewResponseController(w).Flush()
	}
}
