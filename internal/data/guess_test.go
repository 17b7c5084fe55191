package data_test

import (
	"strings"
	"testing"
)

// column makes a file of two columns, one of which is what is tested.
func column(cells ...string) string {
	return "v,k\n" + strings.Join(cells, ",k\n") + ",k\n"
}

// typed is what dump prints of such a file.
func typed(kind string, values ...string) string {
	var b strings.Builder
	b.WriteString("v " + kind + ", k text")
	for i, v := range values {
		b.WriteString("\n" + string(rune('1'+i)) + ": " + v + " 'k'")
	}
	return b.String()
}

func text(values ...string) string {
	for i, v := range values {
		values[i] = "'" + v + "'"
	}
	return typed("text", values...)
}

func TestTypeGuessing(t *testing.T) {
	run(t, "t.csv", []vector{
		{name: "1 2 3", content: column("1", "2", "3"), want: typed("integer", "1", "2", "3")},
		{name: "-1 +2", content: column("-1", "+2"), want: typed("integer", "-1", "2") + "\n! leading_zeros v"},
		{name: "2020 2021", content: column("2020", "2021"), want: typed("integer", "2020", "2021")},
		{name: "20200131 is an integer", content: column("20200131"), want: typed("integer", "20200131")},
		{name: "01234 00501", content: column("01234", "00501"), want: typed("integer", "1234", "501") + "\n! leading_zeros v"},
		{name: "2147483647 -2147483648", content: column("2147483647", "-2147483648"), want: typed("integer", "2147483647", "-2147483648")},
		{name: "2147483648", content: column("2147483648"), want: typed("bigint", "2147483648")},
		{name: "9223372036854775808 is clamped", content: column("9223372036854775808"), want: typed("bigint", "9223372036854775807") + "\n! big_numbers v"},
		{name: "20 digits are clamped", content: column("12345678901234567890", "-99999999999999999999"), want: typed("bigint", "9223372036854775807", "-9223372036854775808") + "\n! big_numbers v"},
		{name: "-9223372036854775808 is not", content: column("-9223372036854775808"), want: typed("bigint", "-9223372036854775808") + "\n! inexact_numbers v"},
		{name: "1 3000000000", content: column("1", "3000000000"), want: typed("bigint", "1", "3000000000")},
		{name: "3000000000 1.5", content: column("3000000000", "1.5"), want: typed("double precision", "3e+09", "1.5")},
		{name: "1.5 2", content: column("1.5", "2"), want: typed("double precision", "1.5", "2")},
		{name: ".5 1. -.5", content: column(".5", "1.", "-.5"), want: typed("double precision", "0.5", "1", "-0.5")},
		{name: "1E5 2e-3", content: column("1E5", "2e-3"), want: typed("double precision", "100000", "0.002") + "\n! exponents v"},
		{name: "12E4", content: column("12E4"), want: typed("double precision", "120000") + "\n! exponents v"},
		{name: "13D5", content: column("13D5"), want: typed("double precision", "13") + "\n! exponents v"},
		{name: "1E400", content: column("1E400"), want: typed("double precision", "+Inf") + "\n! exponents v"},
		{name: "1E4000 is text", content: column("1E4000"), want: text("1E4000")},
		{name: "1E0005 is a number", content: column("1E0005"), want: typed("double precision", "100000") + "\n! exponents v"},
		{name: "9007199254740993 1.5", content: column("9007199254740993", "1.5"), want: typed("double precision", "9.007199254740992e+15", "1.5") + "\n! inexact_numbers v"},
		{name: `"1,234"`, content: column(`"1,234"`), want: text("1,234") + "\n! decimal_commas v"},
		{name: `"1,5"`, content: column(`"1,5"`), want: text("1,5") + "\n! decimal_commas v"},
		{name: "1.234", content: column("1.234"), want: typed("double precision", "1.234")},
		{name: "1 234", content: column("1 234"), want: text("1 234")},
		{name: "5%", content: column("5%"), want: text("5%")},
		{name: "$5", content: column("$5"), want: text("$5")},
		{name: "(5)", content: column("(5)"), want: text("(5)")},
		{name: "0x1F", content: column("0x1F"), want: text("0x1F")},
		{name: "1.234.567", content: column("1.234.567"), want: text("1.234.567")},
		{name: "−5 with U+2212", content: column("−5"), want: text("−5")},
		{name: "nbsp", content: column("\u00a05"), want: text("\u00a05")},
		{name: " 1 and 2 padded", content: column(" 1", "2 "), want: typed("integer", "1", "2")},
		{name: " 1.5 padded", content: column(" 1.5 "), want: typed("double precision", "1.5")},
		{name: "NaN", content: column("1", "2", "NaN"), want: text("1", "2", "NaN") + "\n! mixed_types v"},
		{name: "inf", content: column("1", "2", "inf"), want: text("1", "2", "inf") + "\n! mixed_types v"},
		{name: "NULL", content: column("1", "2", "NULL"), want: text("1", "2", "NULL") + "\n! mixed_types v"},
		{name: "null", content: column("1", "2", "null"), want: text("1", "2", "null") + "\n! mixed_types v"},
		{name: "NA", content: column("1", "2", "NA"), want: text("1", "2", "NA") + "\n! mixed_types v"},
		{name: "N/A", content: column("1", "2", "N/A"), want: text("1", "2", "N/A") + "\n! mixed_types v"},
		{name: `\N`, content: column("1", "2", `\N`), want: text("1", "2", `\N`) + "\n! mixed_types v"},
		{name: "one space", content: column("1", "2", " "), want: text("1", "2", " ") + "\n! mixed_types v"},
		{name: "- with ints is 0", content: column("1", "-"), want: typed("integer", "1", "0")},
		{name: "+ with ints is 0", content: column("1", "+"), want: typed("integer", "1", "0")},
		{name: ". with ints is 0", content: column("1", "."), want: typed("double precision", "1", "0")},
		{name: `"",1,2`, content: column(`""`, "1", "2"), want: typed("integer", "NULL", "1", "2")},
		{name: "unquoted empty and ints", content: column("", "1"), want: typed("integer", "NULL", "1")},
		{name: "all cells empty", content: column("", ""), want: text("", "")},
		{name: "a,,b", content: column("a", "", "b"), want: text("a", "", "b")},
		{name: `"1" "2"`, content: column(`"1"`, `"2"`), want: typed("integer", "1", "2")},
		{name: `"1" "2" with quoted_fields_guessing=false`, content: column(`"1"`, `"2"`), options: quotedText, want: text("1", "2")},
		{name: `"1" and 2 with quoted_fields_guessing=false`, content: column(`"1"`, "2", `"01234"`), options: quotedText, want: text("1", "2", "01234")},
		{name: `1 2 with quoted_fields_guessing=false`, content: column("1", "2"), options: quotedText, want: typed("integer", "1", "2")},
		{name: `"1";k with quoted_fields_guessing=false: the rewrite drops quotes`, content: "v;k\n\"01\";k\n", options: quotedText, want: typed("integer", "1") + "\n! leading_zeros v"},
		{name: "true false", content: column("true", "false"), want: typed("boolean", "true", "false")},
		{name: "TRUE", content: column("TRUE", "FALSE"), want: typed("boolean", "true", "false")},
		{name: "True", content: column("True"), want: typed("boolean", "true")},
		{name: "t f", content: column("t", "f"), want: typed("boolean", "true", "false") + "\n! boolean_words v"},
		{name: "T F", content: column("T", "F"), want: typed("boolean", "true", "false") + "\n! boolean_words v"},
		{name: "yes no", content: column("yes", "no"), want: typed("boolean", "true", "false") + "\n! boolean_words v"},
		{name: "Y N", content: column("Y", "N"), want: typed("boolean", "true", "false") + "\n! boolean_words v"},
		{name: "on off", content: column("on", "off"), want: typed("boolean", "true", "false")},
		{name: "all no", content: column("NO", "NO"), want: typed("boolean", "false", "false") + "\n! boolean_words v"},
		{name: "all y", content: column("y", "y"), want: typed("boolean", "true", "true") + "\n! boolean_words v"},
		{name: "true and 1", content: column("true", "1", "0", "5"), want: typed("boolean", "true", "true", "false", "NULL")},
		{name: "1 and true, the other order", content: column("1", "true"), want: text("1", "true")},
		{name: "0 1", content: column("0", "1"), want: typed("integer", "0", "1")},
		{name: "yes maybe", content: column("yes", "maybe"), want: text("yes", "maybe")},
		{name: "NO SE", content: column("NO", "SE"), want: text("NO", "SE")},
		{name: "1 two 3", content: column("1", "two", "3"), want: text("1", "two", "3") + "\n! mixed_types v"},
		{name: "2020-01-31", content: column("2020-01-31"), want: typed("date", "'2020-01-31'")},
		{name: "2020/01/31", content: column("2020/01/31"), want: typed("date", "'2020-01-31'")},
		{name: "2020-1-3", content: column("2020-1-3"), want: typed("date", "'2020-01-03'")},
		{name: "0001-01-01", content: column("0001-01-01"), want: typed("date", "'0001-01-01'")},
		{name: "12020-01-01", content: column("12020-01-01"), want: typed("date", "'12020-01-01'")},
		{name: "31/01/2020", content: column("31/01/2020"), want: text("31/01/2020") + "\n! ambiguous_dates v"},
		{name: "01/31/2020", content: column("01/31/2020"), want: text("01/31/2020") + "\n! ambiguous_dates v"},
		{name: "31-01-2020", content: column("31-01-2020"), want: text("31-01-2020") + "\n! ambiguous_dates v"},
		{name: "31.01.2020", content: column("31.01.2020"), want: text("31.01.2020") + "\n! ambiguous_dates v"},
		{name: "31 Jan 2020", content: column("31 Jan 2020"), want: text("31 Jan 2020")},
		{name: "Jan 31 2020", content: column("Jan 31 2020"), want: text("Jan 31 2020")},
		{name: "2020-01", content: column("2020-01"), want: text("2020-01")},
		{name: "2020-13-01", content: column("2020-13-01"), want: text("2020-13-01")},
		{name: "0000-00-00", content: column("0000-00-00"), want: text("0000-00-00")},
		{name: "2000-1-NA", content: column("2000-1-NA"), want: text("2000-1-NA")},
		{name: "2020-02-31", content: column("2020-02-31"), want: "fault 2001"},
		{name: "2020-02-31 beside text does no harm", content: column("2020-02-31", "x"), want: text("2020-02-31", "x")},
		{name: "2020-01-31 10:20:30", content: column("2020-01-31 10:20:30"), want: typed("timestamp with time zone", "'2020-01-31T10:20:30Z'")},
		{name: "…T…", content: column("2020-01-31T10:20:30"), want: typed("timestamp with time zone", "'2020-01-31T10:20:30Z'")},
		{name: "…Z", content: column("2020-01-31T10:20:30Z"), want: typed("timestamp with time zone", "'2020-01-31T10:20:30Z'")},
		{name: "…+02:00", content: column("2020-01-31T10:20:30+02:00"), want: typed("timestamp with time zone", "'2020-01-31T08:20:30Z'")},
		{name: "…+02", content: column("2020-01-31 00:20:30+02"), want: typed("timestamp with time zone", "'2020-01-30T22:20:30Z'")},
		{name: "…-0330", content: column("2020-01-31 10:20:30-0330"), want: typed("timestamp with time zone", "'2020-01-31T13:50:30Z'")},
		{name: "….123", content: column("2020-01-31 10:20:30.123"), want: typed("timestamp with time zone", "'2020-01-31T10:20:30.123Z'")},
		{name: "10:20 without seconds", content: column("2020-01-31 10:20"), want: typed("timestamp with time zone", "'2020-01-31T10:20:00Z'")},
		{name: "2020/01/31 10:20:30", content: column("2020/01/31 10:20:30"), want: typed("timestamp with time zone", "'2020-01-31T10:20:30Z'")},
		{name: "date and datetime", content: column("2020-01-31", "2020-01-31 10:20:30"), want: typed("timestamp with time zone", "'2020-01-31T00:00:00Z'", "'2020-01-31T10:20:30Z'")},
		{name: "date and empty", content: column("2020-01-31", ""), want: typed("date", "'2020-01-31'", "NULL")},
		{name: "date and text", content: column("2020-01-31", "x"), want: text("2020-01-31", "x")},
		{name: "date and int", content: column("2020-01-31", "5"), want: text("2020-01-31", "5")},
		{name: "date and time", content: column("2020-01-31", "10:20"), want: text("2020-01-31", "10:20")},
		{name: "10:20:30", content: column("10:20:30"), want: typed("time without time zone", "'10:20:30'")},
		{name: "10:20", content: column("10:20"), want: typed("time without time zone", "'10:20:00'")},
		{name: "25:00:00", content: column("25:00:00"), want: text("25:00:00")},
		{name: "UUID", content: column("123e4567-e89b-12d3-a456-426614174000"), want: text("123e4567-e89b-12d3-a456-426614174000")},
		{name: "IP", content: column("10.0.0.1"), want: text("10.0.0.1")},
		{name: "URL", content: column("https://example.org/2020-01-31"), want: text("https://example.org/2020-01-31")},
		{name: "JSON text", content: column(`"{""a"":1}"`), want: text(`{"a":1}`)},
		{name: "[1,2]", content: column(`"[1,2]"`), want: text("[1,2]")},
		{name: "+34600111222", content: column("+34600111222"), want: typed("bigint", "34600111222") + "\n! phone_numbers v"},
		{name: "type_guessing=false", content: "v,k\n01,\n,1.5\n2020-02-31,k\n", options: noGuessing, want: "v text, k text\n1: '01' ''\n2: '' '1.5'\n3: '2020-02-31' 'k'"},
	})
}

func TestValuesBehindTheGuessingWindow(t *testing.T) {
	line := "1,1,2020-01-01," + strings.Repeat("x", 100_000) + "\n"
	head := "i,j,d,t\n" + strings.Repeat(line, 20_000_000/len(line)+1)
	got := dump(t, "late.csv", head+"3000000000,1.5,2020-02-31,y\nx,,x,\n", defaults())
	want := "i integer, j integer, d date, t text"
	tail := "\n201: 2147483647 1 NULL 'y'\n202: NULL NULL NULL ''\n! late_values i\n! late_values j\n! late_values d"
	if !strings.HasPrefix(got, want+"\n1: 1 1 '2020-01-01' 'x") || !strings.HasSuffix(got, tail) {
		t.Errorf("got %.100s ... %s, want %s ... %s", got, got[len(got)-200:], want, tail)
	}
}
