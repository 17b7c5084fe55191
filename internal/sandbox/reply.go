package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// A reply is what a request is answered with. A nil body is an empty answer.
type reply struct {
	status int
	body   any
	plain  bool // never wrapped for JSONP
	write  func(http.ResponseWriter) error
}

// plainly is an answer that no callback parameter wraps.
func (r reply) plainly() reply {
	r.plain = true
	return r
}

func ok(body any) reply                { return reply{status: http.StatusOK, body: body} }
func empty(status int) reply           { return reply{status: status} }
func with(status int, v any) reply     { return reply{status: status, body: v} }
func errorsOf(status int, v any) reply { return with(status, fields{{"errors", v}}) }

// failed is the answer to an error that nobody foresaw, unprocessable to one that a model's validation raised, badRequest
// to a body that cannot be read. The framework makes them: whether CARTO shows the last as JSON or as a page of HTML
// depends on its install, the sandbox chose JSON.
// Source: Rails' own exceptions application.
func failed() reply        { return ofFramework(http.StatusInternalServerError) }
func unprocessable() reply { return ofFramework(http.StatusUnprocessableEntity) }
func badRequest() reply    { return ofFramework(http.StatusBadRequest) }

func ofFramework(status int) reply {
	return with(status, fields{{"status", strconv.Itoa(status)}, {"error", http.StatusText(status)}}).plainly()
}

// fields is a JSON object whose keys keep their order.
type fields []field

type field struct {
	key   string
	value any
}

// MarshalJSON writes the object in its order.
func (f fields) MarshalJSON() ([]byte, error) { return appendJSON(nil, f) }

// appendJSON writes a value behind b. Objects are written straight through: going by json.Marshal at every level would
// look at the innermost ones once for each level.
func appendJSON(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case fields:
		b = append(b, '{')
		for i, field := range v {
			if i > 0 {
				b = append(b, ',')
			}
			key, err := json.Marshal(field.key)
			if err != nil {
				return nil, err
			}
			b = append(append(b, key...), ':')
			if b, err = appendJSON(b, field.value); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case []fields:
		b = append(b, '[')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendJSON(b, f); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	plain, err := json.Marshal(v)
	return append(b, plain...), err
}

var callbackName = regexp.MustCompile(`(?i)^[$a-z_][0-9a-z_$]*$`)

// send writes a reply. Bodies are JSON; a callback parameter wraps them, after the deed is done.
func (s *Sandbox) send(w http.ResponseWriter, r *http.Request, answer reply) {
	if answer.write != nil {
		if err := answer.write(w); err != nil {
			s.config.Log.Debug("write an answer", "path", r.URL.Path, "error", err)
		}
		return
	}
	if query := r.URL.Query(); query.Has("callback") && answer.body != nil && !answer.plain {
		callback := query.Get("callback")
		if !callbackName.MatchString(callback) {
			answer = errorsOf(http.StatusBadRequest, fields{{"callback", "Invalid callback format"}})
		} else if b, err := appendJSON(nil, answer.body); err == nil {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.WriteHeader(answer.status)
			w.Write([]byte("/**/" + callback + "(" + string(b) + ")"))
			return
		}
	}
	if answer.body == nil {
		if answer.status != http.StatusNoContent {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "0")
		}
		w.WriteHeader(answer.status)
		return
	}
	b, err := appendJSON(nil, answer.body)
	if err != nil {
		s.config.Log.Error("an answer has no JSON form", "path", r.URL.Path, "error", err)
		answer.status, b = http.StatusInternalServerError, []byte(`{"status":"500","error":"Internal Server Error"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(answer.status)
	w.Write(b)
}

// instantForm is how the API writes instants: ISO 8601 in UTC with milliseconds.
const instantForm = "2006-01-02T15:04:05.000Z"

func when(t time.Time) string { return t.UTC().Format(instantForm) }

func maybeWhen(t *time.Time) any {
	if t == nil {
		return nil
	}
	return when(*t)
}
