package apply

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/cartosync/cartosync/internal/carto"
)

// silentActions is how many actions in a row fail for want of an answer before the
// rest is not begun: each would wait for its own requests to be repeated.
const silentActions = 3

// An outage counts the actions that failed because the account does not answer, or
// no longer takes the key, since the last one that it did answer.
type outage struct {
	mu     sync.Mutex
	failed int
	last   error
	key    error // a 401 to the run's key: nothing is begun after it
}

// saw notes how an action ended.
func (o *outage) saw(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if keyRefused(err) {
		o.key = err
	}
	if !unanswered(err) {
		o.failed = 0
		return
	}
	o.failed++
	o.last = err
}

// over says why no further action is begun, nil while the account answers.
func (o *outage) over() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.key != nil {
		return &keyError{}
	}
	if o.failed < silentActions {
		return nil
	}
	return &outageError{o.last}
}

// An outageError says that an action was not begun because others got no answer.
type outageError struct{ last error }

func (e *outageError) Error() string {
	return fmt.Sprintf("not begun, since %d actions in a row got no answer from the account; see why they failed", silentActions)
}

func (*outageError) again() string { return "when it answers" }

func (e *outageError) Unwrap() error { return e.last }

// A keyError says that an action was not begun because the account refused the key
// of another. That one's message has the remedy.
type keyError struct{}

func (*keyError) Error() string {
	return "not begun, since the account refused the key; see the action that says so"
}

func (*keyError) again() string { return "with a key that it takes" }

// keyRefused reports whether an action failed because the account refused the key: a
// 401 to anything but synchronizations, which the account may not have.
func keyRefused(err error) bool {
	var begun *keyError
	var api *carto.APIError
	return !errors.As(err, &begun) && errors.As(err, &api) && api.Status == http.StatusUnauthorized &&
		!strings.HasPrefix(api.Path, "/api/v1/synchronizations")
}

// unanswered reports whether an action failed because of the account as a whole: a
// request got no answer, only a proxy's, or the key is no longer taken. CARTO
// answers 401 also to a write of synchronizations that the account may not have. What
// becomes of a POST tells nothing about the account: a proxy may give up on a slow
// upload. An action whose requests all fail has read something before.
func unanswered(err error) bool {
	var transport *carto.TransportError
	var api *carto.APIError
	switch {
	case errors.As(err, &api):
		reading := api.Method == http.MethodGet || api.Method == http.MethodHead
		return api.Status == http.StatusUnauthorized && reading || api.Status > http.StatusInternalServerError && !posted(err)
	case errors.As(err, &transport):
		return transport.Path != "" && !posted(err)
	}
	return false
}
