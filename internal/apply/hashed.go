package apply

import (
	"hash"
	"io"
	"sync"
)

// hashedPiece is how much is read and hashed at a time, and hashedPieces how many
// such pieces there are: one is sent while the one before is hashed.
const (
	hashedPiece  = 256 << 10
	hashedPieces = 3
)

// hashed is a reader whose bytes go through a hash beside their reader's work, so
// that an upload takes no longer for being hashed.
type hashed struct {
	from io.Reader
	free chan []byte // pieces that nobody uses
	work chan []byte // what was handed over and is to be hashed
	done chan struct{}

	mu     sync.Mutex // Close may come while the transport reads
	piece  []byte     // being handed over
	at     int        // how much of it was
	err    error      // behind the piece
	closed bool
}

func newHashed(from io.Reader, to hash.Hash) *hashed {
	h := &hashed{
		from: from, free: make(chan []byte, hashedPieces), work: make(chan []byte, hashedPieces), done: make(chan struct{}),
	}
	for range hashedPieces {
		h.free <- make([]byte, 0, hashedPiece)
	}
	go func() {
		defer close(h.done)
		for piece := range h.work {
			to.Write(piece)
			h.free <- piece
		}
	}()
	return h
}

func (h *hashed) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, io.ErrClosedPipe
	}
	if h.at == len(h.piece) {
		if h.err != nil {
			return 0, h.err
		}
		h.next()
	}
	n := copy(p, h.piece[h.at:])
	h.at += n
	if n == 0 {
		return 0, h.err
	}
	return n, nil
}

// next reads a piece and has the last one hashed.
func (h *hashed) next() {
	if h.piece != nil {
		h.work <- h.piece
	}
	piece := <-h.free
	n, err := h.from.Read(piece[:cap(piece)])
	h.piece, h.at, h.err = piece[:n], 0, err
}

// Close waits until everything that was handed over is hashed. It does not close
// what it reads from.
func (h *hashed) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		if h.piece != nil {
			h.work <- h.piece[:h.at]
		}
		close(h.work)
	}
	<-h.done
	return nil
}
