package data

import (
	"math"
	"strconv"
)

// isSpace is C's isspace.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// powersOfTen are exact in a float64.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseFloat reads a decimal number. The common case, a mantissa below 2^53 and
// few decimals, is computed exactly by one division; the rest is left to
// strconv, an overflow being infinite.
func parseFloat(b []byte) (float64, bool) {
	var mantissa uint64
	i, digits, decimals := 0, 0, 0
	negative := false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		negative = b[i] == '-'
		i++
	}
	for ; i < len(b) && isDigit(b[i]); i++ {
		mantissa = mantissa*10 + uint64(b[i]-'0')
		digits++
	}
	if i < len(b) && b[i] == '.' {
		for i++; i < len(b) && isDigit(b[i]); i++ {
			mantissa = mantissa*10 + uint64(b[i]-'0')
			digits++
			decimals++
		}
	}
	if i < len(b) || digits > 15 {
		return slowFloat(b)
	}
	if digits == 0 {
		return 0, false
	}
	f := float64(mantissa) / powersOfTen[decimals]
	if negative {
		f = -f
	}
	return f, true
}

func slowFloat(b []byte) (float64, bool) {
	for _, c := range b {
		if !isDigit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false // strconv also knows "inf", "0x1p-2" and "1_000"
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// parseInt reads digits with an optional sign and clamps what exceeds 64 bits.
func parseInt(b []byte) (n int64, clamped bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	var u uint64
	const limit = math.MaxInt64
	for _, c := range b {
		if !isDigit(c) {
			break
		}
		d := uint64(c - '0')
		if u > (limit-d)/10 {
			if negative {
				return math.MinInt64, !(u == limit/10 && d == 8)
			}
			return math.MaxInt64, true
		}
		u = u*10 + d
	}
	if negative {
		return -int64(u), false
	}
	return int64(u), false
}
