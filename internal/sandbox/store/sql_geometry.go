package store

import "slices"

// rewriteGeometryLiterals casts a string that is written to the_geom to a geometry, as PostgreSQL does by the column's
// type. SQLite would keep the text, and take some that are hexadecimal for numbers.
func rewriteGeometryLiterals(tokens []token) []token {
	places := insertedGeometries(tokens)
	for i := 0; i+2 < len(tokens); i++ {
		if tokens[i].isName() && tokens[i].text == "the_geom" && tokens[i+1].is("=") {
			places = append(places, i+2)
		}
	}
	var out []token
	for i, t := range tokens {
		if len(places) > 0 && places[0] == i {
			if places = places[1:]; isLiteral(tokens, i) {
				out = append(out, castCall([]token{t}, words("geometry"))...)
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

// isLiteral tells whether a string is all that stands at i.
func isLiteral(tokens []token, i int) bool {
	return tokens[i].kind == text && (i+1 == len(tokens) || tokens[i+1].oneOf(",", ")", "where", "and", "or", "returning"))
}

// insertedGeometries finds where values for the_geom begin in INSERT INTO t (columns) VALUES (row), (row).
func insertedGeometries(tokens []token) (places []int) {
	if len(tokens) < 4 || !tokens[0].is("insert") || !tokens[1].is("into") || !tokens[3].is("(") {
		return nil
	}
	end := closing(tokens, 3)
	if end+1 >= len(tokens) || !tokens[end+1].is("values") {
		return nil
	}
	at := slices.IndexFunc(split(tokens[4:end], ","), func(column []token) bool { return len(column) == 1 && column[0].text == "the_geom" })
	if at < 0 {
		return nil
	}
	for row := end + 2; row < len(tokens) && tokens[row].is("("); {
		last := closing(tokens, row)
		i := row + 1
		for value := 0; i < last && value < at; i++ {
			if tokens[i].oneOf("(", "[") {
				i = closing(tokens, i)
			} else if tokens[i].is(",") {
				value++
			}
		}
		if i < last {
			places = append(places, i)
		}
		if row = last + 1; row < len(tokens) && tokens[row].is(",") {
			row++
		}
	}
	return places
}
