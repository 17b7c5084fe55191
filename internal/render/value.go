package render

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
)

const (
	nothing = "(none)"
	arrow   = " -> "
)

// value is one side of a change as text.
func value(c plan.Change, v any) string {
	if v == nil {
		return nothing
	}
	if c.Sensitive {
		return secret.Placeholder
	}
	if list := items(v); list != nil {
		if len(list) == 0 {
			return nothing
		}
		return strings.Join(list, ", ")
	}
	s := scalar(v)
	if s == "" {
		return nothing
	}
	return unmistakable(s)
}

// items are the members of a list as text; nil if v is no list. A saved plan
// brings lists back as []any.
func items(v any) []string {
	switch v := v.(type) {
	case []string:
		return texts(v, func(s string) string { return unmistakable(s, ",") })
	case []plan.Share:
		return texts(v, shareText)
	case []any:
		return texts(v, func(e any) string { return unmistakable(scalar(e), ",") })
	}
	return nil
}

func texts[T any](list []T, text func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, e := range list {
		out = append(out, text(e))
	}
	return out
}

func shareText(s plan.Share) string {
	who := s.Kind
	if s.Name != "" {
		who += " " + s.Name
	}
	return who + " (" + s.Access + ")"
}

// scalar is a value that is no list as text.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		return shareText(plan.Share{Kind: entry(v, "kind"), Name: entry(v, "name"), Access: entry(v, "access")})
	case fmt.Stringer:
		return v.String()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func entry(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// unmistakable quotes a text that could be taken for something else: for a
// placeholder, for the end of the value, for several items.
func unmistakable(s string, separators ...string) string {
	odd := s == "" || s == nothing || s == secret.Placeholder || strings.TrimSpace(s) != s ||
		strings.HasPrefix(s, `"`) || strings.Contains(s, arrow)
	for _, sep := range separators {
		odd = odd || strings.Contains(s, sep)
	}
	if odd {
		return strconv.Quote(s)
	}
	return s
}
