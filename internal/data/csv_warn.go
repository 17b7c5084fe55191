package data

import (
	"slices"
	"strings"
)

// warnFile adds what is to be said about the file as a whole.
func (c *csvScan) warnFile(s *Schema) {
	d := c.reader.dialect
	switch {
	case d.late:
		s.warn(WarnEncoding, "", "the first character beyond ASCII comes after %d bytes: CARTO takes the file for ISO-8859-1 and garbles it", encodingSample)
	case d.encoding.weak:
		s.warn(WarnEncoding, "", "the file is not UTF-8 and too short to guess its encoding")
	case d.encoding.charset != nil:
		s.warn(WarnEncoding, "", "the file is not UTF-8; CARTO will probably guess %s", d.encoding.name)
	}
	if n := c.reader.skipped; n > 0 {
		code, detail := WarnSkippedRows, "%d rows are dropped without a word because their quotes are malformed, the first on line %d"
		if c.reader.strayEnds > 0 {
			code, detail = WarnLineEndings, "%d rows are dropped without a word because lines end in different ways, the first on line %d"
		}
		s.warn(code, "", detail, n, c.reader.firstSkipped)
	} else if c.reader.openQuote {
		s.warn(WarnSkippedRows, "", "a quote on line %d is never closed: the rest of the file becomes one cell", c.reader.line)
	}
	if c.extra > 0 {
		s.warn(WarnExtraCells, "", "%d rows have more cells than the header; the extra cells are dropped", c.extra)
	}
	if c.header.isData {
		s.warn(WarnNoHeader, "", "a cell of the first line is a number, so the line counts as data and the columns are called field_1, field_2, ...")
	}
	if first := c.header.fields[0].header; strings.HasPrefix(strings.ToLower(first), "sep=") && len(first) <= len("sep=;") {
		s.warn(WarnSepLine, "", "the first line %q is taken for the header", first)
		s.advise("remove the line")
	}
	for _, f := range c.header.fields {
		if f.role == roleDropped && f.loaded == "the_geom_webmercator" {
			s.warn(WarnDroppedColumn, "", "column %q is dropped and computed anew", f.header)
		}
	}
}

// warnColumn adds what is to be said about one column.
func (c *csvScan) warnColumn(s *Schema, i int, column string, t Type) {
	v := &c.votes[i]
	number := t == Integer || t == BigInt || t == Double
	remedy := c.remedy()
	if number && v.traits&traitZero != 0 {
		s.warn(WarnLeadingZeros, column, "codes with leading zeros or a plus sign become numbers and lose them")
		s.advise(remedy)
	}
	if number && v.traits&traitExponent != 0 {
		s.warn(WarnExponents, column, "codes such as 1E5 become numbers")
		s.advise(remedy)
	}
	if number && (v.traits&traitPhone != 0 || t != Double && v.typed > 0 && namesPhones(column)) {
		s.warn(WarnPhoneNumbers, column, "phone numbers become numbers")
		s.advise(remedy)
	}
	warnInexact(s, column, t, v.traits)
	if t == Boolean && v.traits&traitLetter != 0 {
		s.warn(WarnBooleanWords, column, "words such as Y, t or NO become true and false")
	}
	if t == Text && v.texts > 0 && v.typed > v.texts {
		s.warn(WarnMixedTypes, column, "%d of %d values are no numbers or dates, the first %q on line %d; they make the column text", v.texts, v.texts+v.words+v.typed, v.odd, v.oddLine)
	}
	c.warnDates(s, v, column, t)
	if t == Text && v.commas*2 > v.texts+v.typed+v.words {
		s.warn(WarnDecimalCommas, column, "numbers with a decimal comma, such as %q, stay text", v.comma)
		s.advise("write a point, and nothing between thousands")
	}
	if c.late[i] > 0 {
		s.warn(WarnLateValues, column, "%d values after the first %d bytes do not fit %s and are altered or lost", c.late[i], guessWindow, t)
	}
}

// remedy is how codes are kept from becoming numbers.
func (c *csvScan) remedy() string {
	if c.layer.converted || c.layer.joined {
		return "set type_guessing to false"
	}
	return "quote them and set quoted_fields_guessing to false"
}

// warnDates tells of dates that are not year first, which GDAL does not read or
// takes for others.
func (c *csvScan) warnDates(s *Schema, v *vote, column string, t Type) {
	switch {
	case t == Text && v.days*2 > v.texts+v.typed+v.words:
		s.warn(WarnAmbiguousDates, column, "dates such as %q, with the year last, stay text", v.day)
		s.advise(writeDates)
	case (t == Date || t == Timestamp) && v.traits&traitShortYear != 0:
		s.warnShortYears(column)
	}
}

// writeDates is how dates are read by everybody.
const writeDates = "write them as 2006-01-02"

func (s *Schema) warnShortYears(column string) {
	s.warn(WarnAmbiguousDates, column, "dates with a year of two digits are read year first: 01/02/03 becomes 2001-02-03")
	s.advise(writeDates)
}

// warnInexact tells of integers that have more digits than what holds them.
func warnInexact(s *Schema, column string, t Type, traits trait) {
	switch {
	case t == BigInt && traits&traitClamped != 0:
		s.warn(WarnBigNumbers, column, "integers beyond 64 bits are clamped")
	case t == BigInt && traits&traitInexact != 0:
		s.warn(WarnInexactNumbers, column, "integers beyond 2^53 are kept, but JSON and maps in a browser round them")
	case t == Double && traits&traitInexact != 0:
		s.warn(WarnInexactNumbers, column, "integers beyond 2^53 are rounded, because the column holds fractions too")
	}
}

// phoneWords are parts of names that columns of phone numbers have.
var phoneWords = []string{"phone", "phones", "phonenumber", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "telefono", "telefon", "telefone", "movil", "handy"}

// namesPhones reports whether a column's name promises phone numbers.
func namesPhones(column string) bool {
	for part := range strings.SplitSeq(column, "_") {
		if slices.Contains(phoneWords, part) {
			return true
		}
	}
	return false
}
