package carto

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every code that CARTO's importer and synchronizer are known to give.
var knownCodes = []int{
	1, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019,
	1020, 1021, 1022, 1023, 1100, 1101, 1102, 1103, 1500, 1501, 1502, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009,
	2010, 2011, 2012, 2013, 2014, 3007, 3008, 3009, 3101, 3201, 3202, 6666, 6667, 6668, 6669, 6670, 6671,
	8001, 8002, 8003, 8004, 8005, 8006, 8007, 8008, 9999, 99999,
}

func TestEveryCodeIsExplained(t *testing.T) {
	var have []int
	for code := range explanations {
		have = append(have, code)
	}
	slices.Sort(have)
	if diff := cmp.Diff(knownCodes, have); diff != "" {
		t.Error(diff)
	}
	for _, code := range knownCodes {
		e := Explain(code)
		if e.Code != code || e.Meaning == "" || e.Remedy == "" || e.Class == ClassUnknown || e.Class == "" {
			t.Errorf("%d is not explained: %+v", code, e)
		}
		for _, s := range []string{e.Meaning, e.Remedy} {
			if strings.HasSuffix(s, ".") || strings.ContainsAny(s, "\n;") {
				t.Errorf("%d: %q does not fit into one line with others", code, s)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	tests := []struct {
		code  int
		want  string
		class Class
	}{
		{1002, "1002 the file type was not recognised, or the archive holds no file to import; check what the source holds: CARTO goes by the file's extension and contents", ClassFix},
		{1022, "1022 everything was skipped, since the datasets exist; nothing needs to be done", ClassState},
		{6671, "6671 the job stood still and was marked as failed; look whether the dataset appeared all the same, then try again", ClassRetry},
		{1, "1 the server's importer is not installed properly; ask the server's operator", ClassOps},
		{4711, "4711 an error that cartosync does not know; look the code up in CARTO's documentation", ClassUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			got := Explain(tt.code)
			if diff := cmp.Diff(tt.want, got.String()); diff != "" || got.Class != tt.class {
				t.Error(diff, got.Class)
			}
		})
	}
}

func TestImportError(t *testing.T) {
	tests := []struct {
		name      string
		job       Import
		want      string
		temporary bool
	}{
		{"what the server says adds nothing", Import{Code: 2012, ErrorTitle: "Incompatible", ErrorText: "boilerplate"},
			"2012 the new columns do not fit the dataset's: one is missing or has another type; keep every column of the dataset with its type, or drop it from the dataset first", false},
		{"what the server says is all", Import{Code: 99999, ErrorTitle: "Connector Error", ErrorText: "could not connect to server."},
			"99999 an error that CARTO has no code for: could not connect to server; try again, and check the source if it stays", true},
		{"a title alone", Import{Code: 1502, ErrorTitle: "Connector invalid parameters"},
			"1502 the connector's parameters are not valid: Connector invalid parameters; check table, sql_query, schema and the connection", false},
		{"nothing", Import{}, "the import failed without a reason; try again, and check the source if it stays", true},
		{"unknown", Import{Code: 4711, ErrorText: "New trouble"},
			"4711 an error that cartosync does not know: New trouble; look the code up in CARTO's documentation", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := &ImportError{Import: tt.job}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if err.Temporary() != tt.temporary || err.Code() != tt.job.Code {
				t.Errorf("temporary %v, code %d", err.Temporary(), err.Code())
			}
		})
	}
}
