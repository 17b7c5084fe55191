// Package work does what a CARTO account does behind its API: it runs import jobs, keeps the schedule of
// synchronizations, fetches URLs and reads remote databases.
//
// It promises that a job is complete only when its rows are there: rows are loaded aside, and one transaction makes them
// the dataset, registers it and ends the job. What a crash cuts short begins again. Nothing but loopback addresses, the
// sandbox's own file host and hosts that were allowed is ever fetched.
//
// All time comes from a [Clock]. The package knows nothing of requests and answers.
package work
