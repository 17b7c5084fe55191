package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
)

// explain adds the fault in the words of its users.
func (x violation) explain(f *faults) {
	switch x.keyword {
	case "":
		x.excluded(f)
	case "additionalProperties":
		x.unknownKeys(f)
	case "required":
		x.missing(f)
	case "dependentRequired":
		x.dependent(f)
	case "type":
		x.wrongType(f)
	case "enum":
		x.notOneOf(f)
	case "const":
		f.add(x.value.pos(), fmt.Sprintf("%s must be %v", x.label(), x.schema["const"]), fmt.Sprintf("write %v", x.schema["const"]))
	case "pattern", "minLength", "maxLength":
		x.badText(f)
	case "minimum", "maximum":
		f.add(x.value.pos(), fmt.Sprintf("%s must be a number %s", x.label(), x.bounds()), "")
	case "minProperties":
		f.add(x.value.pos(), x.label()+" is empty", "name a file, a url or a connector, or remove "+x.label())
	default:
		f.add(x.value.pos(), x.label()+" is not what the schema asks for: "+x.keyword, "")
	}
}

// label names the value: its key, or the number of the item in its list.
func (x violation) label() string {
	if len(x.path) == 0 {
		if x.value.key == nil && x.schema != nil && x.schema["title"] == "Dataset" {
			return "a dataset"
		}
		return "the manifest"
	}
	last := x.path[len(x.path)-1]
	if i, err := strconv.Atoi(last); err == nil && x.value.key == nil {
		of := "the list"
		if len(x.path) > 1 {
			of = x.path[len(x.path)-2]
		}
		return fmt.Sprintf("item %d of %s", i+1, of)
	}
	return last
}

// keys returns the keys that a mapping may have here.
func (x violation) keys() []string {
	properties, _ := x.schema["properties"].(map[string]any)
	var keys []string
	for name, p := range properties {
		if p != false {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	return keys
}

// excluded explains a key that another key beside it rules out.
func (x violation) excluded(f *faults) {
	name := x.label()
	at := len(x.location) - 2 // …/dependentSchemas/<other>/…/properties/<name>
	other := ""
	for i := at; i > 0; i-- {
		if x.location[i-1] == "dependentSchemas" {
			other = x.location[i]
			break
		}
	}
	problem := fmt.Sprintf("%s cannot stand beside %s", name, other)
	switch {
	case slices.Contains(x.location, "else"):
		f.add(x.value.keyPos(), name+" cannot stand beside an inline connector", "write it inside connector")
	case name == "sql_query" || name == "table":
		f.add(x.value.keyPos(), problem, "keep one of the two; a query names its tables itself")
	case other == "file" || other == "url" || other == "connector":
		f.add(x.value.keyPos(), problem, "a dataset has one source: a file, a url or a connector")
	default:
		f.add(x.value.keyPos(), problem, "keep one of the two")
	}
}

// unknownKeys explains each key that the mapping may not have.
func (x violation) unknownKeys(f *faults) {
	known := x.keys()
	for _, m := range x.value.members() {
		if !slices.Contains(known, m.name()) {
			f.add(m.keyPos(), "unknown key "+quote(m.name()), x.unknownHint(m.name(), known))
		}
	}
}

// missing explains keys that a mapping must have.
func (x violation) missing(f *faults) {
	required, _ := x.schema["required"].([]any)
	for _, r := range required {
		name := r.(string)
		if x.value.has(name) || x.misspelt(name) {
			continue
		}
		problem, hint := x.label()+" has no "+name, "add "+name
		switch {
		case name == "sql_query":
			problem, hint = "the connector names no table and no sql_query", "add one of the two"
		case name == "organization" && slices.Contains(x.location, "then"):
			problem, hint = x.label()+" names nobody", "add user, group, or organization: true"
		default:
			if example := x.example(name); example != "" {
				hint += ", such as " + name + ": " + example
			}
		}
		f.add(x.value.pos(), problem, hint)
	}
}

// misspelt reports whether an unknown key was meant to be this one, which then is
// complained about once.
func (x violation) misspelt(name string) bool {
	known := x.keys()
	for _, m := range x.value.members() {
		if !slices.Contains(known, m.name()) && x.unknownHint(m.name(), known) == didYouMean(name, known) {
			return true
		}
	}
	return false
}

// example returns an example of a property as it would be written.
func (x violation) example(name string) string {
	var examples []any
	for up := len(x.location); up >= 0 && examples == nil; up-- { // a condition lists no properties
		properties, _ := x.schemas.schemaAt(x.location[:up])["properties"].(map[string]any)
		examples, _ = x.schemas.follow(properties[name])["examples"].([]any)
	}
	if len(examples) == 0 {
		return ""
	}
	switch e := examples[0].(type) {
	case string:
		return e
	case map[string]any, []any:
		return ""
	default:
		b, err := json.Marshal(e)
		must(err)
		return string(b)
	}
}

// dependent explains a key that needs another beside it.
func (x violation) dependent(f *faults) {
	name := x.location[slices.Index(x.location, "dependentRequired")+1]
	needs, _ := x.schema["dependentRequired"].(map[string]any)[name].([]any)
	member, _ := x.value.get(name)
	pos := x.value.pos()
	if member.node != nil {
		pos = member.keyPos()
	}
	for _, n := range needs {
		if !x.value.has(n.(string)) {
			f.add(pos, fmt.Sprintf("%s needs %s beside it", name, n), fmt.Sprintf("add %s, or remove %s", n, name))
		}
	}
}

// sensitive reports whether the value must not be shown.
func (x violation) sensitive() bool {
	for _, key := range x.path {
		if secret.IsSecretKey(key) && len(x.path) > 1 {
			return true
		}
	}
	return x.schema["writeOnly"] == true
}

// badText explains texts of a wrong form. Names and secrets are left to checks that
// know more about them.
func (x violation) badText(f *faults) {
	if x.schema["writeOnly"] == true || isDatasetName(x.path) {
		return
	}
	hint, _ := x.schema["patternErrorMessage"].(string)
	if slices.Contains(x.location, "propertyNames") {
		f.add(x.value.keyPos(), fmt.Sprintf("%s cannot be a key here", quote(x.path[len(x.path)-1])), hint)
		return
	}
	s, _ := x.value.text()
	switch {
	case strings.TrimSpace(s) == "":
		f.add(x.value.pos(), x.label()+" is empty", hint)
	case x.keyword == "maxLength":
		f.add(x.value.pos(), fmt.Sprintf("%s %s is longer than %v characters", x.label(), quote(s), x.schema["maxLength"]), "shorten it")
	case x.label() == "account" || x.label() == "url":
		f.add(x.value.pos(), fmt.Sprintf("%s %s cannot be used", x.label(), quote(secret.RedactURL(s))), hint)
	default:
		f.add(x.value.pos(), fmt.Sprintf("%s %s cannot be used", x.label(), quote(s)), hint)
	}
}

func isDatasetName(path []string) bool { return len(path) == 1 && path[0] == "name" }

func (x violation) bounds() string {
	lowest, hasLowest := x.schema["minimum"]
	highest, hasHighest := x.schema["maximum"]
	switch {
	case hasLowest && hasHighest:
		return "from " + plainNumber(lowest) + " to " + plainNumber(highest)
	case hasLowest:
		return "of " + plainNumber(lowest) + " or more"
	}
	return "of " + plainNumber(highest) + " or less"
}

func plainNumber(v any) string {
	f, _ := v.(float64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}
