package data

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// kml appends a KML geometry: Point, LineString, Polygon or a MultiGeometry of
// one of these. With multi, a single geometry becomes a Multi geometry.
func (e *encoder) kml(b []byte, multi bool) error {
	node, err := parseKML(b)
	if err != nil {
		return err
	}
	if err := e.kmlNode(node); err != nil {
		return err
	}
	if multi {
		e.buf = append(e.buf[:0], toMulti(nil, e.buf)...)
	}
	return nil
}

// A kmlNode is an element of KML that matters for a geometry.
type kmlNode struct {
	name     string
	text     []byte
	children []*kmlNode
}

func (n *kmlNode) child(name string) *kmlNode {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &kmlNode{}
}

// parseKML reads one element.
func parseKML(b []byte) (*kmlNode, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	root := &kmlNode{}
	stack := []*kmlNode{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("malformed KML: %w", err)
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) > geometryDepth {
				return nil, errTooDeep
			}
			n := &kmlNode{name: t.Name.Local}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if top.name == "coordinates" {
				top.text = append(top.text, t...)
			}
		}
	}
	if len(root.children) != 1 {
		return nil, errors.New("KML is not one geometry")
	}
	return root.children[0], nil
}

func (e *encoder) kmlNode(n *kmlNode) error {
	switch n.name {
	case "Point":
		e.begin(codePoint)
		count, err := e.kmlPoints(n.child("coordinates"))
		if err == nil && count != 1 {
			err = errors.New("KML point without a position")
		}
		return err
	case "LineString":
		e.begin(codeLine)
		at := e.count()
		count, err := e.kmlPoints(n.child("coordinates"))
		e.setCount(at, count)
		return err
	case "Polygon":
		return e.kmlPolygon(n)
	case "MultiGeometry":
		return e.kmlMulti(n)
	}
	return fmt.Errorf("KML element <%s> is no geometry", clip([]byte(n.name)))
}

func (e *encoder) kmlPolygon(n *kmlNode) error {
	e.begin(codePolygon)
	at, rings := e.count(), 0
	for _, name := range []string{"outerBoundaryIs", "innerBoundaryIs"} {
		for _, boundary := range n.children {
			if boundary.name != name {
				continue
			}
			ring := e.count()
			count, err := e.kmlPoints(boundary.child("LinearRing").child("coordinates"))
			if err != nil {
				return err
			}
			if count, err = e.closeRing(ring+4, count); err != nil {
				return err
			}
			e.setCount(ring, count)
			rings++
		}
	}
	e.setCount(at, rings)
	return nil
}

func (e *encoder) kmlMulti(n *kmlNode) error {
	if len(n.children) == 0 {
		return errors.New("KML MultiGeometry without members")
	}
	code := map[string]uint32{"Point": codeMultiPoint, "LineString": codeMultiLine, "Polygon": codeMultiPolygon}[n.children[0].name]
	for _, c := range n.children {
		if c.name != n.children[0].name {
			code = 0
		}
	}
	if code == 0 {
		code = codeCollection
	}
	e.begin(code)
	e.setCount(e.count(), len(n.children))
	for _, c := range n.children {
		if err := e.kmlNode(c); err != nil {
			return err
		}
	}
	return nil
}

// kmlPoints appends positions such as "1,2,0 3,4,0" and gives their number.
func (e *encoder) kmlPoints(n *kmlNode) (int, error) {
	count := 0
	for field := range bytes.FieldsSeq(n.text) {
		lon, rest, ok := bytes.Cut(field, []byte{','})
		lat, _, _ := bytes.Cut(rest, []byte{','})
		x, okX := parseFloat(lon)
		y, okY := parseFloat(lat)
		if !ok || !okX || !okY {
			return 0, fmt.Errorf("KML with the position %q", clip(field))
		}
		e.point(x, y)
		count++
	}
	return count, nil
}
