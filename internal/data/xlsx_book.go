package data

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// A workbook is the directory of a spreadsheet: what has to be known before its
// cells can be read.
type workbook struct {
	zip    *zip.Reader
	limits Limits

	sheet   string // path of the sheet that CARTO imports
	title   string
	sheets  int
	strings string // path of the shared strings, "" if there are none
	dates   []bool // by style: numbers of it are dates
	epoch   epoch
}

const (
	contentTypes = "[Content_Types].xml"
	sheetMain    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
)

// openWorkbook reads the parts of a spreadsheet that come before its cells.
//
// CARTO imports the sheet that was open when the file was saved, as a rule the
// first: in2csv asks openpyxl for the active one.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/excel2csv.rb, and
// wireservice/csvkit: csvkit/convert/xlsx.py, which it runs.
func openWorkbook(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*workbook, error) {
	z, err := limits.directory(r, size, "spreadsheet", "parts")
	if err != nil {
		return nil, err
	}
	b := &workbook{zip: z, limits: limits}
	main, err := b.mainPart(ctx)
	if err != nil {
		return nil, err
	}
	rels, err := b.relations(ctx, main)
	if err != nil {
		return nil, err
	}
	id, err := b.book(ctx, main)
	if err != nil {
		return nil, err
	}
	for _, r := range rels {
		switch {
		case r.id == id:
			b.sheet = r.target
			if path.Base(r.kind) != "worksheet" {
				return nil, fmt.Errorf("sheet %q holds no cells", b.title)
			}
		case path.Base(r.kind) == "sharedStrings":
			b.strings = r.target
		case path.Base(r.kind) == "styles":
			if err := b.styles(ctx, r.target); err != nil {
				return nil, err
			}
		}
	}
	if b.sheet == "" {
		return nil, fmt.Errorf("sheet %q is not in the file", b.title)
	}
	return b, nil
}

// part opens one file of the spreadsheet.
func (b *workbook) part(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.openPart(ctx, name, b.limits)
}

func (b *workbook) openPart(ctx context.Context, name string, limits Limits) (io.ReadCloser, error) {
	for _, f := range b.zip.File {
		if f.Name != name {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("its part %s is encrypted", name)
		}
		return limits.openZip(f)(ctx)
	}
	return nil, fmt.Errorf("it has no part %s", name)
}

// each calls do for every start tag of a part that is a list.
func (b *workbook) each(ctx context.Context, name string, do func(t xmlToken, depth int) error) error {
	limits := b.limits
	limits.Unpacked = limits.Lists
	r, err := b.openPart(ctx, name, limits)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLReader(r, b.limits.Record)
	for {
		t, err := x.next()
		if err == io.EOF {
			return nil
		}
		if err == nil && t.kind == xmlStart {
			err = do(t, x.depth())
		}
		if err != nil {
			return fmt.Errorf("part %s: %w", name, err)
		}
	}
}

// mainPart finds the part that lists the sheets.
func (b *workbook) mainPart(ctx context.Context) (string, error) {
	main := ""
	err := b.each(ctx, contentTypes, func(t xmlToken, _ int) error {
		kind := t.attrText("ContentType")
		if main == "" && string(t.name) == "Override" && strings.HasSuffix(kind, ".main+xml") &&
			(strings.Contains(kind, "sheet") || strings.Contains(kind, "excel")) {
			main = strings.TrimPrefix(t.attrText("PartName"), "/")
		}
		return nil
	})
	if err == nil && main == "" {
		err = errors.New("it holds no workbook")
	}
	return main, err
}

// A relation says under which id one part refers to another.
type relation struct{ id, kind, target string }

func (b *workbook) relations(ctx context.Context, main string) ([]relation, error) {
	var rels []relation
	err := b.each(ctx, path.Join(path.Dir(main), "_rels", path.Base(main)+".rels"), func(t xmlToken, _ int) error {
		if string(t.name) != "Relationship" || t.attrText("TargetMode") == "External" {
			return nil
		}
		target := t.attrText("Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", path.Dir(main), target)
		}
		rels = append(rels, relation{t.attrText("Id"), t.attrText("Type"), strings.TrimPrefix(path.Clean(target), "/")})
		return nil
	})
	return rels, err
}

// book reads the list of sheets and gives the relation of the open one.
func (b *workbook) book(ctx context.Context, main string) (id string, err error) {
	var ids, titles []string
	active, views := 0, 0
	err = b.each(ctx, main, func(t xmlToken, depth int) error {
		switch string(t.name) {
		case "workbook":
			if depth == 1 && !strings.Contains(string(t.attrs), sheetMain) {
				return errors.New("it is a strict spreadsheet, which CARTO cannot read; save it as an ordinary one")
			}
		case "workbookPr":
			if v := t.attrText("date1904"); v == "1" || v == "true" {
				b.epoch = epoch1904
			}
		case "workbookView":
			if n, err := strconv.Atoi(t.attrText("activeTab")); err == nil && views == 0 {
				active = n
				views++
			}
		case "sheet":
			ids, titles = append(ids, t.attrText("id")), append(titles, t.attrText("name"))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if active < 0 || active >= len(ids) {
		return "", fmt.Errorf("it has %d sheets, and number %d is to be open", len(ids), active+1)
	}
	b.sheets, b.title = len(ids), titles[active]
	return ids[active], nil
}

// styles finds out which styles show a number as a date or a time.
func (b *workbook) styles(ctx context.Context, name string) error {
	dates := make(map[int]bool)
	inCells := false
	return b.each(ctx, name, func(t xmlToken, depth int) error {
		switch {
		case string(t.name) == "numFmt":
			if id, err := strconv.Atoi(t.attrText("numFmtId")); err == nil {
				dates[id] = isDateFormat(t.attrText("formatCode"))
			}
		case depth == 2:
			inCells = string(t.name) == "cellXfs"
		case depth == 3 && inCells && string(t.name) == "xf":
			id, _ := strconv.Atoi(t.attrText("numFmtId"))
			isDate, own := dates[id]
			b.dates = append(b.dates, isDate || !own && (14 <= id && id <= 22 || 45 <= id && id <= 47))
		}
		return nil
	})
}

// isDateFormat reports whether a number format is one of dates: whether, outside
// of quotes and brackets, one of its letters d, m, y, h and s stands behind
// something else than a backslash. Only the format of positive numbers counts.
//
// Source: openpyxl, openpyxl/styles/numbers.py, is_date_format.
func isDateFormat(code string) bool {
	code, _, _ = strings.Cut(code, ";")
	var bare strings.Builder
	for i := 0; i < len(code); i++ {
		if end := literalEnd(code[i:]); end > 0 {
			i += end
			continue
		}
		bare.WriteByte(code[i])
	}
	code = bare.String()
	for i := 1; i < len(code); i++ {
		if code[i-1] != '\\' && strings.IndexByte("dmhysDMHYS", code[i]) >= 0 {
			return true
		}
	}
	return false
}

// literalEnd gives where the quoted or bracketed text ends that a format begins
// with, 0 if there is none. Elapsed time as in [hh] is no such text.
func literalEnd(code string) int {
	switch code[0] {
	case '"':
		return strings.IndexByte(code[1:], '"') + 1
	case '[':
		end := strings.IndexByte(code, ']')
		if end > 0 {
			switch code[1:end] {
			case "h", "hh", "m", "mm", "s", "ss":
				return 0
			}
			return end
		}
	}
	return 0
}
