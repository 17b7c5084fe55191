package data

// maxExact is the largest integer up to which floating-point numbers, and with
// them JSON in a browser, hold every integer.
const maxExact = 1 << 53

// classifyOdd recognises what people mean as a date or a number and GDAL takes for
// text. The text begins with a digit, a space, a sign or a point.
func classifyOdd(b []byte) trait {
	switch {
	case isYearLast(b):
		return traitDayMonth
	case isDecimalComma(b):
		return traitComma
	}
	return 0
}

// isYearLast recognises 31/01/2020, 1.2.20 and 01-31-2020, with or without a time.
func isYearLast(b []byte) bool {
	p := dateParser{b: b}
	first, ok := p.number()
	if !ok || first < 1 || first > 31 {
		return false
	}
	sep := p.at()
	if sep != '/' && sep != '.' && sep != '-' {
		return false
	}
	p.i++
	second, ok := p.number()
	if !ok || second < 1 || second > 31 || first > 12 && second > 12 || p.at() != sep {
		return false
	}
	p.i++
	start := p.i
	p.number()
	digits := p.i - start
	return (digits == 2 || digits == 4) && (p.i == len(b) || p.at() == ' ')
}

// isDecimalComma recognises 1,5 and -1.234.567,89, but not 1,234,567.
func isDecimalComma(b []byte) bool {
	b = trimSpace(b)
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	commas, before, after := 0, 0, 0
	for _, c := range b {
		switch {
		case c == ',':
			commas++
		case isDigit(c) && commas == 0:
			before++
		case isDigit(c):
			after++
		case c != '.' || commas > 0 || before == 0:
			return false
		}
	}
	return commas == 1 && before > 0 && after > 0
}
