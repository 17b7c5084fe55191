package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// maxBody bounds the bodies that are kept in memory; uploads are not among them.
const maxBody = 64 << 20

// A call is one request on its way through the API.
type call struct {
	*http.Request
	s      *Sandbox
	target store.Principal // whose account the URL names
	master bool            // came with the target's master key
	anyKey bool            // came with one of the target's keys
	id     string          // the segment of the path that names one thing, the first if there are several
	ids    []string        // all of them
	query  url.Values
	raw    []byte           // a body that is kept in memory
	params map[string]param // of the body; see param
	upload *upload          // the file part of a multipart body
	sqlAPI bool             // asks the SQL API, which is a server of its own

	slotAsked bool // it was looked whether a fault takes the import slots
}

// A param is a value of a query, a form or a JSON body.
type param struct {
	text string
	json json.RawMessage // when it came in a JSON body
}

var errBadRequest = errors.New("the body cannot be parsed")

func (c *call) ctx() context.Context { return c.Request.Context() }

// parse reads the body by its content type. A file part is written to disk while it arrives.
func (c *call) parse() error {
	c.params = map[string]param{}
	kind, options, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return c.parseMultipart(options["boundary"])
	}
	raw, err := io.ReadAll(io.LimitReader(c.Body, maxBody+1))
	if err != nil {
		return err
	}
	if len(raw) > maxBody {
		return errBadRequest
	}
	c.raw = raw
	switch kind {
	case "application/json":
		return c.parseJSON()
	case "application/x-www-form-urlencoded":
		form, err := parseQuery(string(raw), c.sqlAPI)
		if err != nil {
			return errBadRequest
		}
		for key, values := range form {
			c.params[key] = param{text: values[len(values)-1]}
		}
	}
	return nil
}

func (c *call) parseJSON() error {
	if len(bytes.TrimSpace(c.raw)) == 0 {
		return nil
	}
	if !json.Valid(c.raw) {
		return errBadRequest
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(c.raw, &fields) != nil {
		return nil // an array or a scalar has no parameters
	}
	for key, v := range fields {
		p := param{json: v}
		if json.Unmarshal(v, &p.text) != nil {
			p.text = string(v)
		}
		c.params[key] = p
	}
	return nil
}

func (c *call) parseMultipart(boundary string) error {
	if boundary == "" {
		return errBadRequest
	}
	reader := multipart.NewReader(bufio.NewReaderSize(c.Body, uploadBuffer), boundary)
	left := int64(maxBody) // for all values together
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.Join(errBadRequest, err)
		}
		if _, options, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition")); options["filename"] != "" {
			if err := c.saveUpload(part, options["name"], options["filename"]); err != nil {
				return err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(value) + len(part.FormName())); err != nil || left < 0 {
			return errors.Join(errBadRequest, err)
		}
		c.params[part.FormName()] = param{text: string(value)}
	}
}

// param finds a parameter: in the query first, then in the body, as Rails merges them, and the other way round for the SQL
// API. Source: CartoDB/CartoDB-SQL-API: lib/api/middlewares/params.js.
func (c *call) param(key string) (param, bool) {
	p, inBody := c.params[key]
	values, inQuery := c.query[key]
	if inQuery && (!inBody || !c.sqlAPI) {
		return param{text: values[len(values)-1]}, true
	}
	return p, inBody
}

// text is a parameter as a string, "" when it is missing or null.
func (c *call) text(key string) string {
	p, _ := c.param(key)
	if string(p.json) == "null" {
		return ""
	}
	return p.text
}

// maybeText is a parameter as a string, nil when it is missing or null.
func (c *call) maybeText(key string) *string {
	p, ok := c.param(key)
	if !ok || string(p.json) == "null" {
		return nil
	}
	return &p.text
}

func (c *call) present(key string) bool { return strings.TrimSpace(c.text(key)) != "" }

// unless is a flag that is true unless it is false or "false".
func (c *call) unless(key string) bool { return c.text(key) != "false" }

// only is a flag that is true only if it is true or "true".
func (c *call) only(key string) bool { return c.text(key) == "true" }

// shows is a flag of the query that is true unless it is "false".
func (c *call) shows(key string) bool { return c.query.Get(key) != "false" }

// view and update run f on the account.
func (c *call) view(f func(*store.Tx) error) error   { return c.s.store.View(c.ctx(), f) }
func (c *call) update(f func(*store.Tx) error) error { return c.s.store.Update(c.ctx(), f) }
