package data_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// A counting reader knows how many bytes were read.
type counting struct {
	io.ReaderAt
	n int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

// crowdedZip is a zip of n entries, which claims to have fewer.
func crowdedZip(n int, claimed uint64) string {
	entry := make([]byte, 46, 47)
	copy(entry, "PK\x01\x02")
	entry[28] = 1              // the length of the name
	const local = "PK\x03\x04" // by which a spreadsheet is known
	entries := strings.Repeat(string(append(entry, 'a')), n)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	le := binary.LittleEndian
	if claimed < 1<<16-1 {
		le.PutUint16(end[8:], uint16(claimed))
		le.PutUint16(end[10:], uint16(claimed))
		le.PutUint32(end[12:], uint32(len(entries)))
		le.PutUint32(end[16:], uint32(len(local)))
		return local + entries + string(end)
	}
	wide := make([]byte, 56+20)
	copy(wide, "PK\x06\x06")
	le.PutUint64(wide[4:], 44)
	le.PutUint64(wide[24:], claimed)
	le.PutUint64(wide[32:], claimed)
	le.PutUint64(wide[40:], uint64(len(entries)))
	le.PutUint64(wide[48:], uint64(len(local)))
	copy(wide[56:], "PK\x06\x07")
	le.PutUint64(wide[64:], uint64(len(local+entries)))
	le.PutUint32(wide[72:], 1)
	copy(end[8:], strings.Repeat("\xff", 12))
	return local + entries + string(wide) + string(end)
}

// However many entries a zip has, and whatever it says of them, no more are read than are allowed.
func TestZipDirectoryIsBounded(t *testing.T) {
	limits := data.DefaultLimits()
	limits.Entries = 100
	tests := []struct {
		name    string
		content string
		want    string
		most    int64 // bytes that are read
	}{
		{"many, and it says so", crowdedZip(60_000, 60_000), "the %s holds 60000 %s; more than 100 are not read", 65 << 10},
		{"very many, and it says so", crowdedZip(100_000, 100_000), "the %s holds 100000 %s; more than 100 are not read", 65 << 10},
		{"one is claimed", crowdedZip(100_000, 1), "the directory of the %s is bigger than that of 100 %s; more are not read", 400 << 10},
		{"very many are claimed", crowdedZip(1, 1<<40), "the %s holds 1099511627776 %s; more than 100 are not read", 1 << 10},
		{"the number is nowhere", strings.Replace(crowdedZip(1, 1<<40), "PK\x06\x07", "PK\x00\x00", 1), "the %s holds 65535 %s; more than 100 are not read", 1 << 10},
		{"the number is outside", strings.Replace(crowdedZip(1, 1<<40), "PK\x06\x06", "PK\x00\x00", 1), "the %s holds 65535 %s; more than 100 are not read", 1 << 10},
		{"a little too many", datatest.Zip(strings.Split(strings.Repeat("a|b|", 101)[:403], "|")...), "the %s holds 101 %s; more than 100 are not read", 65 << 10},
	}
	for _, tt := range tests {
		for file, words := range map[string][]any{"x.zip": {"archive", "files"}, "x.xlsx": {"spreadsheet", "parts"}} {
			t.Run(tt.name+" "+file, func(t *testing.T) {
				r := &counting{ReaderAt: strings.NewReader(tt.content)}
				f, err := limits.Open(file, r, int64(len(tt.content)))
				if err == nil {
					_, err = f.Layers[0].Schema(t.Context(), data.DefaultOptions())
				}
				if diff := cmp.Diff(fmt.Sprintf(tt.want, words...)+" (import error 6666)", fmt.Sprint(err)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if r.n > tt.most {
					t.Errorf("%d bytes are read, of which at most %d were needed", r.n, tt.most)
				}
			})
		}
	}
}
