//go:build race

package main

// manyChanges is how many datasets are planned at once. The race detector makes each dear.
const manyChanges = 3000
