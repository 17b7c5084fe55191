package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// An xmlKind says what an xmlReader came upon.
type xmlKind uint8

const (
	xmlStart xmlKind = iota
	xmlEnd
	xmlText
)

// An xmlToken is a tag or a piece of text, valid until the next one.
type xmlToken struct {
	kind  xmlKind
	name  []byte // of a tag, without its prefix
	attrs []byte // of a start tag, as written
	text  []byte // without entities and CDATA marks
}

var errXML = errors.New("malformed XML")

// xmlDepth bounds elements inside elements.
const xmlDepth = 256

// An xmlReader cuts XML into tags and text. It knows of namespaces no more than
// that a name may have a prefix, and it refuses document types: with them go
// entities that grow. It is made for the parts of a spreadsheet, which
// encoding/xml reads several times slower.
type xmlReader struct {
	r        io.Reader
	limit    int // bytes of one tag or text
	buf      []byte
	pos, end int
	eof      bool

	open    []byte // names of the open elements
	starts  []int  // where each begins in open
	pending bool   // an element that was closed in its start tag
	begun   bool   // the outermost element has begun
	text    []byte
}

func newXMLReader(r io.Reader, limit int) *xmlReader {
	return &xmlReader{r: r, limit: limit, buf: make([]byte, 32<<10)}
}

// depth is how many elements are open.
func (x *xmlReader) depth() int { return len(x.starts) }

// next gives the next tag or text. White space outside the outermost element,
// comments and instructions are passed over. The error is io.EOF behind it.
func (x *xmlReader) next() (xmlToken, error) {
	if x.pending {
		x.pending = false
		return x.closed(), nil
	}
	for {
		if x.pos == x.end {
			if err := x.fill(); err == io.EOF {
				if !x.begun || len(x.starts) > 0 {
					return xmlToken{}, fmt.Errorf("%w: it ends too early", errXML)
				}
				return xmlToken{}, io.EOF
			} else if err != nil {
				return xmlToken{}, err
			}
		}
		if x.buf[x.pos] != '<' {
			t, err := x.characters()
			if err != nil || len(x.starts) > 0 {
				return t, err
			}
			if len(bytes.Trim(t.text, " \t\n\uFEFF")) > 0 {
				return t, fmt.Errorf("%w: text outside of all elements", errXML)
			}
			continue
		}
		t, ok, err := x.markup()
		if ok || err != nil {
			return t, err
		}
	}
}

// fill reads more, and makes room for it in front or by growing.
func (x *xmlReader) fill() error {
	if x.eof {
		return io.EOF
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		if x.end > x.limit {
			return faultf(6666, "a tag or text is longer than %d bytes", x.limit)
		}
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	n, err := io.ReadAtLeast(x.r, x.buf[x.end:], 1)
	x.end += n
	if err == io.EOF {
		x.eof = true
	}
	return err
}

// until gives how many bytes stand before a mark, reading as much as that needs.
// What is not found is an error, unless the text may end first.
func (x *xmlReader) until(mark string, from int, mayEnd bool) (int, error) {
	for {
		if i := bytes.Index(x.buf[x.pos+from:x.end], []byte(mark)); i >= 0 {
			return from + i, nil
		}
		from = max(from, x.end-x.pos-len(mark)+1)
		switch err := x.fill(); {
		case err == io.EOF && mayEnd:
			return x.end - x.pos, nil
		case err == io.EOF:
			return 0, fmt.Errorf("%w: it ends before %s", errXML, mark)
		case err != nil:
			return 0, err
		}
	}
}

// characters reads text up to the next tag.
func (x *xmlReader) characters() (xmlToken, error) {
	n, err := x.until("<", 0, true)
	if err != nil {
		return xmlToken{}, err
	}
	raw := x.buf[x.pos : x.pos+n]
	x.pos += n
	text, err := x.plain(raw, true)
	return xmlToken{kind: xmlText, text: text}, err
}

// plain resolves entities and line ends, and refuses what XML does not allow.
func (x *xmlReader) plain(raw []byte, entities bool) ([]byte, error) {
	simple, ascii := true, true
	for _, c := range raw {
		switch {
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\r', c == '&':
			simple = false
		case c < ' ' && c != '\t' && c != '\n':
			return nil, fmt.Errorf("%w: control character %#x", errXML, c)
		}
	}
	if !ascii && !utf8.Valid(raw) {
		return nil, fmt.Errorf("%w: text that is not UTF-8", errXML)
	}
	if simple {
		return raw, nil
	}
	x.text = x.text[:0]
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\r':
			if i+1 == len(raw) || raw[i+1] != '\n' {
				x.text = append(x.text, '\n')
			}
		case c == '&' && entities:
			end := bytes.IndexByte(raw[i:], ';')
			if end < 0 {
				return nil, fmt.Errorf("%w: & without ;", errXML)
			}
			r, ok := entity(string(raw[i+1 : i+end]))
			if !ok {
				return nil, fmt.Errorf("%w: entity %s", errXML, clip(raw[i:i+end]))
			}
			x.text = utf8.AppendRune(x.text, r)
			i += end
		default:
			x.text = append(x.text, c)
		}
	}
	return x.text, nil
}

// entity gives the character that an entity stands for.
func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	r := rune(n)
	valid := err == nil && n <= utf8.MaxRune && utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r')
	return r, valid
}

// markup reads what begins with "<". Ok is false for what is passed over.
func (x *xmlReader) markup() (t xmlToken, ok bool, err error) {
	for x.end-x.pos < len("<![CDATA[") {
		if err := x.fill(); err == io.EOF {
			break
		} else if err != nil {
			return t, false, err
		}
	}
	begin := x.buf[x.pos:x.end]
	switch {
	case bytes.HasPrefix(begin, []byte("<!--")):
		return t, false, x.skip("-->", 4)
	case bytes.HasPrefix(begin, []byte("<?")):
		return t, false, x.instruction()
	case bytes.HasPrefix(begin, []byte("<![CDATA[")):
		const mark = len("<![CDATA[")
		n, err := x.until("]]>", mark, false)
		if err != nil {
			return t, false, err
		}
		raw := x.buf[x.pos+mark : x.pos+n]
		x.pos += n + len("]]>")
		if len(x.starts) == 0 {
			return t, false, fmt.Errorf("%w: text outside of all elements", errXML)
		}
		text, err := x.plain(raw, false)
		return xmlToken{kind: xmlText, text: text}, true, err
	case bytes.HasPrefix(begin, []byte("<!")):
		return t, false, fmt.Errorf("%w: document types are not read", errXML)
	}
	t, err = x.tag()
	return t, true, err
}

func (x *xmlReader) skip(mark string, from int) error {
	n, err := x.until(mark, from, false)
	x.pos += n + len(mark)
	return err
}

// instruction passes over an instruction. A declaration may name no encoding but
// UTF-8.
func (x *xmlReader) instruction() error {
	n, err := x.until("?>", 2, false)
	if err != nil {
		return err
	}
	raw := x.buf[x.pos : x.pos+n]
	x.pos += n + len("?>")
	if !bytes.HasPrefix(raw, []byte("<?xml ")) {
		return nil
	}
	encoding, _ := attribute(raw[len("<?xml"):], "encoding")
	if encoding != nil && !bytes.EqualFold(encoding, []byte("UTF-8")) && !bytes.EqualFold(encoding, []byte("US-ASCII")) {
		return fmt.Errorf("%w: its encoding is %s", errXML, clip(encoding))
	}
	return nil
}

// tag reads a start or an end tag.
func (x *xmlReader) tag() (xmlToken, error) {
	n, err := x.tagEnd()
	if err != nil {
		return xmlToken{}, err
	}
	raw := x.buf[x.pos+1 : x.pos+n]
	x.pos += n + 1
	if len(raw) > 0 && raw[0] == '/' {
		name := raw[1:]
		for len(name) > 0 && isSpace(name[len(name)-1]) {
			name = name[:len(name)-1]
		}
		if len(x.starts) == 0 || string(x.open[x.starts[len(x.starts)-1]:]) != string(name) {
			return xmlToken{}, fmt.Errorf("%w: </%s> closes nothing", errXML, clip(name))
		}
		return x.closed(), nil
	}
	x.pending = len(raw) > 0 && raw[len(raw)-1] == '/'
	if x.pending {
		raw = raw[:len(raw)-1]
	}
	i := 0
	for i < len(raw) && !isSpace(raw[i]) {
		i++
	}
	name, attrs := raw[:i], raw[i:]
	switch {
	case !isTagName(name):
		return xmlToken{}, fmt.Errorf("%w: <%s> is no tag", errXML, clip(raw))
	case len(x.starts) == 0 && x.begun:
		return xmlToken{}, fmt.Errorf("%w: more than one outermost element", errXML)
	case len(x.starts) == xmlDepth:
		return xmlToken{}, fmt.Errorf("%w: elements are nested too deeply", errXML)
	}
	x.begun = true
	x.starts = append(x.starts, len(x.open))
	x.open = append(x.open, name...)
	return xmlToken{kind: xmlStart, name: local(name), attrs: attrs}, nil
}

func isTagName(name []byte) bool {
	for _, c := range name {
		switch c {
		case '<', '=', '"', '\'', '&':
			return false
		}
	}
	return len(name) > 0
}

// tagEnd finds the ">" that is not inside quotes.
func (x *xmlReader) tagEnd() (int, error) {
	n, err := x.until(">", 1, false)
	if err != nil {
		return 0, err
	}
	raw := x.buf[x.pos : x.pos+n]
	if bytes.IndexByte(raw, '\'') < 0 && bytes.Count(raw, []byte{'"'})%2 == 0 {
		return n, nil
	}
	var quote byte
	for i := 1; ; i++ {
		for x.pos+i == x.end {
			if err := x.fill(); err == io.EOF {
				return 0, fmt.Errorf("%w: it ends inside a tag", errXML)
			} else if err != nil {
				return 0, err
			}
		}
		switch c := x.buf[x.pos+i]; {
		case quote == 0 && c == '>':
			return i, nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
}

// closed ends the innermost element.
func (x *xmlReader) closed() xmlToken {
	at := x.starts[len(x.starts)-1]
	name := x.open[at:]
	x.open, x.starts = x.open[:at], x.starts[:len(x.starts)-1]
	return xmlToken{kind: xmlEnd, name: local(name)}
}

func local(name []byte) []byte {
	return name[bytes.IndexByte(name, ':')+1:]
}

// attr gives an attribute by its name without prefix, as written; only those that
// a reader looks for need be well-formed.
func (t xmlToken) attr(name string) ([]byte, bool) { return attribute(t.attrs, name) }

func attribute(attrs []byte, name string) ([]byte, bool) {
	for {
		i := bytes.IndexByte(attrs, '=')
		if i < 0 {
			return nil, false
		}
		key, rest := trimSpace(attrs[:i]), trimSpace(attrs[i+1:])
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil, false
		}
		if string(local(key)) == name {
			return rest[1 : end+1], true
		}
		attrs = rest[end+2:]
	}
}

// attrText is attr with its entities resolved.
func (t xmlToken) attrText(name string) string {
	raw, _ := t.attr(name)
	if bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	x := xmlReader{}
	text, err := x.plain(raw, true)
	if err != nil {
		return string(raw)
	}
	return string(text)
}
