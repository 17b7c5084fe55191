package data

import "math"

// A cellKind is what the text of one cell looks like to GDAL's type detection.
type cellKind uint8

const (
	kindEmpty cellKind = iota
	kindInt
	kindBigInt
	kindReal
	kindDate
	kindDateTime
	kindTime
	kindBool // a word such as yes, no, t, off
	kindText
)

// A trait is something about a cell that a warning may be made of.
type trait uint16

const (
	traitZero      trait = 1 << iota // a leading zero or plus sign, lost in a number
	traitExponent                    // digits, E or D, digits, which may be a code
	traitClamped                     // an integer beyond 64 bits
	traitInexact                     // an integer beyond 2^53, which a floating-point number does not hold exactly
	traitPhone                       // a plus sign and as many digits as a phone number has
	traitLetter                      // a boolean word that may be a category: t, N, no
	traitBadDate                     // a date that no calendar has
	traitShortYear                   // a date whose year has two digits, or is none
	traitDayMonth                    // text that is a date with its year last
	traitComma                       // text that is a number with a decimal comma
)

// classify says what a cell looks like.
func classify(b []byte) (cellKind, trait) {
	if len(b) == 0 {
		return kindEmpty, 0
	}
	c := b[0]
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		if len(b) <= 5 {
			if _, ok := boolWord(b); ok {
				return kindBool, letterTrait(b)
			}
		}
		return kindText, 0
	}
	if !isDigit(c) && !isSpace(c) && c != '-' && c != '+' && c != '.' {
		return kindText, 0
	}
	if kind, ok := classifyUsual(b); ok {
		return kind, 0
	}
	if kind, traits, ok := classifyNumber(b); ok {
		return kind, traits
	}
	kind, traits := classifyDate(b)
	if kind == kindText {
		traits = classifyOdd(b)
	}
	return kind, traits
}

// classifyUsual recognises, faster than what follows, the two shapes that most
// cells beginning with a digit have: 123 and 2020-01-31.
func classifyUsual(b []byte) (cellKind, bool) {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	if n == len(b) {
		return kindInt, n < 10 && (b[0] != '0' || n == 1)
	}
	if n != 4 || len(b) != 10 || b[4] != '-' || b[7] != '-' || !isDigit(b[5]) || !isDigit(b[6]) || !isDigit(b[8]) || !isDigit(b[9]) {
		return kindText, false
	}
	month, day := (b[5]-'0')*10+b[6]-'0', (b[8]-'0')*10+b[9]-'0'
	return kindDate, 1 <= month && month <= 12 && 1 <= day && day <= 28 && string(b[:4]) != "0000"
}

func letterTrait(b []byte) trait {
	if len(b) == 1 || len(b) == 2 && b[0]|0x20 == 'n' {
		return traitLetter
	}
	return 0
}

// boolWord gives the value of a word that GDAL's CSV driver takes for a boolean.
func boolWord(b []byte) (value, ok bool) {
	switch len(b) {
	case 1:
		switch b[0] | 0x20 {
		case 't', 'y':
			return true, true
		case 'f', 'n':
			return false, true
		}
	case 2:
		if equalFold(b, "on") {
			return true, true
		}
		return false, equalFold(b, "no")
	case 3:
		if equalFold(b, "yes") {
			return true, true
		}
		return false, equalFold(b, "off")
	case 4:
		return true, equalFold(b, "true")
	case 5:
		return false, equalFold(b, "false")
	}
	return false, false
}

// equalFold compares ASCII letters without case; lower is in lower case and as
// long as b.
func equalFold(b []byte, lower string) bool {
	for i := range b {
		if b[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// classifyNumber is GDAL's CPLGetValueType: white space around, a sign, digits
// with at most one point, and an exponent with E or D. A lone sign is an
// integer and a lone point a real number, both of value 0.
func classifyNumber(b []byte) (cellKind, trait, bool) {
	i := 0
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i == len(b) {
		return kindText, 0, false
	}
	var traits trait
	if b[i] == '+' || b[i] == '-' {
		if b[i] == '+' {
			traits = traitZero
		}
		i++
	}
	start := i
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	digits := i - start
	if digits > 1 && b[start] == '0' {
		traits |= traitZero
	}
	if i < len(b) && !isSpace(b[i]) {
		return classifyReal(b, i, digits, traits)
	}
	if !onlySpace(b[i:]) {
		return kindText, 0, false
	}
	switch {
	case digits == 0:
		traits = 0
	case traits&traitZero != 0 && start > 0 && b[start-1] == '+' && 7 <= digits && digits <= 15:
		traits = traitPhone
	}
	switch {
	case digits < 10:
		return kindInt, traits, true
	default:
		n, clamped := parseInt(trimSpace(b))
		if clamped {
			traits |= traitClamped
		}
		if n > maxExact || n < -maxExact {
			traits |= traitInexact
		}
		if n > math.MaxInt32 || n < math.MinInt32 {
			return kindBigInt, traits, true
		}
		return kindInt, traits, true
	}
}

// classifyReal goes on at the first byte behind the leading digits.
func classifyReal(b []byte, i, digits int, traits trait) (cellKind, trait, bool) {
	mantissa := digits > 0
	code := digits > 0
	if b[i] == '.' {
		code = false
		traits &^= traitZero
		for i++; i < len(b) && isDigit(b[i]); i++ {
			mantissa = true
		}
	}
	if i < len(b) && (b[i]|0x20 == 'e' || b[i]|0x20 == 'd') {
		exponent := i + 1
		i++
		if !mantissa || i == len(b) {
			return kindText, 0, false
		}
		if b[i] == '+' || b[i] == '-' {
			code = false
			i++
		} else if !isDigit(b[i]) {
			return kindText, 0, false
		}
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		if code {
			traits = traitExponent
		}
		// An exponent of more than three characters that leads to infinity is text.
		if len(b)-exponent > 3 && math.IsInf(leadingFloat(b), 0) {
			return kindText, 0, false
		}
	}
	if !onlySpace(b[i:]) {
		return kindText, 0, false
	}
	return kindReal, traits, true
}

func onlySpace(b []byte) bool {
	for _, c := range b {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// leadingFloat is C's atof: the number that a text begins with, or 0.
func leadingFloat(b []byte) float64 {
	b = trimSpace(b)
	i, digits := 0, 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		i++
	}
	for point := false; i < len(b) && (isDigit(b[i]) || b[i] == '.' && !point); i++ {
		if b[i] == '.' {
			point = true
		} else {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		end := i + 1
		if end < len(b) && (b[end] == '-' || b[end] == '+') {
			end++
		}
		for ; end < len(b) && isDigit(b[end]); end++ {
			i = end + 1
		}
	}
	f, _ := parseFloat(b[:i])
	return f
}
