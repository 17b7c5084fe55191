package secret

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"
)

// privateKey matches names whose values are nobody's business in a build log,
// although they open no door: the account answer carries the owner's e-mail address.
var privateKey = regexp.MustCompile(`(?i)^e-?mail$`)

// maxNesting bounds JSON texts inside JSON strings inside JSON texts.
const maxNesting = 4

// RedactJSON replaces secrets in a JSON document: whatever stands under a name that
// [IsSecretKey] knows, credentials in URLs, and the same within strings that hold
// JSON themselves, as the service_item_id of a synchronization does. The order of
// keys is kept. What is not JSON, a document that was cut off included, goes through
// [RedactText].
func RedactJSON(b []byte) []byte {
	return redactJSON(b, maxNesting)
}

func redactJSON(b []byte, depth int) []byte {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	r := jsonRedactor{dec: dec, depth: depth}
	if !json.Valid(b) || !r.document() {
		return []byte(RedactText(string(b)))
	}
	return r.out.Bytes()
}

// jsonRedactor copies a document token by token. It keeps its own stack: documents
// may nest deeper than is good for recursion.
type jsonRedactor struct {
	dec   *json.Decoder
	out   bytes.Buffer
	depth int
	stack []frame
}

// A frame is an object or array that is being copied.
type frame struct {
	object bool
	key    bool // the next token of the object is a key
	first  bool
	secret bool // the value to come stands under a secret name
}

func (r *jsonRedactor) document() bool {
	for {
		tok, err := r.dec.Token()
		if err == io.EOF {
			return len(r.stack) == 0
		}
		if err != nil || !r.token(tok) {
			return false
		}
	}
}

func (r *jsonRedactor) token(tok json.Token) bool {
	if d, ok := tok.(json.Delim); ok && (d == '}' || d == ']') {
		r.out.WriteByte(byte(d))
		r.stack = r.stack[:len(r.stack)-1]
		r.valueDone()
		return true
	}
	if f := r.top(); f != nil && f.key {
		return r.keyToken(f, tok.(string))
	}
	r.separate()
	if f := r.top(); f != nil && f.secret {
		return r.secretToken(tok)
	}
	switch t := tok.(type) {
	case json.Delim:
		r.out.WriteByte(byte(t))
		r.stack = append(r.stack, frame{object: t == '{', key: t == '{', first: true})
		return true
	case string:
		r.write(r.text(t))
	default:
		r.write(t)
	}
	r.valueDone()
	return true
}

func (r *jsonRedactor) keyToken(f *frame, key string) bool {
	if !f.first {
		r.out.WriteByte(',')
	}
	f.first, f.key = false, false
	f.secret = IsSecretKey(key) || privateKey.MatchString(key)
	r.write(key)
	r.out.WriteByte(':')
	return true
}

// secretToken replaces one whole value. What says only that there is no secret, or
// cannot be one, stays: null, true, false and the empty string.
func (r *jsonRedactor) secretToken(tok json.Token) bool {
	switch t := tok.(type) {
	case nil, bool:
		r.write(t)
	case json.Delim:
		for open := 1; open > 0; {
			next, err := r.dec.Token()
			if err != nil {
				return false
			}
			if d, ok := next.(json.Delim); ok && (d == '{' || d == '[') {
				open++
			} else if ok {
				open--
			}
		}
		r.write(Placeholder)
	default:
		if t == "" {
			r.write("")
		} else {
			r.write(Placeholder)
		}
	}
	r.valueDone()
	return true
}

// text redacts a string that does not stand under a secret name.
func (r *jsonRedactor) text(s string) string {
	trimmed := strings.TrimSpace(s)
	if r.depth > 0 && len(trimmed) > 1 && (trimmed[0] == '{' || trimmed[0] == '[') {
		return string(redactJSON([]byte(s), r.depth-1))
	}
	return RedactText(s)
}

// separate writes the comma between the elements of an array.
func (r *jsonRedactor) separate() {
	f := r.top()
	if f == nil || f.object {
		return
	}
	if !f.first {
		r.out.WriteByte(',')
	}
	f.first = false
}

func (r *jsonRedactor) valueDone() {
	if f := r.top(); f != nil && f.object {
		f.key = true
	}
}

func (r *jsonRedactor) top() *frame {
	if len(r.stack) == 0 {
		return nil
	}
	return &r.stack[len(r.stack)-1]
}

func (r *jsonRedactor) write(v any) {
	enc := json.NewEncoder(&r.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("secret: a value that was read as JSON cannot be written as JSON: " + err.Error())
	}
	r.out.Truncate(r.out.Len() - 1) // the encoder's line break
}
