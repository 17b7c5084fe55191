package main

import (
	"context"
	"os"
)

func main() {
	ctx := signals(context.Background())
	os.Exit(run(ctx, os.Args[1:], streams{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.LookupEnv))
}
