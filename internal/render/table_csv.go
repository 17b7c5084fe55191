package render

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// tableCSV is a table as RFC 4180 has it, but for the line ends, with the keys of
// the columns as its head. Each record is one line: control characters are written
// as escapes.
func tableCSV(t Table) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Key
	}
	w.Write(record)
	for _, row := range t.Rows {
		for i, v := range row {
			record[i] = csvText(v)
		}
		w.Write(record)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// csvText is a value as a field. A text that a spreadsheet would take for a formula
// gets an apostrophe before it: whoever names a dataset must not run anything at
// the desk of whoever opens the list.
func csvText(v any) string {
	text := visible(flat(v, forPrograms))
	switch v.(type) {
	case string, []string, []Object:
		if strings.ContainsAny(firstRune(text), "=+-@＝＋－＠") {
			return "'" + text
		}
	}
	return text
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
