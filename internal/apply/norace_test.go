//go:build !race

package apply_test

// defaultStride keeps a test of killed runs below ten seconds.
const defaultStride = 9
