package data_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/cartosync/cartosync/internal/data/datatest"
)

// A column of a .dbf: its name, type, width and decimals.
type dbfColumn struct {
	name            string
	letter          byte
	width, decimals int
}

// A row of a .dbf; deleted if its first cell says so.
const deleted = "\x00deleted"

// dbfOf makes a .dbf with a language driver.
func dbfOf(driver byte, columns []dbfColumn, rows ...[]string) string {
	width := 1
	for _, c := range columns {
		width += c.width
	}
	var b bytes.Buffer
	b.Write([]byte{3, 120, 1, 1})
	binary.Write(&b, binary.LittleEndian, uint32(len(rows)))
	binary.Write(&b, binary.LittleEndian, []uint16{uint16(33 + 32*len(columns)), uint16(width)})
	b.Write(append(make([]byte, 17), driver, 0, 0))
	for _, c := range columns {
		field := make([]byte, 32)
		copy(field[:11], c.name)
		field[11], field[16], field[17] = c.letter, byte(c.width), byte(c.decimals)
		b.Write(field)
	}
	b.WriteByte('\r')
	for _, row := range rows {
		mark := byte(' ')
		if len(row) > 0 && row[0] == deleted {
			mark, row = '*', row[1:]
		}
		b.WriteByte(mark)
		for i, c := range columns {
			cell := bytes.Repeat([]byte{' '}, c.width)
			if i < len(row) {
				copy(cell, row[i])
			}
			b.Write(cell)
		}
	}
	b.WriteByte(0x1a)
	return b.String()
}

// shpOf makes a .shp and its .shx of records.
func shpOf(kind int32, records ...string) (shp, shx string) {
	var shapes, index []byte
	for i, r := range records {
		index = binary.BigEndian.AppendUint32(index, uint32(50+len(shapes)/2))
		index = binary.BigEndian.AppendUint32(index, uint32(len(r)/2))
		shapes = binary.BigEndian.AppendUint32(shapes, uint32(i+1))
		shapes = binary.BigEndian.AppendUint32(shapes, uint32(len(r)/2))
		shapes = append(shapes, r...)
	}
	head := func(n int) []byte {
		h := binary.BigEndian.AppendUint32(nil, 9994)
		h = append(h, make([]byte, 20)...)
		h = binary.BigEndian.AppendUint32(h, uint32(n/2))
		h = binary.LittleEndian.AppendUint32(h, 1000)
		h = binary.LittleEndian.AppendUint32(h, uint32(kind))
		return append(h, make([]byte, 64)...)
	}
	return string(append(head(100+len(shapes)), shapes...)), string(append(head(100+len(index)), index...))
}

func floats(b []byte, fs ...float64) []byte {
	for _, f := range fs {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

// pointShape, multiPointShape and partsShape make records; extra coordinates of a
// point, and what follows the points of the others, are heights and measures.
func pointShape(kind int32, coordinates ...float64) string {
	return string(floats(binary.LittleEndian.AppendUint32(nil, uint32(kind)), coordinates...))
}

func multiPointShape(kind int32, coordinates ...float64) string {
	b := floats(binary.LittleEndian.AppendUint32(nil, uint32(kind)), 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(coordinates)/2))
	return string(floats(b, coordinates...))
}

func partsShape(kind int32, parts ...[]float64) string {
	b := floats(binary.LittleEndian.AppendUint32(nil, uint32(kind)), 0, 0, 0, 0)
	points := slices.Concat(parts...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(parts)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(points)/2))
	at := 0
	for _, p := range parts {
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
		at += len(p) / 2
	}
	b = floats(b, points...)
	if kind > 10 {
		b = append(b, make([]byte, 16+8*len(points)/2)...) // heights
	}
	return string(b)
}

// square goes around clockwise, hole the other way.
func square(x, y, size float64) []float64 {
	return []float64{x, y, x, y + size, x + size, y + size, x + size, y, x, y}
}

func hole(x, y, size float64) []float64 {
	return []float64{x, y, x + size, y, x + size, y + size, x, y + size, x, y}
}

const nullShape = "\x00\x00\x00\x00"

// A shapefile is one in the making.
type shapefileParts struct {
	kind    int32
	records []string
	dbf     string
	prj     string
	cpg     string
	change  func(shp, shx, dbf []byte) // breaks it
	without string
}

const wgs84 = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

// pairs gives the names and contents of the files.
func (s shapefileParts) pairs(stem string) []string {
	shp, shx := shpOf(s.kind, s.records...)
	if s.dbf == "" {
		rows := make([][]string, len(s.records))
		for i := range rows {
			rows[i] = []string{string(rune('a' + i))}
		}
		s.dbf = dbfOf(0, []dbfColumn{{"k", 'C', 3, 0}}, rows...)
	}
	a, b, c := []byte(shp), []byte(shx), []byte(s.dbf)
	if s.change != nil {
		s.change(a, b, c)
	}
	if s.prj == "" {
		s.prj = wgs84
	}
	var all []string
	for _, f := range [][2]string{{".shp", string(a)}, {".shx", string(b)}, {".dbf", string(c)}, {".prj", s.prj}, {".cpg", s.cpg}} {
		if f[0] == s.without || f[1] == "" {
			continue
		}
		all = append(all, stem+f[0], f[1])
	}
	return all
}

func (s shapefileParts) zip(t testing.TB) string {
	t.Helper()
	return datatest.Zip(s.pairs("s")...)
}
