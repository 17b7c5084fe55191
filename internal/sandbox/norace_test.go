//go:build !race

package sandbox_test

// manyRows is for imports that take a while: several chunks of rows.
const manyRows = 20000

// clients is how many use the sandbox at the same time.
const clients = 50
