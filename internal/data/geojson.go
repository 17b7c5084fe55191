package data

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A featureHandler is told what a GeoJSON file holds. Between begin and end come
// the members of one feature, in the file's order; each must be consumed.
type featureHandler interface {
	begin(crs string)
	id(*jsonParser) error
	geometry(*jsonParser) error
	properties(*jsonParser) error
	end() error
}

// A geojsonWalk reads a FeatureCollection, a Feature, a bare geometry, or one
// Feature or geometry after the other, and hands over one feature at a time.
type geojsonWalk struct {
	s       *jsonStream
	handler featureHandler
	crs     string            // reference system, as soon as it is known
	members map[string][]byte // of a document that is no collection
	docs    int
	many    bool // a document was a collection
}

// walkGeoJSON reads a layer from the beginning. It returns the name of the
// reference system that the file declares.
func walkGeoJSON(ctx context.Context, l *Layer, handler featureHandler, crs string) (string, error) {
	r, err := l.open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	w := geojsonWalk{s: newJSONStream(r, l.limits), handler: handler, crs: crs, members: make(map[string][]byte)}
	err = w.documents()
	return w.crs, err
}

func (w *geojsonWalk) documents() error {
	if err := w.skipBOM(); err != nil {
		return err
	}
	for {
		c, err := w.s.peek()
		switch {
		case err == io.EOF && w.docs > 0:
			return nil
		case err == io.EOF:
			return faultf(1002, "the file is empty")
		case err != nil:
			return err
		case c == 0x1e: // a record separator of RFC 8142
			w.s.pos++
			continue
		case c != '{':
			return faultf(1002, "the file is no GeoJSON: it does not hold an object")
		case w.many:
			return faultf(1002, "the file goes on after the end of the feature collection")
		}
		if err := w.document(); err != nil {
			return err
		}
		w.docs++
	}
}

func (w *geojsonWalk) skipBOM() error {
	for w.s.end < len(utf8BOM) && !w.s.eof {
		if err := w.s.fill(0); err != nil {
			return err
		}
	}
	if strings.HasPrefix(string(w.s.buf[:w.s.end]), string(utf8BOM)) {
		w.s.pos = len(utf8BOM)
	}
	return nil
}

// document reads one object of the outermost level.
func (w *geojsonWalk) document() error {
	if err := w.s.expect('{'); err != nil {
		return err
	}
	clear(w.members)
	features := false
	for first := true; ; first = false {
		closed, err := w.s.char('}')
		if err != nil {
			return err
		}
		if closed {
			return w.conclude(features)
		}
		if !first {
			if err := w.s.expect(','); err != nil {
				return err
			}
		}
		streamed, err := w.member()
		if err != nil {
			return err
		}
		features = features || streamed
	}
}

// member reads one member of the outermost object; features are handed over as
// they come.
func (w *geojsonWalk) member() (features bool, err error) {
	if c, err := w.s.must(); err != nil || c != '"' {
		return false, w.s.expect('"')
	}
	key, err := w.s.raw()
	if err != nil {
		return false, err
	}
	name := string(key[1 : len(key)-1])
	if err := w.s.expect(':'); err != nil {
		return false, err
	}
	c, err := w.s.must()
	if err != nil {
		return false, err
	}
	switch name {
	case "features":
		if c == '[' {
			return true, w.features()
		}
	case "type", "id", "geometry", "properties", "coordinates", "geometries", "crs":
		value, err := w.s.raw()
		if err != nil {
			return false, err
		}
		w.members[name] = append([]byte(nil), value...)
		if name == "crs" {
			w.crs = crsName(value)
		}
		return false, nil
	}
	return false, w.s.skip()
}

func (w *geojsonWalk) features() error {
	if err := w.s.expect('['); err != nil {
		return err
	}
	if closed, err := w.s.char(']'); err != nil || closed {
		return err
	}
	for {
		raw, err := w.s.raw()
		if err != nil {
			return err
		}
		if err := w.feature(raw); err != nil {
			return err
		}
		if more, err := w.s.char(','); err != nil {
			return err
		} else if !more {
			return w.s.expect(']')
		}
	}
}

// feature hands over a feature that lies in memory.
func (w *geojsonWalk) feature(raw []byte) error {
	if !utf8.Valid(raw) {
		return faultf(2001, "the file is not UTF-8")
	}
	if raw[0] != '{' {
		return faultf(2001, "the collection holds something that is no feature: %s", clip(raw))
	}
	w.handler.begin(w.crs)
	p := jsonParser{b: raw, depth: w.s.depth}
	isFeature := false
	err := p.object(func(key []byte) error {
		switch string(key) {
		case "type":
			value, err := p.value()
			isFeature = string(value) == `"Feature"`
			return err
		case "id":
			return w.handler.id(&p)
		case "geometry":
			return w.geometry(&p)
		case "properties":
			return w.properties(&p)
		}
		_, err := p.value()
		return err
	})
	if err != nil {
		return err
	}
	if !isFeature {
		return faultf(2001, "the collection holds something that is no feature: %s", clip(raw))
	}
	return w.handler.end()
}

func (w *geojsonWalk) geometry(p *jsonParser) error {
	err := w.handler.geometry(p)
	var fault *Fault
	if err == nil || errors.Is(err, errJSON) || errors.Is(err, errJSONDeep) || errors.As(err, &fault) {
		return err
	}
	return faultf(2001, "the file holds a %v", err)
}

// properties ignores what is no object.
func (w *geojsonWalk) properties(p *jsonParser) error {
	if p.peek() != '{' {
		_, err := p.value()
		return err
	}
	return w.handler.properties(p)
}

// conclude decides what a document was.
func (w *geojsonWalk) conclude(features bool) error {
	kind := strings.Trim(string(w.members["type"]), `"`)
	switch {
	case kind == "FeatureCollection" && features && w.docs == 0:
		w.many = true
		return nil
	case features, kind == "FeatureCollection":
		return faultf(1002, "the file is no GeoJSON: it has no feature collection in the right place")
	case kind == "Feature":
		return w.lonely(w.members["id"], w.members["geometry"], w.members["properties"])
	case geojsonCode([]byte(kind)) != 0:
		return w.lonely(nil, w.bareGeometry(), nil)
	}
	return faultf(1002, "the file is no GeoJSON: an object has the type %q", clip([]byte(kind)))
}

// bareGeometry puts a document together again that is a geometry.
func (w *geojsonWalk) bareGeometry() []byte {
	text := append([]byte(`{"type":`), w.members["type"]...)
	for _, key := range []string{"coordinates", "geometries"} {
		if value := w.members[key]; value != nil {
			text = append(text, `,"`+key+`":`...)
			text = append(text, value...)
		}
	}
	return append(text, '}')
}

// lonely hands over a feature that is a document of its own.
func (w *geojsonWalk) lonely(id, geometry, properties []byte) error {
	w.handler.begin(w.crs)
	for _, member := range []struct {
		text []byte
		hand func(*jsonParser) error
	}{{id, w.handler.id}, {geometry, w.geometry}, {properties, w.properties}} {
		if member.text == nil {
			continue
		}
		if !utf8.Valid(member.text) {
			return faultf(2001, "the file is not UTF-8")
		}
		p := jsonParser{b: member.text, depth: w.s.depth}
		if err := member.hand(&p); err != nil {
			return err
		}
		if !p.end() {
			return p.fail()
		}
	}
	return w.handler.end()
}

// crsName gives the name of the reference system in a crs member, "" for none.
func crsName(value []byte) string {
	p := jsonParser{b: value, depth: 8}
	if p.peek() != '{' {
		return ""
	}
	var found string
	p.object(func(key []byte) error { // what is malformed names nothing
		if string(key) != "properties" || p.peek() != '{' {
			_, err := p.value()
			return err
		}
		return p.object(func(key []byte) error {
			text, err := p.value()
			switch string(key) {
			case "name":
				found = strings.Trim(string(text), `"`)
			case "code":
				found = "EPSG:" + strings.Trim(string(text), `"`)
			}
			return err
		})
	})
	return found
}

// crsProjection gives the function that turns coordinates of a named reference
// system into degrees. Ok is false if the system is not known.
func crsProjection(crs string) (transform func(x, y float64) (float64, float64), ok bool) {
	switch {
	case crs == "", strings.HasSuffix(crs, "CRS84"), strings.HasSuffix(crs, "CRS83"), strings.HasSuffix(crs, "CRS27"):
		return nil, true
	case !strings.Contains(strings.ToUpper(crs), "EPSG"):
		return nil, false
	}
	code, err := strconv.Atoi(crs[strings.LastIndexAny(crs, ":/")+1:])
	if err != nil {
		return nil, false
	}
	return projection(code)
}

// geojsonFault turns the errors of a walk into what the caller of Schema gets.
func geojsonFault(err error) error {
	if errors.Is(err, errJSON) || errors.Is(err, errJSONDeep) {
		return faultf(1002, "the file is no GeoJSON: %v", err)
	}
	return err
}
