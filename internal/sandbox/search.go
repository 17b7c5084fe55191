package sandbox

import (
	"slices"
	"strings"
	"unicode"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// searchable is what a search looks at: the name, the tags without anything between them, the description.
func searchable(v store.Visualization) [3]string {
	parts := [3]string{v.Name, strings.Join(v.Tags, ""), ""}
	if v.Description != nil {
		parts[2] = *v.Description
	}
	return parts
}

// found tells whether a search fits a visualization: all its words are there, in any order and number, or its text is
// somewhere in name, tags and description, which stand one behind the other without a space.
// Source: CartoDB/cartodb: app/queries/carto/visualization_query_searcher.rb.
func found(v store.Visualization, search string) bool {
	parts := searchable(v)
	// Underscore and percent sign mean themselves; a backslash still takes the meaning of what follows.
	pattern := strings.NewReplacer("_", `\_`, "%", `\%`).Replace(search)
	return relevance(v, search) > 0 || store.Like(strings.ToLower(parts[0]+parts[1]+parts[2]), "%"+strings.ToLower(pattern)+"%")
}

// relevance is how well the words of a search fit a visualization, 0 if one of them is missing: a word in the name weighs
// more than one in the tags, and that more than one in the description. What is found only as a part of a word has none.
// The weights are PostgreSQL's, its formula for several words is not.
func relevance(v store.Visualization, search string) float64 {
	wanted := words(search)
	if len(wanted) == 0 {
		return 0
	}
	parts := searchable(v)
	weights := [3]float64{1, 0.4, 0.2}
	sum := 0.0
	for _, word := range wanted {
		best := 0.0
		for i, part := range parts {
			if slices.Contains(words(part), word) {
				best = max(best, weights[i])
			}
		}
		if best == 0 {
			return 0
		}
		sum += best
	}
	return sum / float64(len(wanted))
}

// stopWords are words that a full-text search in English passes over.
var stopWords = strings.Fields("a an and are as at be by for from in is it not of on or that the this to was with")

// words are the words of a text as a search compares them: in lower case, without the endings of a plural. PostgreSQL cuts
// off more endings.
func words(text string) []string {
	var all []string
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(stopWords, word) {
			continue
		}
		switch {
		case strings.HasSuffix(word, "ies") && len(word) > 4:
			word = strings.TrimSuffix(word, "ies") + "i"
		case strings.HasSuffix(word, "y") && len(word) > 2:
			word = strings.TrimSuffix(word, "y") + "i"
		case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && len(word) > 3:
			word = strings.TrimSuffix(word, "s")
		}
		all = append(all, word)
	}
	return all
}
