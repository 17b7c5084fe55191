package data

import "math"

// A transform turns coordinates of a reference system into degrees. Nil means
// that they are degrees already.
type transform func(x, y float64) (lon, lat float64)

// projection gives the transform of a reference system of the EPSG's list. Ok is
// false for systems that need more than a formula. Known are geographic systems
// that agree with WGS 84 to a metre or two, and what is projected from them by a
// formula of this package and is in common use.
func projection(epsg int) (t transform, ok bool) {
	switch {
	case epsg == 4326, epsg == 4979, epsg == 4258, epsg == 4269:
		return nil, true
	case epsg == 3857, epsg == 900913, epsg == 3785, epsg == 102100, epsg == 102113:
		return fromWebMercator, true
	case 32601 <= epsg && epsg <= 32660:
		return fromUTM(wgs84, epsg-32600, false), true
	case 32701 <= epsg && epsg <= 32760:
		return fromUTM(wgs84, epsg-32700, true), true
	case 25828 <= epsg && epsg <= 25838:
		return fromUTM(grs80, epsg-25800, false), true
	case 26901 <= epsg && epsg <= 26923:
		return fromUTM(grs80, epsg-26900, false), true
	case epsg == 2154:
		return fromLambertConic(grid{ellipsoid: grs80, easting: 700_000, northing: 6_600_000, scale: 1,
			meridian: radians(3), origin: radians(46.5), parallel1: radians(49), parallel2: radians(44)}), true
	case epsg == 3035:
		return fromLambertAzimuthal(grid{ellipsoid: grs80, easting: 4_321_000, northing: 3_210_000, meridian: radians(10), origin: radians(52)}), true
	case epsg == 5070:
		return fromAlbers(grid{ellipsoid: grs80, meridian: radians(-96), origin: radians(23), parallel1: radians(29.5), parallel2: radians(45.5)}), true
	}
	return nil, false
}

// An ellipsoid is given by its major half-axis in metres and its flattening.
type ellipsoid struct{ axis, flattening float64 }

var (
	wgs84 = ellipsoid{6378137, 1 / 298.257223563}
	grs80 = ellipsoid{6378137, 1 / 298.257222101}
)

// eccentricity2 is the first eccentricity, squared.
func (e ellipsoid) eccentricity2() float64 { return e.flattening * (2 - e.flattening) }

// A grid is a projection's parameters: metres and radians.
type grid struct {
	ellipsoid            ellipsoid
	easting, northing    float64 // of the origin
	scale                float64
	meridian, origin     float64 // longitude and latitude of the origin
	parallel1, parallel2 float64
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
func degrees(radians float64) float64 { return radians * 180 / math.Pi }

// place gives a longitude, relative to the central meridian, and a latitude in
// degrees; longitudes go around the world.
func (g grid) place(lambda, phi float64) (lon, lat float64) {
	lon = degrees(lambda + g.meridian)
	if lon > 180 || lon < -180 {
		lon -= 360 * math.Round(lon/360)
	}
	return lon, degrees(phi)
}

// fromWebMercator inverts the spherical mercator projection of web maps.
func fromWebMercator(x, y float64) (lon, lat float64) {
	return degrees(x / wgs84.axis), degrees(2*math.Atan(math.Exp(y/wgs84.axis)) - math.Pi/2)
}

func fromUTM(e ellipsoid, zone int, south bool) transform {
	g := grid{ellipsoid: e, easting: 500_000, scale: 0.9996, meridian: radians(float64(zone*6 - 183))}
	if south {
		g.northing = 10_000_000
	}
	return fromTransverseMercator(g)
}

// fromTransverseMercator inverts the projection by Krüger's series to the fourth
// order of the flattening, which is exact to well below a millimetre within the
// zones that are in use.
func fromTransverseMercator(g grid) transform {
	n := g.ellipsoid.flattening / (2 - g.ellipsoid.flattening)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	radius := g.scale * g.ellipsoid.axis / (1 + n) * (1 + n2/4 + n4/64)
	alpha := [...]float64{
		n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180,
		13*n2/48 - 3*n3/5 + 557*n4/1440,
		61*n3/240 - 103*n4/140,
		49561 * n4 / 161280,
	}
	beta := [...]float64{
		n/2 - 2*n2/3 + 37*n3/96 - n4/360,
		n2/48 + n3/15 - 437*n4/1440,
		17*n3/480 - 37*n4/840,
		4397 * n4 / 161280,
	}
	delta := [...]float64{
		2*n - 2*n2/3 - 2*n3 + 116*n4/45,
		7*n2/3 - 8*n3/5 - 227*n4/45,
		56*n3/15 - 136*n4/35,
		4279 * n4 / 630,
	}
	// The northing counts from the latitude of the origin.
	e := math.Sqrt(g.ellipsoid.eccentricity2())
	chi := math.Atan(math.Sinh(math.Asinh(math.Tan(g.origin)) - e*math.Atanh(e*math.Sin(g.origin))))
	xi0 := chi
	for j, a := range alpha {
		xi0 += a * math.Sin(2*float64(j+1)*chi)
	}
	return func(x, y float64) (lon, lat float64) {
		xi := (y-g.northing)/radius + xi0
		eta := (x - g.easting) / radius
		xi1, eta1 := xi, eta
		for j, b := range beta {
			k := 2 * float64(j+1)
			xi1 -= b * math.Sin(k*xi) * math.Cosh(k*eta)
			eta1 -= b * math.Cos(k*xi) * math.Sinh(k*eta)
		}
		chi := math.Asin(math.Sin(xi1) / math.Cosh(eta1))
		phi := chi
		for j, d := range delta {
			phi += d * math.Sin(2*float64(j+1)*chi)
		}
		return g.place(math.Atan2(math.Sinh(eta1), math.Cos(xi1)), phi)
	}
}
