package plan

import "strconv"

// Grouped is n with its thousands set apart: 12,044.
func Grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	least := 0
	if n < 0 {
		least = 1
	}
	for at := len(digits) - 3; at > least; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Counted is a counted noun: 1 row, 12,044 rows.
func Counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(n) + " " + noun + "s"
}
