// Package plan compares what a manifest declares with what an account holds
// and says, as data, what has to be done.
//
// It is two pure functions. [Ask] names the datasets whose live rows and
// columns must be known, [Compute] decides. Both take values and return a
// value: no context, no error, no I/O, no clock but [Account.ReadAt], and the
// same input always gives the same plan. Whatever can fail has failed before.
//
// The package owns what identifies a dataset as ours, since everything else
// follows from it: the two marker tags ([Marker]), the fingerprint of a source
// ([Fingerprint]), the names of staging datasets ([StagingName]) and of stored
// connections ([ConnectionName]).
//
// It leaves out how a plan is printed (package render) and how it is carried
// out (package apply).
package plan
