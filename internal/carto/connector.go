package carto

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
)

// A Param is one parameter of a connector or of a stored connection. Its value
// prints nothing, whether it is a secret or not; see [Param.Plain].
type Param struct {
	Key    string // lower case: CARTO masks secrets under lower-case names only
	Value  secret.Value
	Number bool // written as a JSON number
	Secret bool // a password, token or the like
	Masked bool // the server shows that there is a value, but not which
}

// Plain returns the value unless it is a secret.
func (p Param) Plain() (string, bool) {
	if p.Secret || p.Masked {
		return "", false
	}
	return p.Value.Reveal(), true
}

// secretsOf are the values that an answer about the parameters may quote.
func secretsOf(params ...[]Param) []secret.Value {
	var known []secret.Value
	for _, p := range slices.Concat(params...) {
		if p.Secret || secret.IsSecretKey(p.Key) {
			known = append(known, p.Value)
		}
	}
	return known
}

// urlsOf are those of some values that are URLs. Each is a secret as a whole, since
// a part of its path may be one.
func urlsOf(values ...secret.Value) []secret.Value {
	return slices.DeleteFunc(values, func(v secret.Value) bool { return !strings.Contains(v.Reveal(), "://") })
}

// mask is what CARTO shows in place of a secret.
// Source: CartoDB/cartodb: lib/carto/connector/connection_adapter.rb.
const mask = "********"

// A Connector is the source of an import or synchronization that is a database:
// which connection, and what of it. ConnectionID refers to a stored connection;
// without it, Provider and Connection say all.
type Connector struct {
	Provider     string
	ConnectionID string
	ImportAs     string  // the name of the dataset, at creation only
	Params       []Param // table, sql_query, schema, encoding, ...
	Connection   []Param // credentials written into the source itself
}

// object is the connector in the Import API's shape. The keys are in a fixed
// order: provider, parameters by key, credentials, import_as, connection_id.
func (c Connector) object() jsonObject {
	var o jsonObject
	if c.Provider != "" {
		o.add("provider", c.Provider)
	}
	for _, p := range c.Params {
		o.addParam(p)
	}
	if len(c.Connection) > 0 {
		var inner jsonObject
		for _, p := range c.Connection {
			inner.addParam(p)
		}
		o.add("connection", inner)
	}
	if c.ImportAs != "" {
		o.add("import_as", c.ImportAs)
	}
	if c.ConnectionID != "" {
		o.add("connection_id", c.ConnectionID)
	}
	return o
}

// ServiceItem is the text that a synchronization keeps its connector in. Putting
// it is the only way to change the source of a live one.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (c Connector) ServiceItem() secret.Value {
	b, err := json.Marshal(c.object())
	if err != nil {
		panic("carto: strings and numbers do not encode as JSON: " + err.Error())
	}
	return secret.New(string(b))
}

// jsonObject is a JSON object that keeps the order of its keys.
type jsonObject struct {
	keys   []string
	values []any
}

func (o *jsonObject) add(key string, value any) {
	o.keys = append(o.keys, key)
	o.values = append(o.values, value)
}

func (o *jsonObject) addParam(p Param) {
	value := any(p.Value.Reveal())
	if p.Number {
		value = json.Number(p.Value.Reveal())
	}
	o.add(strings.ToLower(p.Key), value)
}

func (o jsonObject) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i, key := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(o.values[i]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// paramsOf reads the scalar members of a JSON object, sorted by key. Null means
// that a parameter is absent; what is no scalar is kept as JSON text.
func paramsOf(object map[string]json.RawMessage) []Param {
	var params []Param
	for key, raw := range object {
		if bytes.Equal(raw, []byte("null")) {
			continue
		}
		p := Param{Key: strings.ToLower(key), Secret: secret.IsSecretKey(key)}
		value := scalar(raw)
		if raw[0] == '{' || raw[0] == '[' {
			value = string(raw)
		}
		p.Number = raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9')
		if value == mask {
			p.Secret, p.Masked, value = true, true, ""
		}
		p.Value = secret.New(value)
		params = append(params, p)
	}
	slices.SortFunc(params, func(a, b Param) int { return strings.Compare(a.Key, b.Key) })
	return params
}
