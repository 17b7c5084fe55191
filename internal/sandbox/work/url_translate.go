package work

import (
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// A translation turns the address of a page into that of the file behind it.
type translation struct {
	page      *regexp.Regexp // addresses that it is for
	done      *regexp.Regexp // those that need none any more
	translate func(string) string
}

// translations are tried in this order; the first that an address is for counts.
// Source: CartoDB/cartodb: services/importer/lib/importer/url_translator.
var translations = []translation{
	{regexp.MustCompile(`openstreetmap.org/(export)?#map=`), apiOfOSM, boxOfHash},
	{regexp.MustCompile(`openstreetmap.org.*lat.*`), apiOfOSM, boxOfQuery},
	{regexp.MustCompile(`google.com/fusiontables.*(\?docid=[\w-]|&q=)`), regexp.MustCompile(`google.com/fusiontables/exporttable`), fusionTable},
	{regexp.MustCompile(`github.com/.*[blob|raw].*`), regexp.MustCompile(`raw`), func(page string) string { return strings.ReplaceAll(page, "/blob/", "/raw/") }},
	{regexp.MustCompile(`maps.google.\w+/maps/ms/?\??.*msid=`), regexp.MustCompile(`maps.google.*/maps/ms.*msid=.*output=kml`), func(page string) string { return page + "&output=kml" }},
	{regexp.MustCompile(`docs.google.\w+/spreadsheet/ccc.*`), regexp.MustCompile(`docs.google.\w+/spreadsheet/pub.*output=csv`), spreadsheet},
}

var (
	apiOfOSM   = regexp.MustCompile(`api.openstreetmap.org`)
	mapHash    = regexp.MustCompile(`#map=(\d+)/([^/]+)/([^/]+)$`)
	sheetHash  = regexp.MustCompile(`#gid=\d+`)
	fusionID   = regexp.MustCompile(`\?docid=([\w-]+)`)
	fusionText = regexp.MustCompile(`&q=([^&]*)`)
)

// translateURL is the address from which a source is fetched.
func translateURL(raw string) string {
	raw = strings.TrimSpace(raw)
	for _, t := range translations {
		switch {
		case !t.page.MatchString(raw):
			continue
		case t.done.MatchString(raw):
			return raw
		}
		return t.translate(raw)
	}
	return raw
}

func spreadsheet(page string) string {
	return sheetHash.ReplaceAllString(page, "") + "&output=csv"
}

func fusionTable(page string) string {
	const export = "https://www.google.com/fusiontables/exporttable?query="
	if m := fusionID.FindStringSubmatch(page); m != nil {
		return export + "select+*+from+" + m[1]
	}
	if m := fusionText.FindStringSubmatch(page); m != nil {
		return export + m[1]
	}
	return page
}

// boxOfHash reads the place that a map shows from an address such as #map=12/40.4/-3.7.
func boxOfHash(page string) string {
	m := mapHash.FindStringSubmatch(page)
	if m == nil {
		return page
	}
	return osmBox(m[3], m[2], m[1])
}

// boxOfQuery reads it from an address such as ?lat=40.4&lon=-3.7&zoom=12.
func boxOfQuery(page string) string {
	_, query, _ := strings.Cut(page, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return page
	}
	return osmBox(values.Get("lon"), values.Get("lat"), values.Get("zoom"))
}

// osmBox asks for what a map of 1200 by 1000 pixels would show.
func osmBox(lonText, latText, zoomText string) string {
	lon, _ := strconv.ParseFloat(lonText, 64)
	lat, _ := strconv.ParseFloat(latText, 64)
	zoom, _ := strconv.Atoi(zoomText)
	degrees := 180 / 256.0 / math.Pow(2, float64(zoom)) // of a pixel
	var box []string
	for _, v := range []float64{lon - 600*degrees, lat - 500*degrees, lon + 600*degrees, lat + 500*degrees} {
		box = append(box, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return "http://api.openstreetmap.org/api/0.6/map?bbox=" + strings.Join(box, ",")
}
