// Package sandbox is a CARTO account in a directory: an http.Handler that answers the Import API, the datasets API and the
// SQL API as CARTO does, with its status codes, bodies and traps. It really imports what it is given, so that what was
// applied can be queried.
//
// It is made for tests, demonstrations and rehearsals. It promises that a client of CARTO can use it unchanged, that a
// client which ignores a trap of the service falls into it, that an import is complete only when its rows are there, and
// that nothing is half there after kill -9.
//
// Unlike CARTO, on purpose: it fetches from loopback addresses at any port and from its own file host, and from nowhere
// else unless allowed; only PostgreSQL is read through a driver, and only on this machine unless allowed, other databases
// are directories of CSV files; a bare host name means the configured user; and it has no Maps API.
package sandbox
