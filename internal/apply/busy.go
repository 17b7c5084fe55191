package apply

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// WhileBusy starts an import job and starts again while the account answers
// that all its import slots are taken. Nothing was created then, so this is the
// one POST that may be repeated. The pauses double from a quarter of a second to
// ten seconds, jittered, or are what the server asks for; after half an hour it
// gives up. waiting is told of each refusal.
func WhileBusy(ctx context.Context, start func(context.Context) (string, error), waiting func()) (string, error) {
	id, _, err := newSlots(1).begin(ctx, start, waiting)
	return id, err
}

// busyCause says in words why the account answered 429 to an import: CARTO's own
// answer speaks of import slots; a limit of the rate of requests, which a proxy may
// set too, does not.
// Source: CartoDB/cartodb, app/controllers/api/json/imports_controller.rb.
func busyCause(err error) string {
	if api := busyAnswer(err); api != nil && !strings.Contains(strings.Join(api.Messages, " "), "import slot") {
		return "the server takes no more requests for the moment (429 Too Many Requests)"
	}
	return "all import slots of the account are taken"
}

// posted reports whether an error is that of a POST.
func posted(err error) bool {
	var api *carto.APIError
	var transport *carto.TransportError
	switch {
	case errors.As(err, &api):
		return api.Method == http.MethodPost
	case errors.As(err, &transport):
		return transport.Method == http.MethodPost
	}
	return false
}

// Poll calls done at growing, jittered pauses (an eighth of the time that has
// passed, between a tenth of a second and ten seconds) until it says true or
// fails. When the limit is over it returns [ErrTimeout].
func Poll(ctx context.Context, limit time.Duration, done func(context.Context) (bool, error)) error {
	began := time.Now()
	waiting, over := patience(ctx)
	defer over()
	for {
		ok, err := done(ctx)
		if err != nil || ok {
			return err
		}
		age := time.Since(began)
		if age > limit {
			return ErrTimeout
		}
		if err := sleep(waiting, jittered(min(max(age/8, 100*time.Millisecond), 10*time.Second))); err != nil {
			return err
		}
	}
}

// ErrTimeout says that what was polled for has not come within the limit.
var ErrTimeout = errors.New("it took too long")

// jittered is d, up to a fifth more or less, so that clients do not march in
// step.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
