package data

// Limits bound what a hostile file can cost.
type Limits struct {
	Record   int   // bytes of one line of a delimited file with its quoted line breaks
	Feature  int   // bytes of one GeoJSON feature
	Strings  int   // bytes of the shared strings of a spreadsheet, which are kept in memory
	Nested   int64 // bytes of a spreadsheet inside an archive, which is kept in memory
	Lists    int64 // bytes of a spreadsheet's list of sheets, and of its styles, of which much is kept in memory
	Depth    int   // nesting of JSON and of geometry collections
	Entries  int   // members of an archive
	Unpacked int64 // bytes of all members of an archive together
	Ratio    int64 // unpacked bytes per packed byte
	// RatioFrom is how many bytes may be unpacked before their ratio counts: small
	// files of one repeated byte are harmless.
	RatioFrom int64
}

// DefaultLimits let every file pass that CARTO's plans allow. The record limit
// is that of GDAL's line reader, the feature limit that of its GeoJSON reader.
func DefaultLimits() Limits {
	return Limits{
		Record:   10_000_000,
		Feature:  200 << 20,
		Strings:  256 << 20,
		Nested:   64 << 20,
		Lists:    32 << 20,
		Depth:    64,
		Entries:  10_000,
		Unpacked: 32 << 30,
		Ratio:    250,

		RatioFrom: 64 << 20,
	}
}
