//go:build !race

package main

// killStride says which of the requests that change something an apply is killed at, unless all are asked for.
const killStride = 40
