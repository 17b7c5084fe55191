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
	if _, err := fmt.Fprintf(a.stderr, "\nCarry this out in %s? Only yes is accepted: ", p.Account); err != nil {
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
