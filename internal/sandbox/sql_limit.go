package sandbox

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A sqlLimit counts the requests of the SQL API. An account may send burst of them at once and gains one back in every
// interval. The sandbox gives more than any plan, so that only a fault on purpose refuses requests; the headers are true.
// Source: CartoDB/CartoDB-SQL-API: lib/api/middlewares/rate-limit.js; CartoDB/cartodb: app/models/carto/rate_limit.rb.
type sqlLimit struct {
	mu   sync.Mutex
	full time.Time // when the burst is whole again
}

const (
	sqlBurst    = 1000
	sqlInterval = time.Millisecond
)

// count takes one request off what is left, and says so in the headers. Nobody is refused when nothing is left.
func (l *sqlLimit) count(h http.Header, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full.Before(now) {
		l.full = now
	}
	if used := l.full.Sub(now); used < sqlBurst*sqlInterval {
		l.full = l.full.Add(sqlInterval)
	}
	owed := l.full.Sub(now)
	h.Set("Carto-Rate-Limit-Limit", strconv.Itoa(sqlBurst))
	h.Set("Carto-Rate-Limit-Remaining", strconv.FormatInt(int64(sqlBurst-owed/sqlInterval), 10))
	h.Set("Carto-Rate-Limit-Reset", strconv.FormatInt(int64((owed+time.Second-1)/time.Second), 10))
}
