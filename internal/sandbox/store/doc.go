// Package store keeps the state of a sandbox account in one SQLite database: users, datasets and maps, import jobs,
// synchronizations, stored connections, and the tables of the datasets themselves, which the SQL API reads.
//
// It promises that a transaction is there whole or not at all, also after kill -9, that one process at a time uses a
// directory, and that SQL sent by clients never reaches the tables that hold the account's own state. There is one write
// connection with immediate transactions, and a pool of connections that can only read.
//
// It knows nothing of HTTP, of files to import or of time: the clock is handed to [Open].
package store
