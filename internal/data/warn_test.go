package data_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
)

// warned lists what a look warns of, without the details.
func warned(l data.Look) []string {
	var all []string
	for _, w := range l.Warnings {
		all = append(all, strings.TrimSpace(string(w.Code)+" "+w.Column))
	}
	return all
}

func TestSuspiciousColumns(t *testing.T) {
	tests := []struct {
		name, file, content string
		want                []string
	}{
		{name: "nothing to say", content: "Station ID,Name,day\n1,a,2020-01-31\n2,b,2020-02-01\n"},
		{name: "phone numbers by their name", content: "name,Mobile Phone\na,600111222\nb,600111223\n", want: []string{"phone_numbers mobile_phone"}},
		{name: "phone numbers that stay text", content: "name,phone\na,600-111-222\n"},
		{name: "phones, counted with fractions", content: "name,tel\na,1.5\n"},
		{name: "a sign is no phone number", content: "name,delta\na,+123456\n", want: []string{"leading_zeros delta"}},
		{name: "years of two digits", content: "name,day\na,01/02/03\n", want: []string{"ambiguous_dates day"}},
		{name: "mostly day first", content: "name,day\na,1.2.2003\nb,31.12.2003 10:00\nc,?\n", want: []string{"ambiguous_dates day"}},
		{name: "mostly something else", content: "name,day\na,1.2.2003\nb,soon\nc,?\n"},
		{name: "versions are no dates", content: "name,v\na,1.2.3\nb,10.20.30000\n"},
		{name: "decimal commas", content: "name;v\na;1.234,5\nb;-0,5\n", want: []string{"decimal_commas v"}},
		{name: "lists are no numbers", content: "name;v\na;1,2,3\nb;4,5,6\n"},
		{name: "beyond 2^53", content: "name,v\na,9007199254740993\n", want: []string{"inexact_numbers v"}},
		{name: "2^53", content: "name,v\na,9007199254740992\n"},
		{name: "beyond 2^63 among fractions", content: "name,v\na,99999999999999999999\nb,1.5\n", want: []string{"inexact_numbers v"}},
		{name: "beyond 2^53 in GeoJSON", file: "g.geojson", content: values("9007199254740993", "1"), want: []string{"inexact_numbers v"}},
		{name: "short years in GeoJSON", file: "g.geojson", content: values(`"01/02/03"`), want: []string{"ambiguous_dates v"}},
		{name: "swapped", content: "name,lat,lon\na,115.8,-31.9\nb,151.2,-33.8\n", want: []string{"swapped"}},
		{name: "swapped in GeoJSON", file: "g.geojson", content: collection(feat("{}", `{"type":"Point","coordinates":[-33.8,151.2]}`)), want: []string{"swapped"}},
		{name: "some are merely wrong", content: "name,lat,lon\na,115.8,-31.9\nb,95,151\n", want: []string{"out_of_range"}},
		{name: "duplicates", content: "name,NAME,name\na,b,c\n", want: []string{"duplicate_names"}},
		{name: "names that CARTO changes", content: "desc,año,2020,ok name\na,b,c,d\n", want: []string{"no_header"}},
		{name: "names that CARTO changes, no numbers", content: "desc,año,ok name\na,b,d\n", want: []string{"renamed_columns"}},
		{name: "a column without a name", content: "a,,c\nu,v,w\n", want: []string{"renamed_columns"}},
		{name: "separators at the ends", content: "_a,b_,a.b,a-b-c\nu,v,w,x\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == "" {
				tt.file = "w.csv"
			}
			if diff := cmp.Diff(tt.want, warned(lookAt(t, tt.file, tt.content))); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.content, diff)
			}
		})
	}
}

func TestNamesThatChange(t *testing.T) {
	look := lookAt(t, "n.csv", "desc,a,A,,user,Teléfono,end,select,as,any\na,b,c,d,e,g,h,i,j,k\n")
	want := []data.Warning{
		{Code: data.WarnDuplicateNames, Detail: `columns of the same name: another "A" becomes "a2"`},
		{Code: data.WarnRenamedColumns, Detail: `columns are renamed: "desc" becomes "_desc", one without a header becomes "field_4", "user" becomes "_user", "Teléfono" becomes "telefono", "end" becomes "_end", and 3 more`},
	}
	if diff := cmp.Diff(want, look.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWarningsAreBounded: a hostile or merely wide file does not fill the plan.
func TestWarningsAreBounded(t *testing.T) {
	var header, row []string
	for i := range 1500 {
		header = append(header, fmt.Sprintf("c%d", i))
		row = append(row, "007")
	}
	long := strings.Repeat("ñ", 3000)
	header = append(header, "z", "y", "Z "+long)
	row = append(row, "5", long, "")
	content := strings.Join(header, ",") + "\n" + strings.Join(row, ",") + "\n"
	look := lookAt(t, "b.csv", content)
	var got []string
	for _, w := range look.Warnings {
		got = append(got, string(w.Code)+" "+w.Column)
		if len(w.Detail) > 400 {
			t.Errorf("%s takes %d bytes", w.Code, len(w.Detail))
		}
		if strings.ContainsRune(w.Detail, '\uFFFD') {
			t.Errorf("a character is cut: %q", w.Detail)
		}
	}
	want := []string{"leading_zeros c0", "leading_zeros c1", "leading_zeros c2", "leading_zeros c3", "leading_zeros c4", "leading_zeros ", "renamed_columns "}
	if look.Fault != nil {
		t.Fatal(look.Fault)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if more := look.Warnings[5].Detail; more != "the same holds for 1495 more columns" {
		t.Errorf("the last of a kind says %q", more)
	}
}

func TestMixedGeoJSONSaysWhere(t *testing.T) {
	look := lookAt(t, "m.geojson", values("1", "null", "true", "false"))
	want := []data.Warning{{Code: data.WarnMixedTypes, Column: "v", Detail: "true and false become 1 and 0 beside numbers; the first that differs is the value of feature 3"}}
	if diff := cmp.Diff(want, look.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
