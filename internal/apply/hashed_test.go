package apply

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestHashed: whoever reads gets every byte in order, and the hash is of just
// those, however they are asked for and whatever ends them.
func TestHashed(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcdef"), 5*hashedPiece/16)
	text = append(text, "the end"...)
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		from io.Reader
		want int // bytes
		err  error
	}{
		{"whole", bytes.NewReader(text), len(text), nil},
		{"empty", bytes.NewReader(nil), 0, nil},
		{"in halves", iotest.HalfReader(bytes.NewReader(text)), len(text), nil},
		{"end and data at once", iotest.DataErrReader(bytes.NewReader(text)), len(text), nil},
		{"broken", io.MultiReader(bytes.NewReader(text[:hashedPiece+1]), iotest.ErrReader(broken)), hashedPiece + 1, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			sum := sha256.New()
			h := newHashed(c.from, sum)
			got, err := io.ReadAll(h)
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(got, text[:c.want]) || !errors.Is(err, c.err) {
				t.Errorf("read %d bytes of %d, error %v", len(got), c.want, err)
			}
			if want := sha256.Sum256(text[:c.want]); !bytes.Equal(sum.Sum(nil), want[:]) {
				t.Error("the hash is of something else")
			}
		})
	}
}

// TestHashedInPart: an upload that was broken off hashed no more than it sent.
func TestHashedInPart(t *testing.T) {
	for _, n := range []int{0, 7, hashedPiece, hashedPiece + 7} {
		sum, text := sha256.New(), make([]byte, 3*hashedPiece)
		h := newHashed(bytes.NewReader(text), sum)
		if _, err := io.ReadFull(h, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		h.Close()
		h.Close()
		if want := sha256.Sum256(text[:n]); !bytes.Equal(sum.Sum(nil), want[:]) {
			t.Errorf("after %d bytes the hash is of something else", n)
		}
		if _, err := h.Read(make([]byte, 1)); err == nil {
			t.Error("it is read from after it was closed")
		}
	}
}
