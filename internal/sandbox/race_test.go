//go:build race

package sandbox_test

// manyRows is for imports that take a while; the race detector makes each row dear.
const manyRows = 1500

// clients is how many use the sandbox at the same time.
const clients = 5
