package work

// A Text explains an error code to people, as get_error_text shows it. Source is who can help: user, cartodb, external.
type Text struct {
	Title  string `json:"title"`
	What   string `json:"what_about"`
	Source string `json:"source"`
}

// ErrorText is the text of a code, false if it has none. Titles are the server's, explanations the sandbox's own.
// Source: CartoDB/cartodb: lib/cartodb/import_error_codes.rb.
func ErrorText(code int) (Text, bool) {
	t, ok := texts[code]
	if t.Source == "" {
		t.Source = "user"
	}
	return t, ok
}

var texts = map[int]Text{
	1:     {"Install error", "The server is not set up as it should be. Its operator has to look.", "cartodb"},
	1000:  {"File I/O error", "The uploaded file could not be read. Check that it opens locally and upload it again.", "cartodb"},
	1001:  {Title: "Download error", What: "The source URL answered with an error. Check that the file is there."},
	1002:  {Title: "Unsupported/Unrecognized file type", What: "The file is of no type that can be imported."},
	1003:  {Title: "Decompression error", What: "The archive could not be unpacked. Make it anew and upload it again."},
	1004:  {Title: "XLS/XLSX Error", What: "The spreadsheet could not be read. Export it as CSV and upload that."},
	1005:  {Title: "Empty file", What: "The file holds nothing that can be imported."},
	1006:  {Title: "Invalid SHP file", What: "The shapefile is broken or incomplete: .shp, .shx and .dbf must be in the archive."},
	1007:  {Title: "Too many nodes", What: "The area holds too much. Choose a smaller one."},
	1008:  {Title: "GDrive access forbidden", What: "Google refuses access. The administrator of the Google account can allow it."},
	1009:  {"Twitter Server Error", "Twitter could not be reached. Try again later.", "external"},
	1011:  {Title: "Error retrieving data from datasource", What: "The datasource gave no data. Check that the file is still there."},
	1012:  {"Error connecting to datasource", "The datasource could not be reached or read.", "external"},
	1013:  {Title: "Invalid ArcGIS version", What: "The ArcGIS server is not of a supported version (10.1 or later)."},
	1014:  {Title: "Invalid name", What: "The file's name cannot be used. Give it another."},
	1015:  {Title: "No results", What: "The query found nothing. Change it and try again."},
	1016:  {Title: "Dropbox permission revoked", What: "Dropbox no longer lets CARTO read the file. Connect it again."},
	1017:  {Title: "GDrive file was deleted", What: "The file is no longer in Google Drive. Import another."},
	1018:  {Title: "File is password protected", What: "The archive has a password. Make one without."},
	1019:  {Title: "Too Many Layers", What: "The file has more than 50 layers."},
	1020:  {Title: "Download timeout", What: "The source was too slow. Check it and try again."},
	1021:  {Title: "Box permission revoked", What: "Box no longer lets CARTO read the file. Connect it again."},
	1022:  {Title: "All tables were skipped", What: "All tables of the import exist already and collision_strategy is skip."},
	1023:  {Title: "ArcGIS server misconfiguration", What: "The ArcGIS server cannot be queried. Its operator has to allow it."},
	1100:  {Title: "Download file not found", What: "The source URL answered 404. Check the URL."},
	1101:  {Title: "Forbidden file URL", What: "The source URL asks for a user and a password. Use one that is open to CARTO."},
	1102:  {Title: "Unknown server URL", What: "The source URL leads to no server that may be reached. Check the URL."},
	1103:  {Title: "Partial file error", What: "The source ended before the whole file had come. Try again."},
	1500:  {Title: "Connector error", What: "The connector failed."},
	1501:  {Title: "Connectors disabled", What: "The type of connector you were trying to use is not enabled."},
	1502:  {Title: "Connector invalid parameters", What: "The parameters of the connector are not valid."},
	2001:  {Title: "Unable to load data", What: "The rows of the file could not be loaded into the database."},
	2002:  {Title: "Encoding detection error", What: "The file's encoding could not be told. Save it as UTF-8."},
	2003:  {Title: "Malformed CSV", What: "The CSV holds quotes or characters in places where they cannot be."},
	2004:  {Title: "Too many columns", What: "The file has more columns than a table can have."},
	2005:  {Title: "Duplicated column", What: "Two columns of the file have the same header. Make headers unique."},
	2006:  {Title: "Encoding error", What: "The file is not in the encoding that it seems to be in. Save it as UTF-8."},
	2007:  {Title: "Encoding error", What: "Rows of the file are not in its encoding. Save it as UTF-8."},
	2008:  {Title: "Malformed XLS", What: "The spreadsheet is of an unsupported kind or broken. Save it as CSV or XLSX."},
	2009:  {Title: "KML without style Id", What: "A style element of the KML has no id. Give it one."},
	2010:  {Title: "Incompatible CARTO table", What: "The table could not be turned into a CARTO table."},
	2011:  {Title: "Invalid cartodb_id column", What: "The column cartodb_id does not hold unique whole numbers."},
	2012:  {Title: "Incompatible schemas", What: "The new data lacks columns of the dataset, or has them with other types."},
	2013:  {Title: "Cannot overwrite table", What: "The table cannot be replaced because a view depends on it."},
	2014:  {Title: "Invalid geometries", What: "The file holds geometries that are not valid."},
	3007:  {Title: "JSON may not be valid GeoJSON", What: "Of JSON files only GeoJSON and arrays of flat objects can be imported."},
	3008:  {Title: "Unknown SRID", What: "The file's spatial reference is not known."},
	3009:  {Title: "SHP Normalization error", What: "The shapefile's encoding or projection could not be told."},
	3101:  {Title: "Missing projection (.prj) file", What: "The shapefile needs a .prj file of the same name."},
	3201:  {Title: "Geometry Collection not supported", What: "The file holds geometry collections."},
	3202:  {Title: "Empty KML", What: "The KML only links to another KML. Import that one."},
	6666:  {Title: "Dataset too big", What: "The file is bigger than the account may import. Split it."},
	6667:  {"Import timed out", "The import took too long. Try again later.", "cartodb"},
	6668:  {Title: "Too many table rows", What: "The file has more rows than the account may import."},
	6669:  {Title: "Too many concurrent imports", What: "No import slot is free. Wait until one of your imports ends."},
	6670:  {Title: "Too many named map templates", What: "The account has as many templates of maps as it may have."},
	6671:  {"Stuck import job", "The import made no progress and was given up. See whether its table appeared, then try again.", "cartodb"},
	8001:  {Title: "Over account storage limit, please upgrade", What: "The account has no room for this file."},
	8002:  {Title: "You have reached the limit of datasets for your plan. Upgrade your account to get unlimited datasets", What: "The account has as many datasets as it may have."},
	8003:  {Title: "Error creating table from SQL query", What: "The query failed or returned the same column twice."},
	8004:  {Title: "Merge with unmatching column types", What: "The query merges columns of different types."},
	8005:  {Title: "Max layers per map reached", What: "The map has as many layers as the account may have on one."},
	8006:  {Title: "Not enough Twitter credits", What: "The account's Twitter credits are used up."},
	8007:  {Title: "Over account maps limit, please upgrade", What: "The account has as many maps as it may have."},
	8008:  {Title: "Over account datasets limit or publication is disabled in your account", What: "The account has as many public datasets as it may have."},
	99999: {"Unknown", "Something went wrong that nobody foresaw. Try again.", "cartodb"},
}
