package carto

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cartosync/cartosync/internal/secret"
)

const (
	maxMessage  = 600 // characters of one message
	maxMessages = 8
	maxSnippet  = 200      // characters of a body that is not JSON
	maxPage     = 64 << 10 // bytes of such a body that are looked at
)

// bodyText finds what an error body says. CARTO's are {"errors": ...} with an
// object, a list or a string, {"error": ...} with a list or a string, empty, or
// a page of a proxy in front of it. At most one of messages and snippet is set.
func (c *Client) bodyText(body []byte, known ...secret.Value) (messages []string, cause, snippet string) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, "", ""
	}
	if !json.Valid(body) {
		return nil, "", c.clean(plainText(string(body[:min(len(body), maxPage)])), maxSnippet, known...)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return c.messages(collect(nil, body), known...), "", ""
	}
	var found []string
	for _, key := range []string{"errors", "error", "message", "detail", "hint"} {
		found = collect(found, object[key])
	}
	var text string
	if json.Unmarshal(object["errors_cause"], &text) == nil {
		cause = c.clean(text, maxMessage, known...)
	}
	return c.messages(found, known...), cause, ""
}

// messages cleans and bounds what the server says.
func (c *Client) messages(found []string, known ...secret.Value) []string {
	var out []string
	for _, m := range found {
		if m = c.clean(m, maxMessage, known...); m != "" && len(out) < maxMessages {
			out = append(out, m)
		}
	}
	return out
}

// collect appends the strings within a JSON value, in the order of the text.
func collect(to []string, raw json.RawMessage) []string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var objects []bool // per nesting level: in an object
	key := false
	for {
		tok, err := dec.Token()
		if err != nil {
			return to
		}
		inObject := len(objects) > 0 && objects[len(objects)-1]
		switch t := tok.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				objects = append(objects, t == '{')
				key = t == '{'
				continue
			}
			objects = objects[:len(objects)-1]
			inObject = len(objects) > 0 && objects[len(objects)-1]
			key = inObject
			continue
		case string:
			if !(inObject && key) {
				to = append(to, t)
			}
		}
		key = inObject && !key
	}
}

var (
	htmlTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	htmlHidden = regexp.MustCompile(`(?is)<(script|style|head)[^>]*>.*?(</(script|style|head)>|$)`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
)

// plainText is what a reader would see of a page: its title if it has one.
func plainText(s string) string {
	if !strings.HasPrefix(strings.TrimSpace(s), "<") {
		return s
	}
	if m := htmlTitle.FindStringSubmatch(s); m != nil && strings.TrimSpace(m[1]) != "" {
		return html.UnescapeString(m[1])
	}
	s = htmlHidden.ReplaceAllString(s, " ")
	return html.UnescapeString(htmlTag.ReplaceAllString(s, " "))
}

// oneLine folds white space and drops what no message holds on purpose.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	return strings.Join(strings.Fields(s), " ")
}

// clean makes a text from outside fit to print: one line of at most n
// characters, without secrets. Folding comes first, since what it drops could
// have kept a secret from being recognised.
func (c *Client) clean(s string, n int, known ...secret.Value) string {
	return clip(c.redact(oneLine(s), known...), n)
}

// clip folds a text into one line of at most n characters.
func clip(s string, n int) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n])) + "…"
}
