// Package spec reads manifests: carto.yaml and the files it includes become typed
// desired state in which every value knows its file, line and column.
//
// [Load] reports every fault of every file at once as [Errors], each with a place, a
// problem and, where there is one, the next step. It opens files inside a manifest's
// own directory only, opens no socket, and resolves no secret: references to secrets
// stay [secret.Text].
//
// The JSON Schema of package schema judges the shape of a manifest. This package
// translates what the schema finds and adds what a schema cannot say: names that
// CARTO would change, names declared twice, missing files, undeclared connections.
package spec
