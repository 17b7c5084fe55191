//go:build !race

package plan

// defaultCases is how many random worlds the property tests look at.
const defaultCases = 2500
