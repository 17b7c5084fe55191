// Package live reads an account into the planner's values and answers the
// planner's questions about it.
//
// It promises that an account nobody touched reads the same every time, that
// reading costs a handful of requests however many datasets there are, and that
// nothing is read before the key has been shown to be the account's own master
// key: a lesser key sees the public datasets alone, and everything else would
// look as if it had to be created. It only reads, so it works with a client
// that refuses to write.
//
// It leaves out the manifest, which it never sees, and any judgement about what
// is there.
package live
