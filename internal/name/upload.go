package name

import "strings"

// Normalize gives the name under which CARTO keeps an uploaded, downloaded or
// unpacked file: spaces become "_", ( ) ' " & are deleted, letters become lower
// case, and every ".txt" and ".tsv", wherever it stands, becomes ".csv".
//
// Source: CartoDB/cartodb: services/importer/lib/importer/unp.rb, underscore.
func Normalize(file string) string {
	file = fileCharacters.Replace(file)
	return csvEndings.Replace(lower(file))
}

var (
	fileCharacters = strings.NewReplacer(" ", "_", "(", "", ")", "", "'", "", `"`, "", "&", "")
	csvEndings     = strings.NewReplacer(".txt", ".csv", ".tsv", ".csv")
)

// Base gives the normalised name of a file without its directory and without its
// last extension: "a/My File.tar.gz" is "my_file.tar".
func Base(file string) string {
	file = Normalize(basename(file))
	return strings.TrimSuffix(file, extension(file))
}

// FromUpload gives the dataset name of an uploaded file, before collisions with
// names that are taken ([Propose]).
func FromUpload(file string) string {
	return Sanitize(Base(file))
}

// basename is Ruby's File.basename, which ignores slashes at the end.
func basename(path string) string {
	trimmed := strings.TrimRight(path, "/")
	return trimmed[strings.LastIndexByte(trimmed, '/')+1:]
}

// extension is Ruby's File.extname of a base name: the last dot and what
// follows, but nothing for names that begin with their only dot or end with one.
func extension(file string) string {
	body := strings.TrimLeft(file, ".")
	dot := strings.LastIndexByte(body, '.')
	if dot <= 0 || dot == len(body)-1 {
		return ""
	}
	return body[dot:]
}
