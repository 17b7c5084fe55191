//go:build race

package apply_test

// defaultStride is large, for the race detector makes each run dear.
const defaultStride = 36

// mostJobs is how many imports fill the slots: fewer, for the same reason.
const mostJobs = 120
