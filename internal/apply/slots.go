package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// busyLimit is how long a run waits for an import slot while it has none and
// somebody else's imports hold all of them. CARTO frees a slot by itself in
// that time.
const busyLimit = 30 * time.Minute

const (
	// firstProbe and longestProbe bound the pause before one import more than
	// the account had room for is tried.
	firstProbe   = 250 * time.Millisecond
	longestProbe = 10 * time.Second
	// longestRest is how long the account may ask to be left alone: imports do not
	// end when it says, and whoever it asks that of waits in front of all others.
	longestRest = time.Minute
)

// slots are the account's import slots as a run knows them: so many imports run
// at once, and whoever comes first is served first.
//
// Where the account answers that its slots are taken, by other people's imports
// or by those of an interrupted run, there is room for what runs already, and
// one import at a time finds out whether there is more: after a quarter of a
// second, after twice as long each time it is refused, up to ten seconds. One
// that is accepted widens the room again, at once to the next. A refused import
// waits in front of all others, and needs no probe where one of ours ends.
type slots struct {
	limit int // of the account

	mu      sync.Mutex
	room    int             // imports that the account is known to have room for
	probing bool            // one more is tried
	taken   int             // places given out: requests under way and running imports
	running int             // imports that were accepted and have not ended
	queue   []chan struct{} // who waits for a place; closed when it is there
	pause   time.Duration   // before the next probe
	rest    time.Time       // until when the account asked to be left alone
	starved time.Time       // since when none of ours runs and the account refuses
	spent   error           // why waiting was given up
	timer   *time.Timer     // of the next probe
	limiter *time.Timer     // of busyLimit, while starved
}

func newSlots(limit int) *slots {
	return &slots{limit: limit, room: limit, pause: firstProbe}
}

// begin starts an import once there is a slot, and starts it again while the
// account answers that there is none. Nothing was created then, so this is the
// one POST that may be repeated. waiting is told of each such answer. The caller
// calls end as soon as it knows that the import has ended.
func (s *slots) begin(ctx context.Context, start func(context.Context) (string, error), waiting func()) (id string, end func(), err error) {
	for again := false; ; again = true {
		if err := s.take(ctx, again); err != nil {
			return "", nil, err
		}
		began := time.Now()
		id, err := start(ctx)
		busy := busyAnswer(err)
		switch {
		case err == nil:
			s.accepted()
			return id, sync.OnceFunc(func() { s.release(1) }), nil
		case busy == nil:
			s.release(0)
			return "", nil, err
		}
		if err := s.refused(busy, began); err != nil {
			return "", nil, err
		}
		waiting()
	}
}

// busyAnswer is the answer to a POST that all import slots are taken, nil for
// any other error.
func busyAnswer(err error) *carto.APIError {
	var api *carto.APIError
	if errors.As(err, &api) && api.Status == http.StatusTooManyRequests && api.Method == http.MethodPost {
		return api
	}
	return nil
}

// take waits for a place; whoever was refused goes to the front.
func (s *slots) take(ctx context.Context, front bool) error {
	s.mu.Lock()
	turn := make(chan struct{})
	if front {
		s.queue = slices.Insert(s.queue, 0, turn)
	} else {
		s.queue = append(s.queue, turn)
	}
	s.serve()
	s.mu.Unlock()
	select {
	case <-turn:
	case <-ctx.Done():
		s.leave(turn)
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spent != nil {
		s.taken--
	}
	return s.spent
}

// leave gives up a turn, which may have come meanwhile.
func (s *slots) leave(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.queue, turn); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		return
	}
	s.taken--
	s.serve()
}

// serve gives places to those who wait longest. The caller holds mu.
func (s *slots) serve() {
	for len(s.queue) > 0 {
		room := s.room
		if s.probing {
			room++
		}
		if s.spent == nil && (s.taken >= room || time.Now().Before(s.rest)) {
			return
		}
		s.taken++
		close(s.queue[0])
		s.queue = s.queue[1:]
	}
}

func (s *slots) accepted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	s.starved, s.spent = time.Time{}, nil
	if s.limiter != nil {
		s.limiter.Stop()
	}
	if s.running > s.room {
		s.room, s.probing, s.pause = s.running, false, firstProbe
		s.probeLater(firstProbe)
	}
	s.serve()
}

// release frees a place, of a request that started nothing or of one import that
// has ended.
func (s *slots) release(ended int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	s.running -= ended
	s.serve()
}

// refused notes that there is room for no more than what runs. A request that
// took long, such as a big upload, is not repeated sooner than it took.
func (s *slots) refused(busy *carto.APIError, began time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	s.room, s.probing = s.running, false
	switch {
	case s.running > 0:
	case s.starved.IsZero():
		s.starved = began
		s.limiter = time.AfterFunc(busyLimit-time.Since(began), func() { s.giveUp(busy) })
	case time.Since(s.starved) > busyLimit:
		s.spend(busy)
	}
	if s.spent != nil {
		s.serve()
		return s.spent
	}
	if busy.After > 0 {
		s.rest = time.Now().Add(min(busy.After, longestRest))
	}
	s.probeLater(max(jittered(s.pause), time.Since(began)))
	s.pause = min(2*s.pause, longestProbe)
	s.serve()
	return nil
}

// giveUp ends the waiting of all, unless a request is under way that may be accepted.
func (s *slots) giveUp(busy *carto.APIError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == 0 && !s.starved.IsZero() && time.Since(s.starved) >= busyLimit {
		s.spend(busy)
		s.serve()
	}
}

// spend notes that waiting for a slot was in vain. The caller holds mu.
func (s *slots) spend(busy *carto.APIError) {
	s.spent = fmt.Errorf("no import slot fell free in %s: %w", busyLimit, busy)
}

// probeLater lets one import more be tried after a while, if the account has
// more slots than there is room, and not before the account's rest is over. The
// caller holds mu.
func (s *slots) probeLater(d time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
	}
	rest := time.Until(s.rest)
	if s.room >= s.limit && rest <= 0 {
		return
	}
	s.timer = time.AfterFunc(max(d, rest), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.probing = s.room < s.limit
		s.serve()
	})
}
