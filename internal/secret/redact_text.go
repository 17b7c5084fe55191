package secret

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	urlInText = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*:(?:\\*/){2}[^\s"'<>` + "`" + `]+`)

	// A name and a separator, also as JSON within JSON strings, where quotes wear
	// backslashes.
	nameInText = regexp.MustCompile(`(?i)([a-z0-9_.-]+)(\\*["']?\s*(?:=>|=|:)\s*)`)

	// The value after it, bare or quoted, also where the text was cut off.
	valueInText = regexp.MustCompile(`(?is)^(?:\\+".*?(?:\\+"|$)|"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|` +
		`(?:basic|bearer|token)\s+[^\s,;"']+|[^\s,;&"'}\]]+)`)

	// strongKey tells which names announce a secret before a colon in running text:
	// "password: x" does, "unknown key: x" does not.
	strongKey = regexp.MustCompile(`(?i)pass(word|wd|phrase)?$|pwd$|secret$|_token$|api_?key$|private_key$|authorization$|service_account$`)

	authScheme = regexp.MustCompile(`(?i)\b(basic|bearer)(\s+)[A-Za-z0-9+/_.~-]{8,}=*`)

	pemBlock = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`)
)

// RedactText replaces secrets in running text: the known values, also where they are
// escaped for a URL or for JSON, then credentials in URLs, values of pairs like
// password=x, HTTP credentials and private keys.
func RedactText(s string, known ...Value) string {
	s = redactKnown(s, known)
	s = pemBlock.ReplaceAllString(s, Placeholder)
	s = urlInText.ReplaceAllStringFunc(s, redactTextURL)
	s = redactPairs(s)
	return authScheme.ReplaceAllString(s, "${1}${2}"+Placeholder)
}

func redactTextURL(raw string) string {
	if strings.Contains(raw, `:\/`) { // JSON may escape slashes
		raw = strings.ReplaceAll(raw, `\/`, "/")
	}
	return RedactURL(raw)
}

// redactPairs looks for names one after the other and at a value only where the name
// announces a secret: in "error: password=x" the value of the first pair is a pair.
func redactPairs(s string) string {
	var b strings.Builder
	for {
		m := nameInText.FindStringSubmatchIndex(s)
		if m == nil {
			b.WriteString(s)
			return b.String()
		}
		key, sep, rest := s[m[2]:m[3]], s[m[4]:m[5]], s[m[1]:]
		b.WriteString(s[:m[1]])
		s = rest
		if !announcesSecret(key, sep) {
			continue
		}
		value := valueInText.FindString(rest)
		b.WriteString(redactValue(value))
		s = rest[len(value):]
	}
}

func announcesSecret(key, sep string) bool {
	if strings.Contains(sep, "=") || strings.ContainsAny(sep, `"'`) {
		return IsSecretKey(key)
	}
	return strongKey.MatchString(key)
}

// redactValue keeps the quotes and bare values that cannot be secrets.
func redactValue(value string) string {
	switch strings.ToLower(value) {
	case "", "null", "nil", "true", "false", `""`, `''`:
		return value
	}
	content := strings.TrimLeft(value, `\`)
	if content == "" || (content[0] != '"' && content[0] != '\'') {
		return Placeholder
	}
	quote := value[:len(value)-len(content)+1]
	if len(value) > len(quote) && strings.HasSuffix(value, quote) {
		return quote + Placeholder + quote
	}
	return quote + Placeholder // cut off
}

// redactKnown replaces the longest forms first, so that a secret which contains
// another leaves nothing behind.
func redactKnown(s string, known []Value) string {
	var forms []string
	for _, v := range known {
		if !v.IsZero() {
			forms = append(forms, writtenForms(v.Reveal())...)
		}
	}
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	for _, form := range slices.Compact(forms) {
		s = replaceSecret(s, form)
	}
	return s
}

// writtenForms returns the ways in which a secret turns up in texts.
func writtenForms(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	quoted := strconv.Quote(secret)
	forms = append(forms, quoted[1:len(quoted)-1])
	if b, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(b[1:len(b)-1]))
	}
	return forms
}

// shortSecret is the length in bytes below which a secret is replaced only where it
// stands as a word of its own: "db" as a password must not eat half of every message.
const shortSecret = 4

func replaceSecret(s, form string) string {
	if len(form) >= shortSecret {
		return strings.ReplaceAll(s, form, Placeholder)
	}
	word := regexp.MustCompile(`(^|[^A-Za-z0-9_])` + regexp.QuoteMeta(form) + `($|[^A-Za-z0-9_])`)
	for range 2 { // neighbours share the character between them
		s = word.ReplaceAllString(s, "${1}"+Placeholder+"${2}")
	}
	return s
}
