package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTranslate(t *testing.T) {
	tests := []struct{ in, want string }{
		{`SELECT Count(*) FROM Public."Roads" -- x`, `select count ( * ) as "count" from "Roads"`},
		{`select a::int, (b + 1)::text as t, f(x)::numeric(8,2), -c::date, t.d::double precision from t`,
			`select carto_cast ( a , 'int' ) as "a" , carto_cast ( ( b + 1 ) , 'text' ) as t , carto_cast ( f ( x ) , 'numeric ( 8 , 2 )' ) as "f" , - carto_cast ( c , 'date' ) as "?column?" , carto_cast ( t . d , 'double precision' ) as "d" from t`},
		{`select a as b, c d, t.*, *, count(*) filter (where x) over (order by y) from t`, `select a as b , c d , t . * , * , count ( * ) filter ( where x ) over ( order by y ) as "count" from t`},
		{`select x from (select max(n), 'a' || 'b' from t) q where x not ilike 'a%' and y ~* 'z'`,
			`select x from ( select max ( n ) as "max" , 'a' || 'b' as "?column?" from t ) q where x not match 'a%' and y regexp '(?i)' || 'z'`},
		{`insert into t (a) select count(*) from u returning id, a + 1`, `insert into t ( a ) select count ( * ) as "count" from u returning id , a + 1 as "?column?"`},
		{`create table if not exists t (id serial primary key, "When" timestamptz default now(), n numeric(10, 2) not null, g geometry(Point,4326), l integer[], primary key (id))`,
			`create table "t" optional: id integer primary key , "When" "timestamp with time zone" default ( now ( ) ) , n "numeric" not null , g "geometry" , l "integer[]" , primary key ( id )`},
		{`create table t (a int references u (id) on delete set null not null, foreign key (a) references u (id))`, `create table "t": a integer not null`},
		{`create table t as select 1 as a`, `create table as "t": select 1 as a`},
		{`create or replace view v as select a::int from t`, `create view "v" replace: select carto_cast ( a , 'int' ) as "a" from t`},
		{`drop table if exists a, b cascade`, `drop table "a" optional cascade:  ; drop table "b" optional cascade: `},
		{`alter table t drop column a, add column if not exists b varchar(3) default 'x'`, `alter table "t": drop column a ; alter table "t": add column if not exists b varchar ( 3 ) default 'x'`},
		{`alter table public.t rename to u`, `rename table "t" to "u": `},
		{`truncate table t`, `delete from t`},
		{`create index on t using btree (a, b)`, `create index "t_a_b_idx" on "t": ( a , b )`},
		{`select CDB_CartodbfyTable(current_schema, 'public.t')`, `cartodbfy "t": `},
		{`begin; set x = 1; select 1 as a; commit`, ` ;  ; select 1 as a ; `},
		{`select extract(epoch from now()) as e, current_timestamp`, `select date_part ( 'epoch' , now ( ) ) as e , now ( ) as "current_timestamp"`},
		{`insert into t (a, the_geom) values (f(1, 2), '01'), ('x', null), ('y', 'POINT(1 2)'::geometry)`,
			`insert into t ( a , the_geom ) values ( f ( 1 , 2 ) , carto_cast ( '01' , 'geometry' ) ) , ( 'x' , null ) , ( 'y' , carto_cast ( 'POINT(1 2)' , 'geometry' ) )`},
		{`update t set the_geom = '01', a = '02' where a = '01'`, `update t set the_geom = carto_cast ( '01' , 'geometry' ) , a = '02' where a = '01'`},
		{`select a from t where the_geom && x and n = any(i.indkey) and i.indisprimary = 't'`, `select a from t where the_geom glob x and n = i . indkey and i . indisprimary = true`},
		{`select nextval('public."T_cartodb_id_seq"') as n, nextval('other')`,
			`select ( select coalesce ( max ( cartodb_id ) , 0 ) + 1 from "T" ) as n , nextval ( 'other' ) as "nextval"`},
		{`create sequence s start 1; drop sequence if exists s cascade; drop function if exists f(text); alter sequence s owned by t.a`, ` ;  ;  ; `},
		{"select `a b` from x for update", `select "a b" from x`},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			statements, err := translate(test.in, "sandbox")
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, s := range statements {
				if i > 0 {
					got += " ; "
				}
				got += describe(s)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// describe writes a statement for comparing.
func describe(s statement) string {
	d := s.definition
	if d == nil {
		return sqlText(s.tokens)
	}
	out := fmt.Sprintf("%s %q", d.verb, d.name)
	for _, word := range []struct {
		holds bool
		text  string
	}{{d.table != "", " on " + quote(d.table)}, {d.to != "", " to " + quote(d.to)}, {d.optional, " optional"}, {d.replace, " replace"}, {d.cascade, " cascade"}} {
		if word.holds {
			out += word.text
		}
	}
	return out + ": " + sqlText(d.tokens)
}

func TestTranslateTellsWrites(t *testing.T) {
	for sql, want := range map[string]bool{
		"select 1": false, "with a as (select 1) select * from a": false, "with a as (delete from t returning *) select * from a": true,
		"insert into t values (1)": true, "update t set a = 1": true, "drop table t": true, "explain select 1": false, "values (1)": false, "create view v as select 1": true,
	} {
		statements, err := translate(sql, "")
		if err != nil || len(statements) != 1 {
			t.Fatalf("%s: %v %v", sql, statements, err)
		}
		if statements[0].writes != want {
			t.Errorf("%s writes: %v", sql, !want)
		}
	}
}

// Whatever a client sends, nothing of it reaches the account's own tables, and translating never panics.
func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{"select 1", `select * from "sandbox$job"`, "select a::int[] from t", "alter table t drop", "create table t (", "select (((", "$$", "e'", "cast(", "x = any(array[", "extract(", "select cdb_usertables(", "drop", "create index on"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		statements, err := translate(sql, "sandbox")
		if err != nil {
			var refusal *SQLError
			if !errors.As(err, &refusal) {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		for _, s := range statements {
			tokens, err := tokenize(sqlText(s.tokens))
			if err == nil && guard(tokens) != nil && sqlText(s.tokens) != "" && guardsUnlike(s.tokens) {
				t.Errorf("%q became %q, which is refused", sql, sqlText(s.tokens))
			}
		}
	})
}

// guardsUnlike tells whether tokens hold a name of the account's own tables.
func guardsUnlike(tokens []token) bool {
	for _, t := range tokens {
		if t.kind != number && t.kind != symbol && len(t.text) >= len(StatePrefix) && t.text[:len(StatePrefix)] == StatePrefix {
			return true
		}
	}
	return false
}

func TestTypeNames(t *testing.T) {
	tests := []struct{ declared, catalogue, short, carto string }{
		{"INTEGER", "integer", "int4", "number"}, {"serial", "integer", "int4", "number"}, {"numeric(8,2)", "numeric", "numeric", "number"},
		{"varchar(10)", "character varying", "varchar", "string"}, {"timestamptz", "timestamp with time zone", "timestamptz", "date"}, {"date", "date", "date", "date"},
		{"integer[]", "integer[]", "_int4", "integer[]"}, {"geometry(Point,4326)", "geometry", "geometry", "geometry"}, {"json", "json", "json", "json"},
		{"bool", "boolean", "bool", "boolean"}, {"time without time zone", "time without time zone", "time", "time without time zone"},
	}
	for _, test := range tests {
		got := []string{pgTypeName(test.declared), ShortType(test.declared), CartoType(test.declared)}
		if diff := cmp.Diff([]string{test.catalogue, test.short, test.carto}, got); diff != "" {
			t.Errorf("%s: %s", test.declared, diff)
		}
	}
}

// Patterns that come from the rows of a table are not all kept.
func TestRegexpsAreBounded(t *testing.T) {
	var r regexps
	for i := range 3 * mostRegexps {
		if match, err := r.match(values{fmt.Sprintf("^%d$", i), fmt.Sprint(i)}); err != nil || match != true {
			t.Fatalf("pattern %d: %v %v", i, match, err)
		}
	}
	if n := len(r.compiled); n > mostRegexps {
		t.Errorf("%d patterns are kept", n)
	}
}

func TestLike(t *testing.T) {
	tests := []struct {
		s, pattern string
		want       bool
	}{
		{"Plaza", "Pla%", true}, {"Plaza", "pla%", false}, {"a_b", `a\_b`, true}, {"axb", `a\_b`, false}, {"axb", "a_b", true}, {"", "%", true}, {"", "_", false},
		{"ñandú", "_and_", true}, {"100%", `100\%`, true}, {"abc", "%b%", true}, {"abc", "abc", true}, {"abc", "ab", false}, {"a%", "a%%", true},
		{"aXbXc", "%X%c", true}, {"ab", `ab\\`, false}, {`ab\`, `ab\`, true}, {"", "", true}, {"a", "", false},
		{strings.Repeat("a", 300), strings.Repeat("%a", 20) + "%b", false}, // and not after years
	}
	for _, test := range tests {
		if got := Like(test.s, test.pattern); got != test.want {
			t.Errorf("%q LIKE %q is %v", test.s, test.pattern, got)
		}
	}
}
