package carto

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTimesOfEveryForm(t *testing.T) {
	at := time.Date(2016, 5, 17, 14, 6, 46, 0, time.UTC)
	tests := []struct {
		raw  string
		want time.Time
	}{
		{`"2016-05-17T14:06:46Z"`, at},
		{`"2016-05-17T14:06:46+00:00"`, at},
		{`"2016-05-17T16:06:46+02:00"`, at},
		{`"2016-05-17T14:06:46.250Z"`, at.Add(250 * time.Millisecond)},
		{`"2016-05-17T14:06:46+0000"`, at},
		{`"2016-05-17 14:06:46 UTC"`, at},
		{`"2016-05-17 16:06:46 +0200"`, at},
		{`"2016-05-17 14:06:46+00"`, at},
		{`"2016-05-17 14:06:46.000000"`, at},
		{`"2016-05-17"`, time.Date(2016, 5, 17, 0, 0, 0, 0, time.UTC)},
		{`"Tue, 17 May 2016 14:06:46 GMT"`, at},
		{`null`, time.Time{}},
		{`""`, time.Time{}},
		{`"yesterday"`, time.Time{}},
		{`{}`, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			var got instant
			if err := json.Unmarshal([]byte(tt.raw), &got); err != nil {
				t.Fatal(err)
			}
			if !got.Equal(tt.want) {
				t.Errorf("%s, want %s", got.Time, tt.want)
			}
		})
	}
}

func TestLenientScalars(t *testing.T) {
	type all struct {
		T text
		N number
		F flag
		L texts
		O optional[struct{ A text }]
	}
	tests := []struct {
		raw  string
		want all
	}{
		{`{}`, all{}},
		{`{"T":null,"N":null,"F":null,"L":null,"O":null}`, all{}},
		{`{"T":"a","N":5,"F":true,"L":["a",null,3],"O":{"A":"x"}}`,
			all{T: "a", N: number{5, true}, F: true, L: texts{"a", "", "3"}, O: optional[struct{ A text }]{value: struct{ A text }{"x"}, ok: true}}},
		{`{"T":404,"N":"5","F":"true","L":"a","O":[]}`, all{T: "404", N: number{5, true}, F: true}},
		{`{"T":false,"N":5.9,"F":1,"L":{},"O":false}`, all{T: "false", N: number{5, true}, F: true}},
		{`{"T":{},"N":"many","F":"no","L":[[]],"O":{}}`, all{L: texts{""}}},
		{`{"N":1e300}`, all{}},
		{`{"N":" 7 ","T":"\u00e4"}`, all{T: "ä", N: number{7, true}}},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			var got all
			if err := json.Unmarshal([]byte(tt.raw), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(number{}, optional[struct{ A text }]{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
