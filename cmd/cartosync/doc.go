// Command cartosync keeps the datasets of a CARTO account equal to a manifest.
//
// This package holds what belongs to the command line: the grammar, which
// account and which key a run speaks for, the wiring of the other packages,
// streams and exit codes. It decides nothing about datasets.
//
// Rules of output:
//
//   - Results go to stdout: plans, reports, schemas, how to reach a sandbox.
//     With --format json that is one JSON document, on failure too.
//   - Everything else goes to stderr: progress, questions, warnings, and every
//     error, once, with what to do next.
//   - Colours are for terminals only, and not with --no-color or NO_COLOR.
//   - A question is asked only if somebody at a terminal can answer it.
//
// Exit codes are in exit.go.
package main
