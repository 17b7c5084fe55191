package data

import "bytes"

// delimiterLines is how many lines CARTO looks at to find the delimiter.
const delimiterLines = 100

// delimiters are the candidates, in order of preference.
const delimiters = ",\t ;|"

// guessDelimiter gives the delimiter that CARTO finds in the beginning of a file:
// the candidate of the first line whose number per line varies least.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/csv_normalizer.rb, detect_delimiter.
func guessDelimiter(head []byte) byte {
	lines := linesOutsideQuotes(head)
	if len(lines) == 1 {
		lines = bytes.Split(bytes.TrimRight(lines[0], "\r"), []byte{'\r'})
	}
	if len(lines) == 1 {
		return mostFrequent(lines[0])
	}
	best, least := byte(','), -1.0
	for i := range len(delimiters) {
		if len(lines) == 0 || bytes.IndexByte(lines[0], delimiters[i]) < 0 {
			continue
		}
		if v := variance(lines, delimiters[i]); least < 0 || v < least {
			best, least = delimiters[i], v
		}
	}
	return best
}

// linesOutsideQuotes gives the first lines without those that begin inside a
// quoted cell or open one that they do not close, and without quoted text.
func linesOutsideQuotes(head []byte) [][]byte {
	var lines [][]byte
	inside := false
	for n := 0; n < delimiterLines && len(head) > 0; n++ {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line = head[:i+1]
		}
		head = head[len(line):]
		if bytes.Count(line, []byte{'"'})%2 == 1 {
			inside = !inside
		}
		if !inside {
			lines = append(lines, withoutQuoted(line))
		}
	}
	return lines
}

// withoutQuoted deletes what matches /"[^\\"]*"/.
func withoutQuoted(line []byte) []byte {
	open := bytes.IndexByte(line, '"')
	if open < 0 {
		return line
	}
	var kept []byte
	for open >= 0 {
		end := bytes.IndexAny(line[open+1:], `\"`)
		switch {
		case end < 0:
			return append(kept, line...)
		case line[open+1+end] == '"':
			kept = append(kept, line[:open]...)
			line = line[open+1+end+1:]
		default: // a backslash: this quote begins nothing
			kept = append(kept, line[:open+1]...)
			line = line[open+1:]
		}
		open = bytes.IndexByte(line, '"')
	}
	return append(kept, line...)
}

// mostFrequent decides when there is one line only: a space weighs half.
func mostFrequent(line []byte) byte {
	best, most := byte(','), -1
	for i := range len(delimiters) {
		weight := 2
		if delimiters[i] == ' ' {
			weight = 1
		}
		if n := weight * bytes.Count(line, []byte{delimiters[i]}); n > most {
			best, most = delimiters[i], n
		}
	}
	return best
}

// variance is the sample variance of how often c stands in each line.
func variance(lines [][]byte, c byte) float64 {
	var sum, squares float64
	for _, line := range lines {
		sum += float64(bytes.Count(line, []byte{c}))
	}
	mean := sum / float64(len(lines))
	for _, line := range lines {
		d := float64(bytes.Count(line, []byte{c})) - mean
		squares += d * d
	}
	return squares / float64(len(lines)-1)
}
