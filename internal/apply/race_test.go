//go:build race

package apply_test

// defaultStride is large, for the race detector makes each run dear.
const defaultStride = 36
