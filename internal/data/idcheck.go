package data

import "math"

// An idCheck watches a column that is to become the row id.
type idCheck struct {
	seen              idSet
	total             int64
	nulls, words      int64
	repeats, negative int64
	big, fractions    int64
}

func (c *idCheck) add(text []byte) {
	c.total++
	text = trimSpace(text)
	if len(text) == 0 {
		c.nulls++
		return
	}
	kind, _, number := classifyNumber(text)
	switch {
	case !number:
		c.words++
		return
	case kind == kindReal:
		c.fractions++
	}
	c.addNumber(idValue(text))
}

func (c *idCheck) addNumber(f float64) {
	switch {
	case f < 0:
		c.negative++
	case f > math.MaxInt32:
		c.big++
	case !c.seen.add(int64(f)):
		c.repeats++
	}
}

// idValue is the cast of a number to an integer.
func idValue(text []byte) float64 { return math.RoundToEven(leadingFloat(text)) }

// cartodbIDFault says why the column cannot become cartodb_id.
//
// Source: CartoDB/cartodb-postgresql: scripts-available/CDB_CartodbfyTable.sql,
// and CartoDB/cartodb: app/models/table.rb.
func (c *idCheck) cartodbIDFault(header string) *Fault {
	switch {
	case c.words > 0:
		return faultf(2011, "column %q holds values that are no integers, so it cannot become cartodb_id", header)
	case c.nulls > 0:
		return faultf(2011, "column %q has empty cells, so it cannot become cartodb_id", header)
	case c.negative > 0 || c.big > 0:
		return faultf(99999, "column %q holds negative numbers or numbers above 2147483647, so it cannot become cartodb_id", header)
	case c.repeats > 0 && c.fractions > 0:
		return faultf(99999, "column %q holds fractions that become equal, so it cannot become cartodb_id", header)
	case c.repeats > 0:
		return faultf(2011, "column %q holds a value twice, so it cannot become cartodb_id", header)
	}
	return nil
}

// rowIDFault says why the column cannot be the converter's row id.
func (c *idCheck) rowIDFault(header string, t Type) *Fault {
	switch {
	case c.words > 0 || t != Integer && t != BigInt && c.nulls == 0:
		return faultf(2001, "column %q is taken for the row id but is not made of integers", header)
	case c.repeats > 0:
		return faultf(2001, "column %q is taken for the row id but holds a value twice", header)
	case c.big > 0:
		return faultf(2001, "column %q is taken for the row id but holds numbers above 2147483647", header)
	}
	return nil
}
