package datatest

import (
	"fmt"
	"strings"
)

// columns are files whose columns have unusual names or values.
func columns() []File {
	return []File{
		{"wide.csv", wide(300),
			"csv , UTF-8\n1 rows: column_1 integer, column_2 integer, ..., column_300 integer"},
		{"too_wide.csv", wide(1700),
			"csv\nfault 2004"},
		{"duplicate_headers.csv", "name,Name,value,value,value\na,b,1,2,3\n",
			"csv , UTF-8\n1 rows: name text, name2 text, value integer, value2 integer, value3 integer\n! duplicate_names"},
		{"reserved_words.csv", "select,user,order,desc,end,date,oid\na,b,c,d,e,2020-01-31,7\n",
			"csv , UTF-8\n1 rows: _select text, _user text, _order text, _desc text, _end text, date date, oid_ integer\n! renamed_columns"},
		{"system_column.csv", "xmin,name\n1,a\n",
			"csv\nfault 2001"},
		{"odd_headers.csv", "# id,Año,% done,2020 total,日本,\" padded \",\na,b,c,d,e,f,g\n",
			"csv , UTF-8\n1 rows: _id text, ano text, done text, _2020_total text, _ text, padded boolean, field_7 text\n! boolean_words padded\n! renamed_columns"},
		{"numbers_for_a_header.csv", "2019,2020,2021\n1,2,3\n",
			"csv , UTF-8\n2 rows: field_1 integer, field_2 integer, field_3 integer\n! no_header"},
		{"codes.csv", "zip,phone,product,active,fips\n01234,+34600111222,1E5,Y,06037\n28001,+34600111223,2E7,N,06038\n",
			"csv , UTF-8\n2 rows: zip integer, phone bigint, product double precision, active boolean, fips integer\n! leading_zeros zip\n! phone_numbers phone\n! exponents product\n! boolean_words active\n! leading_zeros fips"},
		{"quoted_codes.csv", "zip,phone\n\"01234\",\"+34600111222\"\n\"28001\",\"+34600111223\"\n",
			"csv , UTF-8\n2 rows: zip integer, phone bigint\n! leading_zeros zip\n! phone_numbers phone"},
		{"nulls.csv", "id,reading,level,note\n1,10,-9999,x\n2,NA,-9999,NULL\n3,30,4,\n4,40,5,-\n",
			"csv , UTF-8\n4 rows: id integer, reading text, level integer, note text\n! mixed_types reading"},
		{"huge_integers.csv", "osm,hash,mixed\n9007199254740993,99999999999999999999,9007199254740993\n2147483648,1,0.5\n",
			"csv , UTF-8\n2 rows: osm bigint, hash bigint, mixed double precision\n! inexact_numbers osm\n! big_numbers hash\n! inexact_numbers mixed"},
		{"dates.csv", "iso,stamp,german,american,compact,short,clock,year\n2020-01-31,2020-01-31T10:20:30Z,31.01.2020,01/31/2020,20200131,20-01-31,10:20:30,2020\n2020-02-29,2020-02-29 10:20:30+02,29.02.2020,02/29/2020,20200229,20-02-29,23:59,2021\n",
			"csv , UTF-8\n2 rows: iso date, stamp timestamp with time zone, german text, american text, compact integer, short date, clock time without time zone, year integer\n! ambiguous_dates german\n! ambiguous_dates american\n! ambiguous_dates short"},
		{"no_such_date.csv", "id,day\n1,2020-02-28\n2,2020-02-30\n",
			"csv\nfault 2001"},
		{"dates_and_text.csv", "id,day\n1,2020-01-31\n2,2020-02-01\n3,unknown\n",
			"csv , UTF-8\n3 rows: id integer, day text\n! mixed_types day"},
		{"booleans.csv", "a,b,c,d\ntrue,t,yes,1\nfalse,f,no,0\n",
			"csv , UTF-8\n2 rows: a boolean, b boolean, c boolean, d integer\n! boolean_words b\n! boolean_words c"},
		{"with_ids.csv", "cartodb_id,name\n7,Ana\n9,Eva\n",
			"csv , UTF-8\n2 rows by cartodb_id: name text"},
		{"ids_twice.csv", "cartodb_id,name\n7,Ana\n7,Eva\n",
			"csv\nfault 2011"},
	}
}

// wide is a table with many columns.
func wide(n int) string {
	header, row := make([]string, n), make([]string, n)
	for i := range n {
		header[i], row[i] = fmt.Sprintf("column_%d", i+1), fmt.Sprint(i)
	}
	return strings.Join(header, ",") + "\n" + strings.Join(row, ",") + "\n"
}

// coordinates are delimited files with places, or what may be taken for such.
func coordinates() []File {
	const square = "\"POLYGON((0 0,0 1,1 1,1 0,0 0))\""
	return []File{
		{"lat_lon.csv", "name,latitude,longitude\nMadrid,40.4168,-3.7038\nLugo,43.0097,-7.5568\nnowhere,,\n",
			"csv , UTF-8\n3 rows: name text, latitude double precision, longitude double precision\npoint, 1 null, -7.5568 40.4168 to -3.7038 43.0097"},
		{"lat_lng_commas.csv", "name;lat;lng\nMadrid;40,4168;-3,7038\nLugo;43,0097;-7,5568\n",
			"csv ; UTF-8\n2 rows: name text, lat double precision, lng double precision\npoint, -7.5568 40.4168 to -3.7038 43.0097"},
		{"x_y.csv", "name,x,y\nMadrid,-3.7038,40.4168\n",
			"csv , UTF-8\n1 rows: name text, x double precision, y double precision"},
		{"swapped_coordinates.csv", "name,lat,lon\nSydney,151.2093,-33.8688\nPerth,115.8605,-31.9505\n",
			"csv , UTF-8\n2 rows: name text, lat double precision, lon double precision\npoint, -33.8688 115.861 to -31.9505 151.209\n! swapped"},
		{"utm_in_lat_lon.csv", "name,lat,lon\nMadrid,4474000,440000\n",
			"csv , UTF-8\n1 rows: name text, lat double precision, lon double precision\npoint, 440000 4.474e+06 to 440000 4.474e+06\n! out_of_range"},
		{"wkt.csv", "name,wkt\nplot," + square + "\nplots,\"MULTIPOLYGON(((2 2,2 3,3 3,2 2)))\"\nnone,\n",
			"csv , UTF-8\n3 rows: name text, wkt text\nmultipolygon, 1 null, 0 0 to 3 3"},
		{"wkt_mixed.csv", "name,the_geom\nhere,POINT(1 2)\nplot," + square + "\n",
			"csv , UTF-8\n2 rows: name text\ngeometry, 0 0 to 1 2\n! mixed_geometries"},
		{"wkb.csv", "name,the_geom\nhere,0101000020E6100000000000000000F03F0000000000000040\n",
			"csv , UTF-8\n1 rows: name text\npoint, 1 2 to 1 2"},
		{"geojson_cells.csv", "name,geojson\nhere,\"{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[1,2]}\"\n",
			"csv , UTF-8\n1 rows: name text\npoint, 1 2 to 1 2"},
		{"no_wkt.csv", "name,the_geom\nhere,over there\n",
			"csv , UTF-8\n1 rows: name text, invalid_the_geom text\n! invalid_geometry invalid_the_geom\n! renamed_columns"},
	}
}
