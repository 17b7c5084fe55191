package main

import (
	"context"
	"fmt"
	"io"
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
	answer, err := a.answer(ctx, question+" Only yes is accepted: ")
	return answer == "yes", err
}

// confirmNames asks at the terminal for the name of each project that a plan
// destroys, and returns the first that is not given, "" if all are.
func (a *app) confirmNames(ctx context.Context, p plan.Plan) (missed string, err error) {
	for _, project := range p.Projects {
		answer, err := a.answer(ctx, fmt.Sprintf("\nType %s to destroy that project in %s: ", project, p.Account))
		if err != nil || answer != project {
			return project, err
		}
	}
	return "", nil
}

// answer asks a question, and returns the line that is typed.
func (a *app) answer(ctx context.Context, question string) (string, error) {
	if _, err := io.WriteString(a.stderr, question); err != nil {
		return "", err
	}
	answer := make(chan string, 1)
	go func() { // a read from a terminal cannot be called off; the process ends with it
		answer <- readLine(a.stdin)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return "", context.Cause(ctx)
	case line := <-answer:
		return strings.TrimSpace(line), nil
	}
}

// readLine reads to the end of a line and not beyond, for another question may follow.
func readLine(r io.Reader) string {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		if n > 0 && b[0] != '\n' {
			line = append(line, b[0])
		}
		if err != nil || n > 0 && b[0] == '\n' {
			return string(line)
		}
	}
}
