//go:build !race

package main

// manyChanges is how many datasets are planned at once.
const manyChanges = 5000
