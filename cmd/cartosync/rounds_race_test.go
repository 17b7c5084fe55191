//go:build race

package main

// defaultRounds is how many pairs of runs are started at once. The race detector makes each dear.
const defaultRounds = 1
