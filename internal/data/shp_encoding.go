package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// A shpText is how the texts of a shapefile's table are decoded.
type shpText struct {
	name    string
	charset encoding.Encoding // nil: UTF-8
	guessed bool
	unknown bool // nobody can tell what becomes of text beyond ASCII
	buf     []byte
}

// The names that CARTO accepts in a .cpg: those of PostgreSQL's encodings. The
// content must be the name and nothing else; a line break spoils it.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/shp_normalizer.rb.
var postgresEncodings = strings.Fields(`big5 win950 windows950 euc_cn euc_jp euc_jis_2004 euc_kr euc_tw gb18030 gbk win936
	windows936 iso_8859_5 iso_8859_6 iso_8859_7 iso_8859_8 johab koi8r koi8 koi8u latin1 iso88591 iso-8859-1 latin2 iso88592
	latin3 iso88593 latin4 iso88594 latin5 iso88599 latin6 iso885910 latin7 iso885913 latin8 iso885914 latin9 iso885915 latin10
	iso885916 mule_internal sjis mskanji shiftjis win932 windows932 shift_jis_2004 sql_ascii uhc win949 windows949 utf8 unicode
	utf-8 win866 alt win874 win1250 win1251 win win1252 win1253 win1254 win1255 win1256 win1257 win1258 abc tcvn tcvn5712 vscii`)

var windowsCharsets = map[string]encoding.Encoding{
	"WIN1250": charmap.Windows1250, "WIN1251": charmap.Windows1251, "WIN1252": charmap.Windows1252, "WIN1253": charmap.Windows1253,
	"WIN1254": charmap.Windows1254, "WIN1255": charmap.Windows1255, "WIN1256": charmap.Windows1256, "WIN1257": charmap.Windows1257,
	"WIN1258": charmap.Windows1258,
}

// shpTextOf decides on the encoding: the name in the .cpg, else in the .cst, else
// the code page that the table names, else a guess from its beginning.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/shp_normalizer.rb and
// lib/importer/misc/shp_normalizer.py.
func shpTextOf(ctx context.Context, l *Layer, d *dbfReader) (*shpText, error) {
	for _, ext := range []string{".cpg", ".cst"} {
		open, ok := l.beside(ext)
		if !ok {
			continue
		}
		name, err := small(ctx, open)
		if err != nil {
			return nil, err
		}
		if slices.Contains(postgresEncodings, strings.ToLower(string(name))) {
			return namedText(string(name)), nil
		}
		break // the .cst counts only where there is no .cpg
	}
	switch page := codePage(d.driver); {
	case page >= 1000:
		return namedText(fmt.Sprintf("WIN%d", page)), nil
	case page > 0:
		return namedText("LATIN1"), nil
	}
	return guessText(ctx, l)
}

// small reads a little file whole.
func small(ctx context.Context, open opener) ([]byte, error) {
	r, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, 64<<10))
}

// namedText is the encoding of one of PostgreSQL's names. Of those that are
// neither UTF-8, ISO-8859-1 nor Windows', the converter knows some and the
// database then decodes once more.
func namedText(name string) *shpText {
	switch upper := strings.ToUpper(name); {
	case upper == "UTF8" || upper == "UTF-8":
		return &shpText{name: utf8Name}
	case name == "LATIN1" || name == "ISO-8859-1":
		return &shpText{name: latin1Name, charset: charmap.ISO8859_1}
	case windowsCharsets[upper] != nil:
		return &shpText{name: strings.Replace(upper, "WIN", "windows-", 1), charset: windowsCharsets[upper]}
	}
	return &shpText{name: name, unknown: true}
}

// codePage gives the code page of a language driver, 0 for none.
//
// Source: infused/dbf, the library that CARTO asks: lib/dbf/encodings.rb.
func codePage(driver byte) int {
	switch driver {
	case 0x03, 0x57, 0x58, 0x59:
		return 1252
	case 0xc8:
		return 1250
	case 0xc9:
		return 1251
	case 0xca:
		return 1254
	case 0xcb:
		return 1253
	case 0xcc:
		return 1257
	case 0x01, 0x09, 0x0b, 0x0d, 0x0f, 0x11, 0x15, 0x18, 0x19, 0x1b:
		return 437
	case 0x02, 0x0a, 0x0e, 0x10, 0x12, 0x14, 0x16, 0x1a, 0x1d, 0x25, 0x37:
		return 850
	case 0x08, 0x17, 0x66, 0x13, 0x7b, 0x1c, 0x6c, 0x1f, 0x22, 0x23, 0x40, 0x64, 0x87, 0x24, 0x26, 0x65, 0x4d, 0x7a,
		0x4e, 0x79, 0x4f, 0x78, 0x50, 0x7c, 0x67, 0x6a, 0x86, 0x6b, 0x88:
		return 866 // one of the other pages of DOS, which are all taken for ISO-8859-1
	}
	return 0
}

// guessRows is how many rows the guess of an encoding looks at.
const guessRows = 1000

// guessText guesses from the first rows, as CARTO's statistics probably do.
func guessText(ctx context.Context, l *Layer) (*shpText, error) {
	sample, err := sampleText(ctx, l)
	if err != nil {
		return nil, err
	}
	switch {
	case len(sample) == 0:
		return namedText("LATIN1"), nil
	case utf8.Valid(sample):
		return &shpText{name: utf8Name, guessed: true}, nil
	}
	t := namedText("LATIN1")
	if g := guessLegacy(sample); strings.HasPrefix(g.name, "windows-") {
		t = namedText(strings.Replace(g.name, "windows-", "WIN", 1))
	}
	t.guessed = true
	return t, nil
}

// sampleText gives the texts of the first rows that are not ASCII.
func sampleText(ctx context.Context, l *Layer) ([]byte, error) {
	d, closer, err := openDBF(ctx, l)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	var sample []byte
	for range guessRows {
		if err := d.next(); err == io.EOF || errors.Is(err, errShortTable) {
			break
		} else if err != nil {
			return nil, err
		}
		for _, f := range d.fields {
			if text := d.text(f); f.letter == 'C' && !isASCII(text) {
				sample = append(append(sample, text...), '\n')
			}
		}
	}
	return sample, nil
}

// decode gives a text in UTF-8, valid until the next one.
func (s *shpText) decode(b []byte) ([]byte, error) {
	switch {
	case isASCII(b):
		return b, nil
	case s.unknown:
		return nil, &UnsupportedError{FormatSHP, fmt.Sprintf("its .cpg says %q, and nobody can tell here what CARTO makes of that; save it as UTF-8", clip([]byte(s.name)))}
	case s.charset == nil:
		if !utf8.Valid(b) {
			return nil, faultf(2007, "the .dbf holds text that is not UTF-8, which its encoding says it is")
		}
		return b, nil
	}
	var err error
	if s.buf, err = s.charset.NewDecoder().Bytes(b); err != nil || bytes.ContainsRune(s.buf, utf8.RuneError) {
		return nil, faultf(2007, "the .dbf holds text that is not %s, which its encoding says it is", s.name)
	}
	return s.buf, nil
}
