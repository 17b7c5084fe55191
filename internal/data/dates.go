package data

import (
	"strconv"
	"time"
)

// A moment is a date, a time, or both, as GDAL's OGRParseDate reads them.
type moment struct {
	hasDate, hasTime   bool
	shortYear          bool // it was written with two digits
	year, month, day   int
	hour, minute       int
	second, nanosecond int
	hasZone            bool
	offset             int // minutes east of UTC
}

// classifyDate says whether a cell is a date, a time, both, or plain text.
func classifyDate(b []byte) (cellKind, trait) {
	m, ok := parseMoment(b)
	if !ok {
		return kindText, 0
	}
	var traits trait
	if m.hasDate && !m.exists() {
		traits = traitBadDate
	}
	if m.shortYear {
		traits |= traitShortYear
	}
	switch {
	case m.hasDate && m.hasTime:
		return kindDateTime, traits
	case m.hasDate:
		return kindDate, traits
	}
	return kindTime, traits
}

// exists reports whether a calendar has the date: PostgreSQL refuses the others,
// and the year 0 with them.
func (m moment) exists() bool {
	t := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC)
	return m.year > 0 && t.Day() == m.day
}

// A dateParser walks over the text of a date.
type dateParser struct {
	b []byte
	i int
}

func (p *dateParser) at() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

// number consumes digits; ok is false if there are none.
func (p *dateParser) number() (n int, ok bool) {
	start := p.i
	for isDigit(p.at()) {
		if n = n*10 + int(p.at()-'0'); n > 1_000_000 {
			n = 1_000_000
		}
		p.i++
	}
	return n, p.i > start
}

func (p *dateParser) spaces() {
	for p.at() == ' ' {
		p.i++
	}
}

// parseMoment reads year-first dates and 24-hour times. What stands behind them
// must be a zone or nothing.
func parseMoment(b []byte) (m moment, ok bool) {
	p := dateParser{b: b}
	p.spaces()
	first := p.i
	for first < len(b) && isDigit(b[first]) {
		first++
	}
	if first < len(b) && (b[first] == '-' || b[first] == '/') {
		return p.date()
	}
	return p.clock(m)
}

func (p *dateParser) date() (m moment, ok bool) {
	start := p.i
	if m.year, ok = p.number(); !ok || m.year > 32767 {
		return m, false
	}
	if p.i-start <= 2 { // two digits of a year
		m.shortYear = true
		switch {
		case m.year >= 30:
			m.year += 1900
		default:
			m.year += 2000
		}
	}
	if !p.separator() {
		return m, false
	}
	if m.month, ok = p.number(); !ok || m.month < 1 || m.month > 12 || !p.separator() {
		return m, false
	}
	if m.day, ok = p.number(); !ok || m.day < 1 || m.day > 31 {
		return m, false
	}
	m.hasDate = true
	switch p.at() {
	case 0:
		return m, p.i == len(p.b)
	case 'Z':
		return m, p.i+1 == len(p.b)
	case 'T', ' ':
		if p.spaces(); p.i == len(p.b) {
			return m, true
		}
		return p.clock(m)
	}
	return m, false
}

func (p *dateParser) separator() bool {
	if c := p.at(); c != '-' && c != '/' {
		return false
	}
	p.i++
	return true
}

func (p *dateParser) clock(m moment) (moment, bool) {
	isoT := p.at() == 'T'
	if isoT {
		p.i++
	}
	var ok bool
	if m.hour, ok = p.number(); !ok || m.hour > 23 {
		return m, false
	}
	m.hasTime = true
	if isoT && p.i == len(p.b) {
		return m, m.hasDate
	}
	if p.at() != ':' {
		return m, false
	}
	p.i++
	if m.minute, ok = p.number(); !ok || m.minute > 59 {
		return m, false
	}
	if p.at() == ':' {
		p.i++
		if !p.seconds(&m) {
			return m, false
		}
	}
	return m, p.zone(&m)
}

// seconds reads a number below 61: leap seconds are allowed.
func (p *dateParser) seconds(m *moment) bool {
	var ok bool
	if m.second, ok = p.number(); !ok || m.second > 60 {
		return false
	}
	if p.at() != '.' && p.at() != ',' {
		return true
	}
	p.i++
	scale := 100_000_000
	for ; isDigit(p.at()); p.i++ {
		m.nanosecond += int(p.at()-'0') * scale
		scale /= 10
	}
	return true
}

// zone reads Z, +02, +0200, +02:00, or nothing.
func (p *dateParser) zone(m *moment) bool {
	p.spaces()
	switch p.at() {
	case 0:
		return p.i == len(p.b)
	case 'Z':
		m.hasZone = true
		p.i++
		return p.i == len(p.b)
	case '+', '-':
	default:
		return false
	}
	sign := 1
	if p.at() == '-' {
		sign = -1
	}
	p.i++
	start := p.i
	n, ok := p.number()
	hours, minutes := n, 0
	switch digits := p.i - start; {
	case !ok || digits > 4:
		return false
	case digits > 2:
		hours, minutes = n/100, n%100
	case p.at() == ':':
		p.i++
		if minutes, ok = p.number(); !ok {
			return false
		}
	}
	m.hasZone, m.offset = true, sign*(hours*60+minutes)
	return p.i == len(p.b) && hours <= 15 && minutes < 60
}

// appendDate appends the date as 2006-01-02.
func (m moment) appendDate(dst []byte) []byte {
	return appendYMD(dst, m.year, m.month, m.day)
}

// appendTimestamp appends the instant in UTC as 2006-01-02T15:04:05Z, with
// decimals if it has any. A moment without a zone counts as UTC, which is what
// the server's session has.
func (m moment) appendTimestamp(dst []byte) []byte {
	t := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute-m.offset, m.second, m.nanosecond, time.UTC)
	dst = appendYMD(dst, t.Year(), int(t.Month()), t.Day())
	dst = append(dst, 'T')
	return append(appendClock(dst, t.Hour(), t.Minute(), t.Second(), t.Nanosecond()), 'Z')
}

// appendTime appends the time of day as 15:04:05. A zone is dropped.
func (m moment) appendTime(dst []byte) []byte {
	return appendClock(dst, m.hour, m.minute, m.second, m.nanosecond)
}

func appendYMD(dst []byte, year, month, day int) []byte {
	for limit := 1000; limit > 1 && year < limit; limit /= 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, int64(year), 10)
	return appendTwo(appendTwo(dst, '-', month), '-', day)
}

// appendClock keeps milliseconds, which is what GDAL hands over.
func appendClock(dst []byte, hour, minute, second, nanosecond int) []byte {
	dst = append(dst, byte('0'+hour/10), byte('0'+hour%10))
	dst = appendTwo(appendTwo(dst, ':', minute), ':', second)
	if ms := nanosecond / 1_000_000; ms > 0 {
		dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return dst
}

func appendTwo(dst []byte, sep byte, n int) []byte {
	return append(dst, sep, byte('0'+n/10), byte('0'+n%10))
}
