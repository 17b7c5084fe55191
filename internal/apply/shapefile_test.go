package apply_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// points are the files of a shapefile of points with a name each.
func points(names ...string) map[string]string {
	shapes, index, table := []byte{}, []byte{}, []byte{3, 120, 1, 1}
	table = binary.LittleEndian.AppendUint32(table, uint32(len(names)))
	table = append(append(table, 65, 0, 9, 0), make([]byte, 20)...)
	table = append(table, "name\x00\x00\x00\x00\x00\x00\x00C\x00\x00\x00\x00\x08"...)
	table = append(append(table, make([]byte, 15)...), '\r')
	for i, n := range names {
		index = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(index, uint32(50+14*i)), 10)
		shapes = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(shapes, uint32(i+1)), 10)
		shapes = append(shapes, 1, 0, 0, 0)
		shapes = binary.LittleEndian.AppendUint64(shapes, math.Float64bits(float64(i)))
		shapes = binary.LittleEndian.AppendUint64(shapes, math.Float64bits(40))
		table = append(table, (" " + n + "        ")[:9]...)
	}
	head := func(b []byte) string {
		h := append(binary.BigEndian.AppendUint32(nil, 9994), make([]byte, 20)...)
		h = append(binary.BigEndian.AppendUint32(h, uint32(50+len(b)/2)), 0xe8, 3, 0, 0, 1, 0, 0, 0)
		return string(append(append(h, make([]byte, 64)...), b...))
	}
	return map[string]string{"Roads.shp": head(shapes), "Roads.shx": head(index), "Roads.dbf": string(table)}
}

// TestShapefileGoesUpWithItsSidecars: a manifest names the .shp alone, and what
// changes in the table beside it is a change of the source.
func TestShapefileGoesUpWithItsSidecars(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	each(t, func(t *testing.T) {
		a := newAccount(t)
		for file, content := range points("ring", "lane") {
			a.file(file, content)
		}
		a.manifest("datasets: [{name: streets, source: {file: Roads.shp}}]")
		a.converges("done create streets")
		a.file("Roads.dbf", points("ring", "walk")["Roads.dbf"])
		a.converges("done reimport streets")
		if diff := cmp.Diff([]string{"ring", "walk"}, a.column("streets", "name")); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}
