package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var typeNames = map[string]string{
	"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
	"number": "a number", "boolean": "true or false", "null": "nothing",
}

// typeName names the type of a converted value.
func typeName(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		return "text"
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return "empty"
	}
	return "a number"
}

func (x violation) wrongType(f *faults) {
	var want []string
	for _, t := range anyList(x.schema["type"]) {
		if t != "null" {
			want = append(want, typeNames[t.(string)])
		}
	}
	problem := fmt.Sprintf("%s must be %s, not %s", x.label(), list(want, "or"), typeName(x.value.json))
	if x.value.json == nil {
		problem = x.label() + " is empty"
	}
	f.add(x.value.pos(), problem, x.typeHint(want))
}

func anyList(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func (x violation) typeHint(want []string) string {
	written := resolveAlias(x.value.node).Value
	s, isText := x.value.json.(string)
	wants := func(t string) bool { return slices.Contains(want, typeNames[t]) }
	switch {
	case x.value.json == nil:
		return "write " + list(want, "or")
	case x.under("type") && len(x.path) > 0 && x.path[len(x.path)-1] == "service_account":
		return "write the key file's JSON as one text, best by reference: ${file:bigquery.json}"
	case x.sensitive():
		return ""
	case wants("string") && !wants("integer") && written != "" && !isText:
		return fmt.Sprintf("put it in quotes: %q", written)
	case wants("boolean") && isText && slices.Contains([]string{"yes", "on", "y"}, strings.ToLower(s)):
		return "write true"
	case wants("boolean") && isText && slices.Contains([]string{"no", "off", "n"}, strings.ToLower(s)):
		return "write false"
	case (wants("integer") || wants("number") || wants("boolean")) && isText && isQuoted(x.value.node) && (decimal.MatchString(s) || s == "true" || s == "false"):
		if strings.Contains(written, "${") {
			return "write " + written + " without quotes, on a line of its own"
		}
		return "write it without quotes: " + s
	case wants("array") && isText:
		return "write a list: [" + ellipsis(s) + "]"
	case wants("object") && len(x.keys()) > 0 && len(x.keys()) < 6:
		return "its keys are " + list(x.keys(), "and")
	}
	return ""
}

// refused are values that look right and have good reasons not to be accepted.
var refused = map[string]string{
	"odbc":          "CARTO keeps this provider for its own tests; use the database's own provider",
	"bigquery-beta": "write bigquery",
	"do-v2":         "subscriptions of the Data Observatory are not managed by cartosync",
	"do-v2-sample":  "subscriptions of the Data Observatory are not managed by cartosync",
	"postgresql":    "write postgres",
	"mssql":         "write sqlserver",
	"password":      "datasets cannot be protected by a password, only maps can; write link or private",
	"polygon":       "write multipolygon; CARTO stores polygons as such",
	"linestring":    "write multilinestring; CARTO stores lines as such",
	"multipoint":    "write point; of several points CARTO keeps the first",
	"integer":       "write number",
	"text":          "write string",
	"timestamp":     "write date",
	"read":          "write r",
	"read-write":    "write rw",
	"write":         "write rw",
}

func (x violation) notOneOf(f *faults) {
	var words []string
	for _, e := range anyList(x.schema["enum"]) {
		if s, ok := e.(string); ok {
			words = append(words, s)
		}
	}
	s, isText := x.value.json.(string)
	if !isText {
		problem := fmt.Sprintf("%s must be one of %s, not %s", x.label(), list(words, "or"), typeName(x.value.json))
		if x.value.json == nil {
			problem = x.label() + " is empty"
		}
		f.add(x.value.pos(), problem, "write one of "+list(words, "or"))
		return
	}
	hint := ""
	if reason := refused[strings.ToLower(s)]; reason != "" && !slices.Contains(words, strings.ToLower(s)) {
		hint = reason
	} else if hint = didYouMean(s, words); hint == "" {
		hint = "write one of these"
	}
	f.add(x.value.pos(), fmt.Sprintf("%s %s is not one of %s", x.label(), quote(s), list(words, "or")), hint)
}
