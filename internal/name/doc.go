// Package name holds CARTO's naming rules: which dataset a file, a URL or a
// wanted name ends up as, and which columns a header ends up as.
//
// It promises to give, for the same input, the very name that CARTO's server
// gives. Every rule says where in the public server source it was read. The
// rules are pure functions of text: nothing here opens a file or a connection.
//
// There are two families of names.
//
//   - A dataset name starts as a file name. [Normalize] rewrites the file name,
//     [Base] takes off its last extension, [Sanitize] makes a table name of the
//     rest, and [Propose] appends a number when that name is taken. [FromURL]
//     says which file name a download gets.
//   - A column name goes through two stages, one of the converter that loads
//     the file ([Launder]) and one of CARTO itself ([SanitizeColumns]).
//
// It leaves out what a file holds (package data) and which names an account
// already uses (the caller says so).
package name
