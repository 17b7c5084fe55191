package data

import (
	"slices"
)

// An idSet finds duplicates among numbers in about two bytes for each, less when
// they are dense. The zero value is empty.
type idSet struct {
	chunks map[int64]*idChunk
}

// An idChunk holds numbers that agree in all but their last 16 bits.
type idChunk struct {
	sparse []uint16 // sorted; nil once dense is used
	dense  *[1024]uint64
}

// denseFrom is where a bitmap becomes smaller than a list.
const denseFrom = 4096

// add puts a number into the set and reports whether it was new.
func (s *idSet) add(n int64) bool {
	if s.chunks == nil {
		s.chunks = make(map[int64]*idChunk)
	}
	c := s.chunks[n>>16]
	if c == nil {
		c = &idChunk{}
		s.chunks[n>>16] = c
	}
	return c.add(uint16(n))
}

func (c *idChunk) add(n uint16) bool {
	if c.dense == nil {
		i, found := slices.BinarySearch(c.sparse, n)
		if found {
			return false
		}
		c.sparse = slices.Insert(c.sparse, i, n)
		if len(c.sparse) == denseFrom {
			c.condense()
		}
		return true
	}
	word, bit := n/64, uint64(1)<<(n%64)
	if c.dense[word]&bit != 0 {
		return false
	}
	c.dense[word] |= bit
	return true
}

func (c *idChunk) condense() {
	c.dense = new([1024]uint64)
	for _, n := range c.sparse {
		c.dense[n/64] |= 1 << (n % 64)
	}
	c.sparse = nil
}
