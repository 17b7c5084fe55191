package sandbox_test

import (
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// What GDAL's driver for CARTO sends to read a layer. OSGeo/gdal: ogr/ogrsf_frmts/carto/ogrcartotablelayer.cpp.
func TestLayersAreDescribedToGDAL(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	got := a.query(`SELECT a.attname, t.typname, format_type(a.atttypid, a.atttypmod), a.attnum, i.indisprimary,
		pg_get_expr(def.adbin, c.oid) AS defaultexpr, postgis_typmod_dims(a.atttypmod) dim, postgis_typmod_srid(a.atttypmod) srid,
		postgis_typmod_type(a.atttypmod)::text geomtyp, srtext LIKE '%4326"]]' AS degrees
		FROM pg_class c JOIN pg_attribute a ON a.attnum > 0 AND a.attrelid = c.oid AND c.relname = 'stations'
		JOIN pg_type t ON a.atttypid = t.oid JOIN pg_namespace n ON c.relnamespace=n.oid AND n.nspname= 'public'
		LEFT JOIN pg_index i ON c.oid = i.indrelid AND i.indisprimary = 't' AND a.attnum = ANY(i.indkey)
		LEFT JOIN pg_attrdef def ON def.adrelid = c.oid AND def.adnum = a.attnum
		LEFT JOIN spatial_ref_sys srs ON srs.srid = postgis_typmod_srid(a.atttypmod) ORDER BY a.attnum LIMIT 500 OFFSET 0`)
	column := func(name, typ, full string, at float64) object {
		return object{"attname": name, "typname": typ, "format_type": full, "attnum": at, "indisprimary": nil, "defaultexpr": nil,
			"dim": nil, "srid": nil, "geomtyp": nil, "degrees": nil}
	}
	key := column("cartodb_id", "int4", "integer", 1)
	key["indisprimary"] = 1.0
	geometry := column("the_geom", "geometry", "geometry(Geometry,4326)", 2)
	geometry["dim"], geometry["srid"], geometry["geomtyp"], geometry["degrees"] = 2.0, 4326.0, "Geometry", 1.0
	mercator := column("the_geom_webmercator", "geometry", "geometry(Geometry,3857)", 3)
	mercator["dim"], mercator["srid"], mercator["geomtyp"], mercator["degrees"] = 2.0, 3857.0, "Geometry", 0.0
	fact(t, "columns", []any{key, geometry, mercator, column("name", "text", "text", 4), column("docks", "int4", "integer", 5),
		column("lat", "float8", "double precision", 6), column("lon", "float8", "double precision", 7)}, got)
	fact(t, "in a box", []any{object{"cartodb_id": 1.0}},
		a.query(`SELECT cartodb_id FROM stations WHERE "the_geom" && 'BOX3D(-3.71 40.3, -3.69 40.5)'::box3d`))
	fact(t, "in an envelope", []any{object{"count": 2.0}},
		a.query(`SELECT count(*) FROM stations WHERE the_geom && ST_MakeEnvelope(-4, 40, -3, 41, 4326)`))
	fact(t, "the spatial reference", []any{object{"srid": 4326.0}},
		a.query(`SELECT srid FROM spatial_ref_sys WHERE srid IN (SELECT Find_SRID('public', 'stations', 'the_geom'))`))
}

// What it sends to write one. A point at whole degrees is hexadecimal that SQLite could take for a number.
func TestGDALWritesALayer(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.query(`CREATE TABLE "made" ( cartodb_id SERIAL,the_geom Geometry(POINT,4326),"a" INTEGER,PRIMARY KEY (cartodb_id) );
		DROP SEQUENCE IF EXISTS "made_cartodb_id_seq" CASCADE;CREATE SEQUENCE "made_cartodb_id_seq" START 1;
		ALTER SEQUENCE "made_cartodb_id_seq" OWNED BY "made".cartodb_id;
		ALTER TABLE "made" ALTER COLUMN cartodb_id SET DEFAULT nextval('"made_cartodb_id_seq"')`)
	a.query(`SELECT cdb_cartodbfytable('made')`)
	a.query(`BEGIN;INSERT INTO "made" ("a", "the_geom") VALUES (1, '0101000020E610000000000000000008400000000000001040'), (2, NULL);COMMIT;`)
	fact(t, "rows", []any{object{"a": 1.0, "at": "POINT(3 4)"}, object{"a": 2.0, "at": nil}}, a.query(`SELECT a, ST_AsText(the_geom) AS at FROM made ORDER BY cartodb_id`))
	fact(t, "sequence", []any{object{"name": "public.made_cartodb_id_seq"}}, a.query(`SELECT pg_catalog.pg_get_serial_sequence('made', 'cartodb_id') AS name`))
	fact(t, "next number", []any{object{"nextid": 3.0}}, a.query(`SELECT nextval('public.made_cartodb_id_seq') AS nextid`))
}

func TestGenerateSeries(t *testing.T) {
	a := open(t, sandbox.Config{})
	for q, want := range map[string][]any{
		`SELECT * FROM generate_series(1, 2)`:                                 {object{"generate_series": 1.0}, object{"generate_series": 2.0}},
		`SELECT i, i * 2 AS d FROM generate_series(1, 5, 2) AS i WHERE i > 1`: {object{"i": 3.0, "d": 6.0}, object{"i": 5.0, "d": 10.0}},
		`SELECT count(*) FROM generate_series(3, 1) i`:                        {object{"count": 0.0}},
	} {
		t.Run(q, func(t *testing.T) { fact(t, "rows", want, a.query(q)) })
	}
}
