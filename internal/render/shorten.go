package render

// shortened cuts two texts to room columns each, so that the place where they
// begin to differ stays in sight.
func shortened(before, after string, room int) (string, string) {
	before, after = visible(before), visible(after)
	a, b := []rune(before), []rune(after)
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	if same == len(a) && same == len(b) {
		same = 0
	}
	return window(a, same, room), window(b, same, room)
}

// window is a part of text of at most room columns that shows the rune at from
// with some of what is before it.
func window(text []rune, from, room int) string {
	if cells(string(text)) <= room {
		return string(text)
	}
	start := len(text)
	for start > 0 && cells(string(text[start-1:])) < room {
		start-- // as far to the right as a full window goes
	}
	start = min(start, max(0, from-room/3))
	head, tail := "", "…"
	if start > 0 {
		head = "…"
	}
	end, left := start, room-cells(head)-1
	for end < len(text) && left-runeCells(text[end]) >= 0 {
		left -= runeCells(text[end])
		end++
	}
	if cells(string(text[end:])) <= left+1 {
		end, tail = len(text), ""
	}
	return head + string(text[start:end]) + tail
}
