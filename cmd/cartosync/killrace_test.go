//go:build race

package main

// killStride is large, for the race detector makes the account dear.
const killStride = 80
