package render

import (
	"bytes"
	"strings"
)

// A style is how a span looks where colours are used.
type style string

// The styles, as parameters of the ANSI sequence that selects them.
const (
	plain  style = ""
	strong style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
	alarm  style = "1;31"
)

// A span is a piece of a line.
type span struct {
	style style
	text  string
}

// minWidth is the narrowest terminal that lines are fitted to.
const minWidth = 40

// A page collects lines of text. Whatever is put on it is made visible first,
// so that no text can bring its own controls or line ends: the page's are the
// only ones.
type page struct {
	b     bytes.Buffer
	color bool
	width int // 0 = lines are never wrapped
}

func newPage(o Options) *page {
	p := &page{color: o.Color, width: o.Width}
	if p.width > 0 {
		p.width = max(p.width, minWidth)
	}
	return p
}

// line adds one line.
func (p *page) line(indent int, spans ...span) {
	p.b.WriteString(strings.Repeat(" ", indent))
	for i, s := range spans {
		text := visible(s.text)
		if i == 0 && strings.HasPrefix(strings.TrimLeft(text, " "), "::") {
			// GitHub obeys ::error and the like at the beginning of a line.
			text = strings.Replace(text, ":", `\x3a`, 1)
		}
		p.styled(s.style, text)
	}
	p.b.WriteByte('\n')
}

func (p *page) styled(s style, text string) {
	if !p.color || s == plain || text == "" {
		p.b.WriteString(text)
		return
	}
	p.b.WriteString("\x1b[" + string(s) + "m" + text + "\x1b[0m")
}

// blank adds an empty line, unless the page is empty.
func (p *page) blank() {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
}

// prose adds a sentence, wrapped between words where the page has a width;
// further lines are indented by two more. Without words there is no line.
func (p *page) prose(indent int, s style, text string) {
	text = visible(text)
	if text == "" {
		return
	}
	if p.width == 0 || indent+cells(text) <= p.width {
		p.line(indent, span{s, text})
		return
	}
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case line == "":
			line = word
		case indent+cells(line)+1+cells(word) <= p.width:
			line += " " + word
		default:
			p.line(indent, span{s, line})
			line = "  " + word
		}
	}
	p.line(indent, span{s, line})
}

func (p *page) bytes() []byte { return p.b.Bytes() }
