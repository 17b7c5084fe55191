package data

// A vote finds the type of a column from its cells as GDAL's CSV driver does,
// whose outcome depends on the order of the cells: "true" then "1" is boolean,
// "1" then "true" is text. The zero value has seen nothing.
type vote struct {
	kind    cellKind // kindEmpty: nothing yet; kindText covers boolean words
	boolean bool     // so far all text was boolean words

	typed, words, texts int64  // numbers and dates, boolean words, other text
	days, commas        int64  // of the other text: dates with the year last, numbers with a comma
	day, comma          []byte // the first of these
	traits              trait
	odd                 []byte // the first text
	oddLine             int64
	badDate             []byte
	badLine             int64
}

// add counts one cell that is not beyond the guessing window.
func (v *vote) add(kind cellKind, traits trait, text []byte, line int64) {
	if kind == kindEmpty {
		return
	}
	v.traits |= traits
	switch kind {
	case kindBool:
		v.words++
	case kindText:
		if v.texts++; v.texts == 1 {
			v.odd, v.oddLine = append([]byte(nil), clip(text)...), line
		}
		if traits&traitDayMonth != 0 {
			if v.days++; v.days == 1 {
				v.day = append([]byte(nil), clip(text)...)
			}
		}
		if traits&traitComma != 0 {
			if v.commas++; v.commas == 1 {
				v.comma = append([]byte(nil), clip(text)...)
			}
		}
	default:
		v.typed++
		if traits&traitBadDate != 0 && v.badDate == nil {
			v.badDate, v.badLine = append([]byte(nil), clip(text)...), line
		}
	}
	v.promote(kind)
}

// promote is the driver's table of promotions.
func (v *vote) promote(kind cellKind) {
	isWord := kind == kindBool
	if isWord {
		kind = kindText
	}
	switch {
	case v.kind == kindEmpty:
		v.kind, v.boolean = kind, isWord
	case v.kind == kindText:
		// A number does not disturb a column of boolean words.
		if kind != kindInt && kind != kindBigInt && kind != kindReal {
			v.boolean = v.boolean && isWord
		}
	case v.kind == kind:
	case v.kind == kindInt && (kind == kindBigInt || kind == kindReal),
		v.kind == kindBigInt && kind == kindReal,
		v.kind == kindDate && kind == kindDateTime:
		v.kind = kind
	case v.kind == kindBigInt && kind == kindInt,
		v.kind == kindReal && (kind == kindInt || kind == kindBigInt),
		v.kind == kindDateTime && kind == kindDate:
	default:
		v.kind, v.boolean = kindText, false
	}
}

// outcome is the type that the column gets.
func (v *vote) outcome() Type {
	switch v.kind {
	case kindInt:
		return Integer
	case kindBigInt:
		return BigInt
	case kindReal:
		return Double
	case kindDate:
		return Date
	case kindDateTime:
		return Timestamp
	case kindTime:
		return TimeOfDay
	}
	if v.boolean {
		return Boolean
	}
	return Text
}
