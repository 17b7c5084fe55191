package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
)

// A Look is what a plan says about a file without importing it. It is a plain
// value: two looks at the same bytes are equal.
type Look struct {
	Format     string `json:"format,omitempty"`
	Size       int64  `json:"size"`   // bytes of the file
	SHA256     string `json:"sha256"` // of the file, 64 hexadecimal digits
	Recognised bool   `json:"recognised"`
	// Opaque says that the file is recognised but that what follows is unknown:
	// there is no reader for it. Reason says why.
	Opaque bool   `json:"opaque,omitempty"`
	Reason string `json:"reason,omitempty"`

	Layers         int       `json:"layers"`
	LayerNames     []string  `json:"layer_names,omitempty"` // normalised, before sanitising
	Encoding       string    `json:"encoding,omitempty"`    // as CARTO would guess it
	Delimiter      string    `json:"delimiter,omitempty"`
	Rows           int64     `json:"rows"`
	Columns        []Column  `json:"columns,omitempty"`
	Geometry       string    `json:"geometry,omitempty"` // one of the Geometry constants
	NullGeometries int64     `json:"null_geometries"`
	Extent         *Extent   `json:"extent,omitempty"`
	CartodbID      IDSource  `json:"cartodb_id,omitempty"`
	Warnings       []Warning `json:"warnings,omitempty"`

	Fault *Fault `json:"fault,omitempty"` // why CARTO would refuse the file
}

// LookAt looks at a file in one pass, which also computes its hash; a file that
// has to be read twice to be understood is. Where an archive holds several
// layers, everything but their number and names is about the first.
//
// A file that CARTO would refuse gives a look with a Fault. The error is that of
// reading or of the context.
func LookAt(ctx context.Context, file string, r io.ReaderAt, size int64, o Options) (Look, error) {
	return DefaultLimits().LookAt(ctx, file, r, size, o)
}

// LookAt is the function [LookAt] with other limits.
func (l Limits) LookAt(ctx context.Context, file string, r io.ReaderAt, size int64, o Options) (Look, error) {
	hash := sha256.New()
	s := &source{r: r, size: size, tap: hash}
	look := Look{Size: size}
	if err := l.look(ctx, file, s, o, &look); err != nil {
		return Look{}, err
	}
	if err := s.drain(ctx); err != nil {
		return Look{}, readFault(err)
	}
	look.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return look, nil
}

// look fills in what the content says. Errors are those of reading.
func (l Limits) look(ctx context.Context, file string, s *source, o Options, look *Look) error {
	f, err := l.openSource(ctx, file, s)
	if err != nil {
		return look.fail(err)
	}
	look.Recognised = true
	look.Format = string(f.Format)
	look.Layers = len(f.Layers)
	for _, layer := range f.Layers {
		look.LayerNames = append(look.LayerNames, layer.Name)
	}
	schema, err := f.Layers[0].Schema(ctx, o)
	if err != nil {
		return look.fail(err)
	}
	look.Encoding, look.Delimiter = schema.Encoding, schema.Delimiter
	look.Rows, look.Columns, look.CartodbID = schema.Rows, schema.Columns, schema.CartodbID
	look.Geometry, look.NullGeometries, look.Extent = schema.Geometry, schema.NullGeometries, schema.Extent
	schema.warnNames()
	if f.Ignored > 0 {
		schema.warn(WarnIgnoredLayers, "", "the archive holds %d more layers than CARTO imports at once (%d)", f.Ignored, maxLayers)
	}
	look.Warnings = bounded(schema.Warnings)
	return nil
}

// fail enters what is wrong with the file; other errors are returned.
func (look *Look) fail(err error) error {
	var fault *Fault
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &fault):
		look.Fault = fault
		return nil
	case errors.As(err, &unsupported):
		look.Opaque, look.Reason = true, unsupported.Problem
		return nil
	}
	return err
}
