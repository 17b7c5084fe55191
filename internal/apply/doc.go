// Package apply carries a plan out.
//
// It works through the actions phase by phase with a pool as wide as the
// account's import slots. Every action is a list of named steps; each step
// looks whether it is already done, does it, and verifies the result, so that
// an action may be begun again at any point. Before an action starts, the live
// objects are compared with what the plan saw: if somebody changed them since,
// the action is refused and the others go on.
//
// New contents are imported under a staging name and published only once they
// are what was expected. A dataset that exists is never deleted and created
// again to change it.
//
// The package leaves out deciding (package plan) and printing (package
// render): it returns a [Report].
package apply
