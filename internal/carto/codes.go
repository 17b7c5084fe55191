package carto

import "strconv"

// A Class says what an error code calls for.
type Class string

// The classes of error codes.
const (
	ClassFix     Class = "fix"     // the file, the manifest or the account must change
	ClassRetry   Class = "retry"   // the same may succeed later
	ClassOps     Class = "ops"     // the server's operator must act
	ClassState   Class = "state"   // no error: says how a job ended
	ClassUnknown Class = "unknown" // not a code we know
)

// An Explanation says what a code of an import job or a synchronization means
// and what to do about it.
type Explanation struct {
	Code    int
	Meaning string
	Remedy  string
	Class   Class

	// Vague: the server's own text says more than Meaning does.
	Vague bool
}

// Explain looks a code up. An unknown one has a meaning that says so.
func Explain(code int) Explanation {
	e, ok := explanations[code]
	if !ok {
		e = Explanation{
			Meaning: "an error that cartosync does not know",
			Remedy:  "look the code up in CARTO's documentation",
			Class:   ClassUnknown, Vague: true,
		}
	}
	e.Code = code
	return e
}

// String is code, meaning and remedy on one line.
func (e Explanation) String() string {
	return strconv.Itoa(e.Code) + " " + e.Meaning + "; " + e.Remedy
}

func fix(meaning, remedy string) Explanation {
	return Explanation{Meaning: meaning, Remedy: remedy, Class: ClassFix}
}

func retry(meaning, remedy string) Explanation {
	return Explanation{Meaning: meaning, Remedy: remedy, Class: ClassRetry}
}

func (e Explanation) vague() Explanation {
	e.Vague = true
	return e
}

// explanations are the codes that CARTO's importer and synchronizer give.
// Source: CartoDB/cartodb: lib/cartodb/import_error_codes.rb,
// services/importer/lib/importer/exceptions.rb.
var explanations = map[int]Explanation{
	1: {Meaning: "the server's importer is not installed properly", Remedy: "ask the server's operator", Class: ClassOps},

	// The source and its file.
	1000: retry("the uploaded file could not be stored or read back", "try again"),
	1001: retry("the source answered an error", "open the source URL, and try again once it answers"),
	1002: fix("the file type was not recognised, or the archive holds no file to import", "check what the source holds: CARTO goes by the file's extension and contents"),
	1003: fix("the archive cannot be unpacked", "pack the file again as zip or gz"),
	1004: fix("the spreadsheet cannot be read", "save it again as xlsx or csv"),
	1005: fix("the file is empty", "check what writes the file"),
	1006: fix("the shapefile is broken", "export it again, with its .shx, .dbf and .prj"),
	1007: fix("the OpenStreetMap area is too large", "ask for a smaller area"),
	1008: fix("the Google Drive administrator denies access", "ask the administrator of the Google account"),
	1009: retry("Twitter answered an error", "try again later"),
	1010: fix("the request carried no file", "check that the source is a file CARTO can import"),
	1011: fix("the data service gave no data, or no longer accepts the account", "connect the service again in CARTO's dashboard, then try again"),
	1012: retry("the data service cannot be reached, or its token is no longer valid", "try again, and connect the service again in CARTO's dashboard if it stays"),
	1013: fix("the ArcGIS service is too old or not valid", "check the layer's URL: ArcGIS 10.1 or later is needed"),
	1014: fix("the name is not valid", "use lower-case letters, digits and underscores"),
	1015: fix("the query returned nothing", "check the query"),
	1016: fix("Dropbox withdrew its permission", "connect Dropbox again in CARTO's dashboard"),
	1017: fix("the file is no longer at the service that it is synchronized from", "put the file back, or change the source"),
	1018: fix("the archive has a password", "pack the file again without one"),
	1019: fix("the file has more than 50 layers", "split it into several files"),
	1020: retry("the source did not answer in time", "try again, and host the file where it downloads faster if it stays"),
	1021: fix("Box withdrew its permission", "connect Box again in CARTO's dashboard"),
	1022: {Meaning: "everything was skipped, since the datasets exist", Remedy: "nothing needs to be done", Class: ClassState},
	1023: fix("the ArcGIS server cannot be queried", "ask its operator to enable queries for the layer"),
	1100: fix("the source URL answers 404 Not Found", "check the source URL"),
	1101: fix("the source URL answers 401 Unauthorized", "check the credentials in the source URL"),
	1102: fix("the host of the source URL is unknown, or not one that CARTO may fetch from", "check the source URL: CARTO fetches public addresses on ports 80 and 443"),
	1103: retry("the transfer from the source broke off", "try again"),

	// Connectors.
	1500: retry("the connector could not read the database", "check the connection and the query, then try again").vague(),
	1501: fix("the connector, or connectors at all, are not enabled for the account", "ask CARTO's support to enable it"),
	1502: fix("the connector's parameters are not valid", "check table, sql_query, schema and the connection").vague(),

	// Contents.
	2001: fix("the rows could not be loaded", "check the file for broken rows").vague(),
	2002: fix("the encoding of the file was not recognised", "save the file as UTF-8"),
	2003: fix("the CSV or spreadsheet is malformed", "check quotes, delimiters and the number of fields per row"),
	2004: fix("there are too many columns", "leave out columns that are not needed"),
	2005: fix("a column name occurs twice", "rename one of the columns"),
	2006: fix("the encoding of the file or of its column names is wrong", "save the file as UTF-8"),
	2007: fix("the encoding of some rows is wrong", "save the file as UTF-8"),
	2008: fix("the spreadsheet is malformed", "save it again as xlsx or csv"),
	2009: fix("a style in the KML file has no id", "give every style an id"),
	2010: fix("the table cannot be made a CARTO table", "check the columns cartodb_id and the_geom"),
	2011: fix("the column cartodb_id cannot be used as a key", "remove it, or make it unique whole numbers"),
	2012: fix("the new columns do not fit the dataset's: one is missing or has another type", "keep every column of the dataset with its type, or drop it from the dataset first"),
	2013: fix("the dataset could not be replaced, since a view depends on it", "drop the view in the account's database"),
	2014: fix("some geometries are not valid", "repair the geometries"),
	3007: fix("the JSON file is not GeoJSON", "export it as GeoJSON"),
	3008: fix("the coordinate system is unknown", "export the file in WGS 84 (EPSG:4326)"),
	3009: fix("encoding or projection of the shapefile was not recognised", "add the .cpg and .prj files"),
	3101: fix("the shapefile has no .prj", "add the .prj file"),
	3201: fix("geometry collections are not supported", "export points, lines or polygons"),
	3202: fix("the KML file only links to another one", "use the file that it links to"),

	// Limits.
	6666: fix("the file is larger than the account may import", "split the file, or ask for a higher limit"),
	6667: retry("the database took too long", "try again later, and split the file if it stays"),
	6668: fix("there are more rows than the account may import", "split the file, or ask for a higher limit"),
	6669: retry("too many imports run at once", "try again when they have ended"),
	6670: fix("there are too many named map templates", "delete templates that are not needed"),
	6671: retry("the job stood still and was marked as failed", "look whether the dataset appeared all the same, then try again"),
	8001: fix("the storage quota is used up", "delete data that is not needed, or ask for more storage"),
	8002: fix("the account may have no more datasets, which also stops one from being replaced", "delete a dataset that is not needed, or ask for a higher limit"),
	8003: fix("a table could not be made from the query", "check the query").vague(),
	8004: fix("the query joins or merges columns of different types", "cast the columns to one type"),
	8005: fix("the map has too many layers", "remove layers"),
	8006: fix("the Twitter credits are used up", "buy credits"),
	8007: fix("the account may have no more maps", "delete a map that is not needed, or ask for a higher limit"),
	8008: fix("the account may have no more public datasets", "make a dataset private or link-only, or ask for a higher limit"),

	// Whatever is left.
	9999:  fix("the synchronization failed without a reason, most often since no dataset has its name", "check that the dataset still exists under the synchronization's name, and its connection"),
	99999: retry("an error that CARTO has no code for", "try again, and check the source if it stays").vague(),
}
