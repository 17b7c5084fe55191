package name

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FromURL gives the name that CARTO gives to a file it downloads: the one in the
// Content-Disposition header, else the last segment of the URL's path if it has
// a supported extension, else the first thing in the URL that looks like a file
// name; the extension is then made to fit the Content-Type. It is not yet
// normalised: its dataset name is [FromUpload] of it.
//
// Ok is false when nothing of that gives a name. CARTO then takes a random one,
// another at every import.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb and
// lib/carto/filename_generator.rb.
func FromURL(rawURL, contentDisposition, contentType string) (file string, ok bool) {
	file = fromDisposition(contentDisposition)
	if file == "" {
		file = fromAddress(escapeLatin(strip(rawURL)))
	}
	if file == "" {
		return "", false
	}
	return fitContentType(file, contentType), true
}

// extensions are those that the importer supports, longest first, because
// "tar.gz" must win over "tar".
//
// Source: CartoDB/cartodb: services/importer/lib/importer/unp.rb,
// SUPPORTED_FORMATS and COMPRESSED_EXTENSIONS.
var extensions = []string{
	".geojson", ".tar.gz", ".carto", ".xlsx", ".tiff", ".json", ".gpkg", ".fgdb",
	".csv", ".shp", ".ods", ".xls", ".tif", ".kml", ".kmz", ".tar", ".tgz", ".osm",
	".bz2", ".gpx", ".tab", ".tsv", ".txt", ".gdb", ".zip", ".rar", ".js", ".gz",
}

// fromDisposition takes what follows `; filename=` up to the last semicolon,
// deletes quotes, and keeps what stands before the first semicolon. An encoded
// `filename*=` is not understood.
func fromDisposition(header string) string {
	for rest := header; ; {
		_, after, found := strings.Cut(rest, ";")
		if !found {
			return ""
		}
		value, found := strings.CutPrefix(strings.TrimLeft(after, " \t\r\n\f\v"), "filename=")
		if !found {
			rest = after
			continue
		}
		value, _, _ = strings.Cut(value, "\n")
		value = strings.NewReplacer("'", "", `"`, "").Replace(value)
		value, _, _ = strings.Cut(value, ";")
		if strings.TrimFunc(value, unicode.IsSpace) == "" {
			return ""
		}
		return value
	}
}

func fromAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	file := unescape(basename(u.EscapedPath()))
	if slices.Contains(extensions, extension(basename(file))) {
		return file
	}
	return firstFileName(raw)
}

// escapeLatin percent-encodes the few letters that the downloader encodes in a
// URL before it looks at it.
func escapeLatin(s string) string {
	const letters = "áéíóúÁÉÍÓÚñÑçÇàèìòùÀÈÌÒÙ"
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(letters, r) {
			b.WriteString(url.QueryEscape(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unescape decodes %XX and "+", and leaves alone what is malformed.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// firstFileName finds the first run of word characters and hyphens that is
// followed by one or more supported extensions, each of which ends the text or
// stands before ".", "?" or "&".
func firstFileName(s string) string {
	start := -1
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '-' || isWordRune(r) {
			if start < 0 {
				start = i
			}
			i += size
			continue
		}
		if start >= 0 {
			if end := endOfExtensions(s, i); end > i {
				return s[start:end]
			}
		}
		start = -1
		i += size
	}
	return ""
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError &&
		(unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || unicode.Is(unicode.Pc, r))
}

func endOfExtensions(s string, i int) int {
	for {
		next := i
		for _, ext := range extensions {
			end := i + len(ext)
			if end <= len(s) && strings.EqualFold(s[i:end], ext) &&
				(end == len(s) || strings.IndexByte(".?&\n", s[end]) >= 0) {
				next = end
				break
			}
		}
		if next == i {
			return i
		}
		i = next
	}
}

// contentTypes says which extensions fit a content type; the first is the one
// that is appended.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb,
// CONTENT_TYPES_MAPPING. Its entry for .xlsb is left out because the server
// compares it in lower case and so never finds it.
var contentTypes = map[string][]string{
	"text/plain":               {".txt", ".kml", ".geojson"},
	"text/csv":                 {".csv"},
	"application/vnd.ms-excel": {".xls"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {".xlsx"},
	"application/vnd.geo+json":             {".geojson"},
	"application/vnd.google-earth.kml+xml": {".kml"},
	"application/vnd.google-earth.kmz":     {".kmz"},
	"application/gpx+xml":                  {".gpx"},
	"application/x-gzip":                   {".tgz", ".gz"},
	"application/json":                     {".json"},
	"text/javascript":                      {".json"},
	"application/javascript":               {".json"},
	"application/osm3s+xml":                {".osm"},
}

// fitContentType replaces the last extension, or adds one, when the content type
// is known and the extension is not one of its own.
func fitContentType(file, contentType string) string {
	bare, _, _ := strings.Cut(contentType, ";")
	fitting := contentTypes[lower(bare)]
	if len(fitting) == 0 {
		return file
	}
	base := basename(file)
	ext := extension(base)
	if slices.Contains(fitting, ext) {
		return file
	}
	return strings.TrimSuffix(base, ext) + fitting[0]
}
