package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A wktNode is one element of the text that describes a reference system, such
// as UNIT["Degree",0.0174].
type wktNode struct {
	keyword  string // in upper case
	text     string // its first value, if that is text
	numbers  []float64
	children []wktNode
}

func (n wktNode) child(keyword string) (wktNode, bool) {
	i := slices.IndexFunc(n.children, func(c wktNode) bool { return c.keyword == keyword })
	if i < 0 {
		return wktNode{}, false
	}
	return n.children[i], true
}

// parseWKTSystem reads the text of a .prj file.
func parseWKTSystem(text string) (wktNode, error) {
	p := prjParser{text: text}
	n, err := p.node(0)
	if err != nil {
		return n, err
	}
	if p.space(); p.i < len(p.text) {
		return n, fmt.Errorf("text behind its end at byte %d", p.i)
	}
	return n, nil
}

type prjParser struct {
	text string
	i    int
}

func (p *prjParser) space() {
	for p.i < len(p.text) && (isSpace(p.text[p.i]) || p.text[p.i] == 0) {
		p.i++
	}
}

// accept consumes one of some characters, and reports which; 0 for none.
func (p *prjParser) accept(set string) byte {
	p.space()
	if p.i < len(p.text) && strings.IndexByte(set, p.text[p.i]) >= 0 {
		p.i++
		return p.text[p.i-1]
	}
	return 0
}

func (p *prjParser) word() string {
	p.space()
	start := p.i
	for p.i < len(p.text) && strings.IndexByte(`[]()," `+"\t\r\n\x00", p.text[p.i]) < 0 {
		p.i++
	}
	return p.text[start:p.i]
}

func (p *prjParser) node(depth int) (wktNode, error) {
	if depth > 16 {
		return wktNode{}, fmt.Errorf("elements are nested too deeply")
	}
	n := wktNode{keyword: strings.ToUpper(p.word())}
	if n.keyword == "" || p.accept("[(") == 0 {
		return n, fmt.Errorf("no element at byte %d", p.i)
	}
	for first := true; ; first = false {
		if err := p.value(&n, depth, first); err != nil {
			return n, err
		}
		switch p.accept(",])") {
		case ',':
		case 0:
			return n, fmt.Errorf("no end of %s at byte %d", n.keyword, p.i)
		default:
			return n, nil
		}
	}
}

// value reads a text, a number, a word or an element into its parent.
func (p *prjParser) value(n *wktNode, depth int, first bool) error {
	if p.accept(`"`) != 0 {
		end := strings.IndexByte(p.text[p.i:], '"')
		if end < 0 {
			return fmt.Errorf("text without an end at byte %d", p.i)
		}
		if first {
			n.text = p.text[p.i : p.i+end]
		}
		p.i += end + 1
		return nil
	}
	start := p.i
	word := p.word()
	if f, err := strconv.ParseFloat(word, 64); err == nil {
		n.numbers = append(n.numbers, f)
		return nil
	}
	if at := p.i; p.accept("[(") == 0 {
		p.i = at
		if word == "" {
			return fmt.Errorf("no value at byte %d", p.i)
		}
		return nil // an enumeration, such as the direction of an axis
	}
	p.i = start
	child, err := p.node(depth + 1)
	n.children = append(n.children, child)
	return err
}

// sameAsWGS84 are the datums that PROJ takes for WGS 84 without a shift, by the
// names that ESRI and EPSG give them.
var sameAsWGS84 = []string{
	"wgs_1984", "wgs_84", "wgs84", "world_geodetic_system_1984", "world_geodetic_system_1984_ensemble", "wgs_1984_major_auxiliary_sphere",
	"etrs_1989", "etrs89", "european_terrestrial_reference_system_1989", "european_terrestrial_reference_system_1989_ensemble",
	"north_american_1983", "north_american_datum_1983", "nad83", "north_american_1983_harn", "nad_1983_nsrs2007", "nad_1983_2011",
	"gda_1994", "geocentric_datum_of_australia_1994", "gda2020", "geocentric_datum_of_australia_2020", "nzgd_2000", "new_zealand_geodetic_datum_2000",
	"rgf_1993", "rgf93", "reseau_geodesique_francais_1993", "sirgas_2000", "sirgas2000", "sistema_de_referencia_geocentrico_para_las_americas_2000",
	"jgd_2000", "japanese_geodetic_datum_2000", "jgd_2011", "japanese_geodetic_datum_2011", "china_2000", "irenet95", "sweref99",
	"red_geodesica_de_canarias_1995", "hartebeesthoek_1994", "hartebeesthoek94", "magna", "marco_geocentrico_nacional_de_referencia",
}

// systemOf gives the transform of a reference system, as a .prj file describes
// it. An error says what of it is not known here; the converter may well know it.
func systemOf(root wktNode) (transform, error) {
	switch root.keyword {
	case "GEOGCS":
		return geographic(root)
	case "PROJCS":
		return projected(root)
	}
	return nil, fmt.Errorf("its reference system is a %s", clip([]byte(root.keyword)))
}

// geographic checks that degrees of a system are those of WGS 84.
func geographic(n wktNode) (transform, error) {
	if err := checkDatum(n); err != nil {
		return nil, err
	}
	unit := angularUnit(n)
	if math.Abs(unit-math.Pi/180) < 1e-9 {
		return nil, nil
	}
	return func(x, y float64) (lon, lat float64) { return degrees(x * unit), degrees(y * unit) }, nil
}

func checkDatum(n wktNode) error {
	datum, _ := n.child("DATUM")
	name := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(datum.text, "D_")), " ", "_")
	if !slices.Contains(sameAsWGS84, name) {
		return fmt.Errorf("its datum %q needs more than a formula", clip([]byte(datum.text)))
	}
	if m, ok := n.child("PRIMEM"); ok && len(m.numbers) > 0 && m.numbers[0] != 0 {
		return fmt.Errorf("its prime meridian is %s", clip([]byte(m.text)))
	}
	return nil
}

func angularUnit(n wktNode) float64 {
	if u, ok := n.child("UNIT"); ok && len(u.numbers) > 0 && u.numbers[0] > 0 {
		return u.numbers[0]
	}
	return math.Pi / 180
}

// projected gives the inverse of a projection.
func projected(n wktNode) (transform, error) {
	base, ok := n.child("GEOGCS")
	if !ok {
		return nil, fmt.Errorf("its reference system %q has no datum", clip([]byte(n.text)))
	}
	if err := checkDatum(base); err != nil {
		return nil, err
	}
	g, unit, err := gridOf(n, base)
	if err != nil {
		return nil, err
	}
	t, err := inverse(n, g)
	if err != nil || unit == 1 {
		return t, err
	}
	return func(x, y float64) (lon, lat float64) { return t(x*unit, y*unit) }, nil
}

// inverse picks the formula of a projection by its name.
func inverse(n wktNode, g grid) (transform, error) {
	method, _ := n.child("PROJECTION")
	switch strings.ToLower(method.text) {
	case "transverse_mercator", "gauss_kruger":
		return fromTransverseMercator(g), nil
	case "mercator_auxiliary_sphere":
		return shifted(g, fromWebMercator), nil
	case "mercator", "mercator_1sp", "mercator_2sp":
		if strings.Contains(strings.ToLower(n.text), "pseudo-mercator") || strings.Contains(n.text, "Pseudo_Mercator") {
			return shifted(g, fromWebMercator), nil
		}
		return fromMercator(g), nil
	case "lambert_conformal_conic", "lambert_conformal_conic_2sp", "lambert_conformal_conic_1sp":
		if math.IsNaN(g.parallel1) {
			g.parallel1 = g.origin
		}
		if math.IsNaN(g.parallel2) {
			g.parallel2 = g.parallel1
		}
		if conic(g) {
			return fromLambertConic(g), nil
		}
	case "albers", "albers_conic_equal_area":
		if conic(g) {
			return fromAlbers(g), nil
		}
	case "lambert_azimuthal_equal_area":
		if math.Abs(g.origin) < math.Pi/2-1e-9 {
			return fromLambertAzimuthal(g), nil
		}
	}
	return nil, fmt.Errorf("its projection %q is not known here", clip([]byte(method.text)))
}

// conic reports whether the parallels are those of a cone.
func conic(g grid) bool {
	return math.Abs(g.parallel1+g.parallel2) > 1e-9 && math.Abs(g.parallel1) < math.Pi/2 && math.Abs(g.parallel2) < math.Pi/2
}

// shifted moves the origin of a projection that knows none.
func shifted(g grid, t transform) transform {
	return func(x, y float64) (lon, lat float64) {
		lon, lat = t(x-g.easting, y-g.northing)
		return g.place(radians(lon), radians(lat))
	}
}

// gridOf reads the parameters of a projection, and its unit in metres.
func gridOf(n, base wktNode) (g grid, unit float64, err error) {
	unit, angle := 1.0, angularUnit(base)
	if u, ok := n.child("UNIT"); ok && len(u.numbers) > 0 && u.numbers[0] > 0 {
		unit = u.numbers[0]
	}
	g = grid{scale: 1, parallel1: math.NaN(), parallel2: math.NaN()}
	datum, _ := base.child("DATUM")
	body, _ := datum.child("SPHEROID")
	if len(body.numbers) < 2 || body.numbers[0] <= 0 || body.numbers[1] <= 1 {
		return g, 0, fmt.Errorf("its reference system %q has no ellipsoid", clip([]byte(n.text)))
	}
	g.ellipsoid = ellipsoid{body.numbers[0], 1 / body.numbers[1]}
	for _, c := range n.children {
		if c.keyword != "PARAMETER" || len(c.numbers) == 0 {
			continue
		}
		v := c.numbers[0]
		switch strings.ToLower(c.text) {
		case "false_easting":
			g.easting = v * unit
		case "false_northing":
			g.northing = v * unit
		case "central_meridian", "longitude_of_center", "longitude_of_origin":
			g.meridian = v * angle
		case "latitude_of_origin", "latitude_of_center":
			g.origin = v * angle
		case "standard_parallel_1":
			g.parallel1 = v * angle
		case "standard_parallel_2":
			g.parallel2 = v * angle
		case "scale_factor":
			g.scale = v
		case "auxiliary_sphere_type":
		default:
			if v != 0 {
				return g, 0, fmt.Errorf("its projection has the parameter %q, which is not known here", clip([]byte(c.text)))
			}
		}
	}
	return g, unit, nil
}
