package data

// ParseEWKB gives a geometry in WKB or EWKB as little-endian, two-dimensional EWKB with SRID 4326.
func ParseEWKB(b []byte) ([]byte, error) {
	var e encoder
	e.reset()
	if err := e.wkb(b); err != nil {
		return nil, err
	}
	return e.buf, nil
}

// ParseHex is ParseEWKB of hexadecimal text.
func ParseHex(s string) ([]byte, error) {
	var e encoder
	e.reset()
	if err := e.hexText([]byte(s)); err != nil {
		return nil, err
	}
	return e.buf, nil
}

// Kind gives the kind of a geometry in EWKB, or "" if it is none.
func Kind(ewkb []byte) string { return kindNames[codeOf(ewkb)] }
