// Package store keeps the state of a sandbox account and the tables of its datasets, which the SQL API reads and changes.
// The state (users, datasets and maps, import jobs, synchronizations, stored connections) is one SQLite database; every
// table is a database file of its own beside it, which the state names.
//
// It promises that a change of the state is there whole or not at all, also after kill -9, as is a change by SQL of rows
// and columns; that a request which also creates, drops or renames tables never leaves half a table or a name without one;
// that one process at a time uses a directory; and that SQL sent by clients never reaches the account's own state. There is
// one connection that writes the state, with immediate transactions. Tables are filled and changed without it, so that
// nobody waits for a long import.
//
// It knows nothing of HTTP, of files to import or of time: the clock is handed to [Open].
package store
