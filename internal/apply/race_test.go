//go:build race

package apply_test

// defaultStride is large, for the race detector makes each run dear.
const defaultStride = 80

// faultShare is of how many pairs of a fault and a run one is tried.
const faultShare = 7

// mostJobs is how many imports fill the slots: fewer, for the same reason.
const mostJobs = 120
