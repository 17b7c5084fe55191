//go:build !race

package main

// defaultRounds is how many pairs of runs are started at once.
const defaultRounds = 2
