package render

import (
	"strings"
)

// tableText is a table for people: aligned columns under their names, or of a
// single thing a line for each property that it has.
func tableText(t Table, o Options) []byte {
	if t.Single && len(t.Rows) == 1 {
		return singleText(t, o)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	g := gridOf(t)
	if o.Width > 0 && !o.Verbose {
		g.fit(max(o.Width, minWidth))
	}
	p := newPage(o)
	for i, line := range g.cells {
		s := plain
		if i == 0 {
			s = strong
		}
		p.line(0, span{s, g.line(line)})
	}
	return p.bytes()
}

// A grid is a table as text, its head first. Cells are visible already, so that
// their widths are true.
type grid struct {
	cells [][]string
	right []bool
	width []int // of each column
}

const gap = "  " // between columns

func gridOf(t Table) *grid {
	g := &grid{cells: make([][]string, 1+len(t.Rows))}
	for i, c := range t.Columns {
		if c.Detail {
			continue
		}
		g.right = append(g.right, c.Right)
		widest := 0
		put := func(line int, text string) {
			g.cells[line] = append(g.cells[line], text)
			widest = max(widest, cells(text))
		}
		put(0, strings.ToUpper(title(c.Key)))
		for n, row := range t.Rows {
			text := visible(flat(row[i], forPeople))
			if text == "" {
				text = "-" // so that every line has as many words
			}
			put(1+n, text)
		}
		g.width = append(g.width, widest)
	}
	return g
}

func title(key string) string { return strings.ReplaceAll(key, "_", " ") }

// narrowest is how narrow a column gets to fit a terminal.
const narrowest = 8

// fit shortens the widest columns until a line has room, as far as that goes.
func (g *grid) fit(room int) {
	total := len(gap) * (len(g.width) - 1)
	for _, w := range g.width {
		total += w
	}
	for total > room {
		widest := 0
		for i, w := range g.width {
			if w > g.width[widest] {
				widest = i
			}
		}
		if g.width[widest] <= narrowest {
			return
		}
		g.width[widest]--
		total--
	}
}

func (g *grid) line(line []string) string {
	var b strings.Builder
	for i, text := range line {
		text = window([]rune(text), 0, g.width[i])
		space := strings.Repeat(" ", g.width[i]-cells(text))
		switch {
		case g.right[i]:
			b.WriteString(space + text)
		case i == len(line)-1:
			b.WriteString(text)
		default:
			b.WriteString(text + space)
		}
		if i < len(line)-1 {
			b.WriteString(gap)
		}
	}
	return b.String()
}

// singleText is one thing: a line for each property that it has, and for each
// object of a list.
func singleText(t Table, o Options) []byte {
	p := newPage(o)
	widest := 0
	for i, c := range t.Columns {
		if flat(t.Rows[0][i], forPeople) != "" {
			widest = max(widest, len(title(c.Key)))
		}
	}
	for i, c := range t.Columns {
		head := title(c.Key)
		for _, text := range lines(t.Rows[0][i]) {
			p.line(0, span{strong, head}, span{plain, strings.Repeat(" ", widest-len(head)) + gap + text})
			head = ""
		}
	}
	return p.bytes()
}

// lines is a value as the lines that it takes.
func lines(v any) []string {
	objects, ok := v.([]Object)
	if !ok {
		if text := flat(v, forPeople); text != "" {
			return []string{text}
		}
		return nil
	}
	var all []string
	for _, o := range objects {
		all = append(all, o.Text)
	}
	return all
}
