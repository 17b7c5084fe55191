package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A first signal ends a run politely, a second one at once. Only what changes an
// account knows the difference: everything else ends with the first.
//
// Whoever ends programs does not wait for long. GitHub Actions sends SIGINT,
// SIGTERM after 7.5 seconds, and kills after 10; docker stop and most others send
// SIGTERM, and kill after 10 seconds. So a polite end takes at most [grace], and
// what follows, which is mainly writing the report, no more than [hurry].
// Source: actions/runner, src/Runner.Sdk/ProcessInvoker.cs.
const (
	grace = 8 * time.Second
	hurry = time.Second
)

// signals returns a context that ends with the first signal and knows of the
// second. After that one the process ends by itself if the run has not come to
// an end within [hurry], or with a third signal.
func signals(parent context.Context) context.Context {
	received := make(chan os.Signal, 3)
	signal.Notify(received, os.Interrupt, syscall.SIGTERM)
	polite, interrupt := context.WithCancelCause(parent)
	insistent, insist := context.WithCancelCause(parent)
	go func() {
		interrupt(signalError{<-received})
		insist(signalError{<-received})
		select {
		case <-received:
		case <-time.After(hurry):
		}
		os.Exit(exitFailed)
	}()
	return withInsistence(polite, insistent)
}

// outlivePipes lets the process go on when whoever reads its output has gone, as head does: what is written then fails,
// and does not end the process. Whatever changes an account calls it first, to come to its end and to leave its report.
func outlivePipes() { signal.Ignore(syscall.SIGPIPE) }

// A signalError is the signal that ended a context.
type signalError struct{ os.Signal }

func (e signalError) Error() string { return e.String() + " signal received" }

type insistenceKey struct{}

// withInsistence lets ctx know a context that ends with the second signal.
func withInsistence(ctx, insistent context.Context) context.Context {
	return context.WithValue(ctx, insistenceKey{}, insistent)
}

// errGrace says why a run was ended that no second signal ended.
var errGrace = fmt.Errorf("%s were over since it was interrupted", grace)

// finishing returns a context for what a first signal lets come to its end: it
// ends with the second signal, or when [grace] is over.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	last, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var timer *time.Timer
	started := make(chan struct{})
	first := context.AfterFunc(ctx, func() {
		timer = time.AfterFunc(grace, func() { cancel(errGrace) })
		close(started)
	})
	second := func() bool { return true }
	if insistent, ok := ctx.Value(insistenceKey{}).(context.Context); ok {
		second = context.AfterFunc(insistent, func() { cancel(context.Cause(insistent)) })
	}
	return last, func() {
		if !first() {
			<-started
			timer.Stop()
		}
		second()
		cancel(errors.New("the run is over"))
	}
}
