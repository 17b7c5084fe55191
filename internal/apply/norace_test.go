//go:build !race

package apply_test

// defaultStride keeps a test of killed runs below ten seconds.
const defaultStride = 9

// mostJobs is how many imports fill the slots.
const mostJobs = 300
