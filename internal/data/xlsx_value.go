package data

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// An epoch is day 0 of a spreadsheet's dates.
type epoch uint8

const (
	epoch1900 epoch = iota // with a 29 February 1900 that never was
	epoch1904
)

func (e epoch) day0() time.Time {
	if e == epoch1904 {
		return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
}

// appendSerial appends the date, the time or both that a number stands for: a
// number below 1 is a time, one without a fraction a date. A number that is no
// date is an error value, as openpyxl makes of it.
//
// Source: openpyxl, openpyxl/utils/datetime.py, from_excel, and
// wireservice/csvkit: csvkit/convert/xlsx.py.
func (e epoch) appendSerial(dst []byte, serial float64) []byte {
	const msPerDay = 86_400_000
	const firstDay, lastDay = -693_593, 2_958_465 // of the years 1 and 9999
	day := math.Floor(serial)
	if !(day >= firstDay && day <= lastDay) {
		return append(dst, "#VALUE!"...)
	}
	ms := int64(math.RoundToEven((serial - day) * msPerDay))
	if 0 <= serial && serial < 1 && ms < msPerDay {
		return appendSheetClock(dst, time.UnixMilli(ms).UTC())
	}
	if 0 < serial && serial < 60 && e == epoch1900 {
		day++
	}
	t := e.day0().AddDate(0, 0, int(day)).Add(time.Duration(ms) * time.Millisecond)
	switch {
	case t.Year() < 1 || t.Year() > 9999:
		return append(dst, "#VALUE!"...)
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.AppendFormat(dst, "2006-01-02")
	}
	dst = t.AppendFormat(dst, "2006-01-02 ")
	return appendSheetClock(dst, t)
}

// appendSheetClock appends a time of day.
func appendSheetClock(dst []byte, t time.Time) []byte {
	if t.Nanosecond() == 0 {
		return t.AppendFormat(dst, "15:04:05")
	}
	return t.AppendFormat(dst, "15:04:05.000000")
}

// appendSheetNumber appends a number as Python writes it: integers as they are, other
// numbers with the fewest digits that tell them apart. It is false for what is
// no number.
func appendSheetNumber(dst, text []byte) ([]byte, bool) {
	if !bytes.ContainsAny(text, ".eE") {
		if !isInteger(text) {
			return dst, false
		}
		return append(dst, bytes.TrimLeft(text, "+")...), true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		return dst, false
	}
	return appendFloat(dst, f), true
}

func isInteger(text []byte) bool {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	for _, c := range text {
		if !isDigit(c) {
			return false
		}
	}
	return len(text) > 0
}

func appendFloat(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		if f < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "inf"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}
