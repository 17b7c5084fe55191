package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

// canConfirm reports whether somebody is there to be asked.
func (a *app) canConfirm() bool {
	_, ok := terminal(a.stdin)
	return ok
}

// confirm asks at the terminal whether a plan shall be carried out. Only yes is yes.
func (a *app) confirm(ctx context.Context, p plan.Plan) (bool, error) {
	return a.ask(ctx, fmt.Sprintf("\nCarry this out in %s?", p.Account))
}

func (a *app) ask(ctx context.Context, question string) (bool, error) {
	if _, err := fmt.Fprintf(a.stderr, "%s Only yes is accepted: ", question); err != nil {
		return false, err
	}
	answer := make(chan string, 1)
	go func() { // a read from a terminal cannot be called off; the process ends with it
		line, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return false, context.Cause(ctx)
	case line := <-answer:
		return strings.TrimSpace(line) == "yes", nil
	}
}
