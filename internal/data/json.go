package data

import (
	"context"
	"errors"
	"io"
)

// jsonSchema is the first pass over a file called .json: GeoJSON is read as such,
// an array of objects is joined into CSV.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/json2csv.rb.
func jsonSchema(ctx context.Context, l *Layer, o Options) (*Schema, error) {
	first, second, err := jsonBeginning(ctx, l)
	if err != nil {
		return nil, err
	}
	switch {
	case first == '{':
		s, err := geojsonPass(ctx, l)
		if errors.Is(err, errJSON) || errors.Is(err, errJSONDeep) {
			err = faultf(3007, "the file is no JSON: %v", err)
		}
		return s, err
	case first != '[' || second == ']':
		return nil, faultf(3007, "the file holds neither GeoJSON nor an array of objects")
	case second != '{':
		return nil, faultf(1002, "the file holds an array, but not of objects")
	}
	return jsonArraySchema(ctx, l, o)
}

// jsonBeginning gives the first byte of a JSON text and the one behind it.
func jsonBeginning(ctx context.Context, l *Layer) (first, second byte, err error) {
	r, err := l.open(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	w := geojsonWalk{s: newJSONStream(r, l.limits)}
	if err = w.skipBOM(); err == nil {
		first, err = w.s.peek()
	}
	if err == nil {
		w.s.pos++
		second, err = w.s.peek()
	}
	if err == io.EOF {
		return first, second, nil
	}
	return first, second, err
}
