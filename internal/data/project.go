package data

import "math"

// projection gives the function that turns coordinates of a reference system
// into degrees, nil where they are degrees already. Ok is false for systems that
// need more than a formula. Known are geographic systems that agree with WGS 84
// to a metre, web mercator, and the UTM zones of WGS 84 and ETRS89.
func projection(epsg int) (transform func(x, y float64) (lon, lat float64), ok bool) {
	switch {
	case epsg == 4326, epsg == 4979, epsg == 4258, epsg == 4269:
		return nil, true
	case epsg == 3857, epsg == 900913, epsg == 3785, epsg == 102100, epsg == 102113:
		return fromMercator, true
	case 32601 <= epsg && epsg <= 32660:
		return fromUTM(epsg-32600, false), true
	case 32701 <= epsg && epsg <= 32760:
		return fromUTM(epsg-32700, true), true
	case 25828 <= epsg && epsg <= 25838:
		return fromUTM(epsg-25800, false), true
	}
	return nil, false
}

const earthRadius = 6378137.0 // metres, the major half-axis of WGS 84 and GRS 80

func fromMercator(x, y float64) (lon, lat float64) {
	const degrees = 180 / math.Pi
	return x / earthRadius * degrees, (2*math.Atan(math.Exp(y/earthRadius)) - math.Pi/2) * degrees
}

// fromUTM inverts the transverse mercator projection by Krüger's series to the
// fourth order of the flattening, which is exact to well below a millimetre.
func fromUTM(zone int, south bool) func(x, y float64) (lon, lat float64) {
	const (
		scale = 0.9996
		n     = 1 / (2*298.257223563 - 1) // third flattening
		n2    = n * n
		n3    = n2 * n
		n4    = n3 * n
	)
	radius := earthRadius / (1 + n) * (1 + n2/4 + n4/64)
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
	meridian := float64(zone*6-183) * math.Pi / 180
	northing := 0.0
	if south {
		northing = 10_000_000
	}
	return func(x, y float64) (lon, lat float64) {
		xi := (y - northing) / (scale * radius)
		eta := (x - 500_000) / (scale * radius)
		xi1, eta1 := xi, eta
		for j, b := range beta {
			k := 2 * float64(j+1)
			xi1 -= b * math.Sin(k*xi) * math.Cosh(k*eta)
			eta1 -= b * math.Cos(k*xi) * math.Sinh(k*eta)
		}
		chi := math.Asin(math.Sin(xi1) / math.Cosh(eta1))
		lat = chi
		for j, d := range delta {
			lat += d * math.Sin(2*float64(j+1)*chi)
		}
		lon = meridian + math.Atan2(math.Sinh(eta1), math.Cos(xi1))
		return lon * 180 / math.Pi, lat * 180 / math.Pi
	}
}
