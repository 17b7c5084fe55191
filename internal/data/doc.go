// Package data reads data files as CARTO's importer does: as columns with the
// names and types that the finished dataset will have, and as rows.
//
// [Open] recognises a file by its name and content and lists its layers, one
// for a plain file, one per importable member for an archive. [Layer.Schema]
// is the first pass over a layer: it guesses types, names columns and finds the
// geometry. [Layer.Rows] is the second: it iterates over typed values and EWKB
// geometries. [LookAt] is one fold over a file that yields a [Look], what a plan
// says about it.
//
// It promises:
//
//   - The outcome is the importer's, losses included: rows that the importer
//     drops are dropped, numbers that it mangles are mangled, and a file that it
//     refuses gives a [*Fault] with CARTO's error code. A [Warning] says what a
//     reader of the plan should know of that.
//   - Memory is bounded by one record, whatever the size of the file, but for
//     about two bytes per row where ids have to be unique, for the shared strings
//     of a spreadsheet, and for a spreadsheet inside an archive ([Limits]).
//   - The file is not trusted. Nothing is written to disk.
//   - A fault of the file is a *Fault, a format that cannot be looked into is an
//     [*UnsupportedError], anything else is an error of reading.
//
// It leaves out what depends on the account (quotas, taken names), CARTO's
// content guessing (geocoding), and whether a polygon is valid.
//
// The rules come from CartoDB/cartodb: services/importer/lib/importer, from
// CartoDB/cartodb-postgresql (CDB_CartodbfyTable), and from GDAL, whose ogr2ogr
// does the loading; where GDAL's version matters it is 3.6.
package data
