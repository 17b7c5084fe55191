package name

import "strings"

// foldLetters replaces accented and Cyrillic letters as CARTO does in column
// names, where it has its own ideas: "ą" is a "q", "ı" and "į" are a "j", and
// the Cyrillic "а" is missing.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/string_sanitizer.rb.
func foldLetters(s string) string {
	if isASCII(s) {
		return s
	}
	return folding.Replace(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

var folding = newFolding([][2]string{
	{"àáâãäåāă", "a"}, {"æ", "ae"}, {"ďđ", "d"}, {"çćčĉċ", "c"}, {"èéêëēęěĕė", "e"},
	{"ƒƑ", "f"}, {"ĝğġģ", "g"}, {"ĥħ", "h"}, {"ìíîïīĩĭ", "i"}, {"įıĳĵ", "j"},
	{"ķĸ", "k"}, {"łľĺļŀ", "l"}, {"ñńňņŉŋ", "n"}, {"òóôõöøōőŏ", "o"}, {"œ", "oe"},
	{"ą", "q"}, {"ŕřŗ", "r"}, {"śšşŝș", "s"}, {"ťţŧț", "t"}, {"ùúûüūůűŭũų", "u"},
	{"ŵ", "w"}, {"ýÿŷ", "y"}, {"žżź", "z"},
	{"ÀÁÂÃÄÅĀĂ", "a"}, {"Æ", "ae"}, {"ĎĐ", "d"}, {"ÇĆČĈĊ", "c"}, {"ÈÉÊËĒĘĚĔĖ", "e"},
	{"ĜĞĠĢ", "g"}, {"ĤĦ", "h"}, {"ÌÍÎÏĪĨĬ", "i"}, {"ĲĴ", "j"}, {"Ķ", "k"},
	{"ŁĽĹĻĿ", "l"}, {"ÑŃŇŅŊ", "n"}, {"ÒÓÔÕÖØŌŐŎ", "o"}, {"Œ", "oe"}, {"Ą", "q"},
	{"ŔŘŖ", "r"}, {"ŚŠŞŜȘ", "s"}, {"ŤŢŦȚ", "t"}, {"ÙÚÛÜŪŮŰŬŨŲ", "u"}, {"Ŵ", "w"},
	{"ÝŸŶ", "y"}, {"ŽŻŹ", "z"},
	{"бБ", "b"}, {"вВ", "v"}, {"гГ", "g"}, {"дД", "d"}, {"еЕ", "e"}, {"ёЁ", "yo"},
	{"жЖ", "zh"}, {"зЗ", "z"}, {"иИ", "i"}, {"йЙ", "j"}, {"кК", "k"}, {"лЛ", "l"},
	{"мМ", "m"}, {"нН", "n"}, {"оО", "o"}, {"пП", "p"}, {"рР", "r"}, {"сС", "s"},
	{"тТ", "t"}, {"уУ", "u"}, {"фФ", "f"}, {"хХ", "x"}, {"цЦ", "cz"}, {"чЧ", "ch"},
	{"шШ", "sh"}, {"щЩ", "shh"}, {"ъЪьЬ", ""}, {"ыЫ", "y"}, {"эЭ", "e"}, {"юЮ", "yu"},
	{"яЯ", "ya"},
})

func newFolding(table [][2]string) *strings.Replacer {
	var pairs []string
	for _, row := range table {
		for _, letter := range row[0] {
			pairs = append(pairs, string(letter), row[1])
		}
	}
	return strings.NewReplacer(pairs...)
}
