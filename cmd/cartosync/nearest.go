package main

// nearest returns the name that s is most likely a misspelling of, or "". Of
// several it takes the first.
func nearest(s string, names []string) string {
	best, slips := "", 1+len(s)/4
	for _, name := range names {
		if d := distance(s, name); d <= slips {
			best, slips = name, d-1
		}
	}
	return best
}

// distance counts the characters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range to {
			replaced := diagonal
			if c != d {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
