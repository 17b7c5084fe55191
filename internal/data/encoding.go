package data

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// encodingSample is how many bytes CARTO looks at to guess an encoding.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/csv_normalizer.rb, SAMPLE_READ_LIMIT.
const encodingSample = 500_000

const (
	utf8Name    = "UTF-8"
	latin1Name  = "ISO-8859-1"
	windowsName = "windows-1252"
)

// An encodingGuess is what CARTO would take the encoding of a text for. CARTO
// asks ICU, whose statistics are only imitated here: they are exact for UTF-8
// and likely for the rest.
type encodingGuess struct {
	name    string
	charset encoding.Encoding // nil: UTF-8
	ascii   bool              // the sample says nothing: what follows may be taken for anything
	weak    bool              // too short to be sure, taken for UTF-8 though it is not
	fault   *Fault
}

// accepted reports whether CARTO leaves a comma-separated file of this encoding
// as it is.
func (g encodingGuess) accepted() bool {
	return g.name == utf8Name || g.name == latin1Name || g.name == "ISO-8859-2"
}

// guessEncoding guesses from a file's name, which may demand an encoding, and
// the beginning of its content.
func guessEncoding(file string, sample []byte, whole bool) encodingGuess {
	if demanded, ok := demandedEncoding(file); ok {
		return demanded
	}
	switch {
	case bytes.HasPrefix(sample, []byte{0xff, 0xfe}):
		return encodingGuess{name: "UTF-16LE", fault: faultf(2002, "the file is UTF-16; save it as UTF-8")}
	case bytes.HasPrefix(sample, []byte{0xfe, 0xff}):
		return encodingGuess{name: "UTF-16BE", fault: faultf(99999, "the file is UTF-16; save it as UTF-8")}
	case isASCII(sample):
		return encodingGuess{name: utf8Name, ascii: true}
	case validUTF8(sample, whole):
		return encodingGuess{name: utf8Name}
	}
	return guessLegacy(sample)
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// validUTF8 allows a sample to end inside a character.
func validUTF8(sample []byte, whole bool) bool {
	if !whole {
		for n := 1; n < utf8.UTFMax && n <= len(sample); n++ {
			if utf8.RuneStart(sample[len(sample)-n]) {
				if !utf8.FullRune(sample[len(sample)-n:]) {
					sample = sample[:len(sample)-n]
				}
				break
			}
		}
	}
	return utf8.Valid(sample)
}

// guessLegacy tells the encodings of the days before Unicode apart.
func guessLegacy(sample []byte) encodingGuess {
	const enough = 256 // bytes; ICU is not sure of less and CARTO then assumes UTF-8
	var high, pairs, c1, lower, upper int
	for i, c := range sample {
		if c < 0x80 {
			continue
		}
		high++
		switch {
		case c < 0xa0:
			c1++
		case c >= 0xe0:
			upper++
		case c >= 0xc0:
			lower++
		}
		if i > 0 && sample[i-1] >= 0xc0 && c >= 0xc0 {
			pairs++
		}
	}
	switch {
	case isShiftJIS(sample):
		return encodingGuess{name: "Shift_JIS", charset: japanese.ShiftJIS}
	case len(sample) < enough:
		return encodingGuess{name: utf8Name, weak: true}
	case pairs*2 > high && upper >= lower:
		return encodingGuess{name: "windows-1251", charset: charmap.Windows1251}
	case pairs*2 > high:
		return encodingGuess{name: "KOI8-R", charset: charmap.KOI8R}
	case c1 > 0 && !utf8Like(sample):
		return encodingGuess{name: windowsName, charset: charmap.Windows1252}
	}
	return encodingGuess{name: latin1Name, charset: charmap.ISO8859_1}
}

// utf8Like reports whether a text that is not valid UTF-8 mostly is: it is then
// read as ISO-8859-1.
func utf8Like(sample []byte) bool {
	good, bad := 0, 0
	for len(sample) > 0 {
		r, size := utf8.DecodeRune(sample)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		sample = sample[size:]
	}
	return good > bad
}

// isShiftJIS demands more than ten two-byte characters, kana among them, and
// nothing that Shift_JIS cannot be.
func isShiftJIS(b []byte) bool {
	double, kana := 0, 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80, 0xa1 <= c && c <= 0xdf:
			continue
		case i+1 == len(b):
			return double > 10 && kana > 0
		case c == 0x80 || c == 0xa0 || c > 0xfc:
			return false
		}
		i++
		if t := b[i]; t < 0x40 || t == 0x7f || t > 0xfc {
			return false
		}
		double++
		if c == 0x82 || c == 0x83 {
			kana++
		}
	}
	return double > 10 && kana > 0
}

// demandedEncoding reads NAME out of a file name with _encoding_NAME_encoding_.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/source_file.rb.
func demandedEncoding(file string) (encodingGuess, bool) {
	_, rest, found := strings.Cut(file, "_encoding_")
	if !found {
		return encodingGuess{}, false
	}
	demanded, _, found := strings.Cut(rest, "_encoding_")
	if !found {
		return encodingGuess{}, false
	}
	demanded = strings.ToUpper(demanded)
	g := encodingGuess{name: demanded}
	switch key := strings.NewReplacer("-", "", "_", "").Replace(demanded); key {
	case "UTF8":
	case "ISO88591", "LATIN1":
		g.charset = charmap.ISO8859_1
	case "ISO88592", "LATIN2":
		g.charset = charmap.ISO8859_2
	case "ISO885915", "LATIN9":
		g.charset = charmap.ISO8859_15
	case "WINDOWS1250", "CP1250", "WIN1250":
		g.charset = charmap.Windows1250
	case "WINDOWS1251", "CP1251", "WIN1251":
		g.charset = charmap.Windows1251
	case "WINDOWS1252", "CP1252", "WIN1252":
		g.charset = charmap.Windows1252
	case "SHIFTJIS", "SJIS":
		g.charset = japanese.ShiftJIS
	case "EUCJP":
		g.charset = japanese.EUCJP
	default:
		g.fault = faultf(2002, "the file's name demands the encoding %q, which is not known", demanded)
	}
	return g, true
}
