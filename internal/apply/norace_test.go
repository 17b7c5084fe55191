//go:build !race

package apply_test

// defaultStride keeps each test of killed runs below a few seconds.
const defaultStride = 40

// faultShare is of how many pairs of a fault and a run one is tried.
const faultShare = 3

// mostJobs is how many imports fill the slots.
const mostJobs = 300
