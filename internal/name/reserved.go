package name

import "strings"

// The lists are those of CartoDB/cartodb: lib/carto/db/sanitize.rb. Each word
// appears once in this package.
const (
	sqlWords = `all analyse analyze and any array as asc asymmetric authorization
		binary both case cast check collate collation column concurrently constraint
		create cross current_catalog current_date current_role current_schema
		current_time current_timestamp current_user default deferrable desc distinct
		do else end except false fetch for foreign freeze from full grant group having
		ilike in initially inner intersect into is isnull join lateral leading left
		like limit localtime localtimestamp natural not notnull null offset on only or
		order outer overlaps placing primary references returning right select
		session_user similar some symmetric table tablesample then to trailing true
		union unique user using variadic verbose when where window with`
	extraWords         = `between new off old format controller action`
	reservedTableNames = `layergroup all public`
	systemTableNames   = `spatial_ref_sys geography_columns geometry_columns
		raster_columns raster_overviews cdb_tablemetadata geometry raster`
	systemColumnNames = `tableoid xmin cmin xmax cmax ctid`
)

var (
	notTables  = words(sqlWords, extraWords, reservedTableNames, systemTableNames)
	notColumns = words(sqlWords, extraWords, systemColumnNames)
	// alwaysTaken are the names that Propose never gives, whatever the account holds.
	alwaysTaken   = words(reservedTableNames, systemTableNames)
	systemColumns = words(systemColumnNames)
)

func words(lists ...string) map[string]bool {
	set := make(map[string]bool)
	for _, list := range lists {
		for word := range strings.FieldsSeq(list) {
			set[word] = true
		}
	}
	return set
}
