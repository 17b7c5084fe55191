package data

import "math"

// The projections of this file follow J. P. Snyder, Map Projections: A Working
// Manual (1987); their inverses are found by iteration.

// settle iterates until a latitude no longer changes.
func settle(phi float64, next func(float64) float64) float64 {
	for range 15 {
		was := phi
		if phi = next(phi); math.Abs(phi-was) < 1e-13 {
			break
		}
	}
	return phi
}

// isometric is exp(-ψ) of a latitude: Snyder's t.
func isometric(phi, e float64) float64 {
	return math.Tan(math.Pi/4-phi/2) / math.Pow((1-e*math.Sin(phi))/(1+e*math.Sin(phi)), e/2)
}

// fromIsometric inverts isometric.
func fromIsometric(t, e float64) float64 {
	return settle(math.Pi/2-2*math.Atan(t), func(phi float64) float64 {
		s := e * math.Sin(phi)
		return math.Pi/2 - 2*math.Atan(t*math.Pow((1-s)/(1+s), e/2))
	})
}

// parallelRadius is the radius of a parallel in major half-axes: Snyder's m.
func parallelRadius(phi, e2 float64) float64 {
	s := math.Sin(phi)
	return math.Cos(phi) / math.Sqrt(1-e2*s*s)
}

// fromMercator inverts the ellipsoidal mercator projection.
func fromMercator(g grid) transform {
	e2 := g.ellipsoid.eccentricity2()
	e := math.Sqrt(e2)
	k := g.scale
	if !math.IsNaN(g.parallel1) && g.parallel1 != 0 {
		k = parallelRadius(g.parallel1, e2)
	}
	return func(x, y float64) (lon, lat float64) {
		phi := fromIsometric(math.Exp(-(y-g.northing)/(g.ellipsoid.axis*k)), e)
		return g.place((x-g.easting)/(g.ellipsoid.axis*k), phi)
	}
}

// fromLambertConic inverts the conformal conic projection of one standard
// parallel, the latitude of the origin, if both parallels are that, or two.
func fromLambertConic(g grid) transform {
	e2 := g.ellipsoid.eccentricity2()
	e := math.Sqrt(e2)
	m1, t1 := parallelRadius(g.parallel1, e2), isometric(g.parallel1, e)
	n := math.Sin(g.parallel1)
	if g.parallel1 != g.parallel2 {
		n = math.Log(m1/parallelRadius(g.parallel2, e2)) / math.Log(t1/isometric(g.parallel2, e))
	}
	f := g.scale * g.ellipsoid.axis * m1 / (n * math.Pow(t1, n))
	rho0 := f * math.Pow(isometric(g.origin, e), n)
	if g.origin >= math.Pi/2 {
		rho0 = 0
	}
	return func(x, y float64) (lon, lat float64) {
		dx, dy := x-g.easting, rho0-(y-g.northing)
		rho := math.Copysign(math.Hypot(dx, dy), n)
		theta := math.Atan2(math.Copysign(dx, dx*n), math.Copysign(dy, dy*n))
		return g.place(theta/n, fromIsometric(math.Pow(rho/f, 1/n), e))
	}
}

// authalic is Snyder's q, which the areas up to a latitude grow with.
func authalic(phi, e float64) float64 {
	s := math.Sin(phi)
	return (1 - e*e) * (s/(1-e*e*s*s) + math.Atanh(e*s)/e)
}

// fromAuthalic inverts authalic.
func fromAuthalic(q, e float64) float64 {
	if pole := authalic(math.Pi/2, e); math.Abs(q) >= pole {
		return math.Copysign(math.Pi/2, q)
	}
	return settle(math.Asin(max(-1, min(1, q/2))), func(phi float64) float64 {
		s := math.Sin(phi)
		d := 1 - e*e*s*s
		return phi + d*d/(2*math.Cos(phi))*((q-authalic(phi, e))/(1-e*e))
	})
}

// fromAlbers inverts the equal-area conic projection.
func fromAlbers(g grid) transform {
	e2 := g.ellipsoid.eccentricity2()
	e := math.Sqrt(e2)
	m1, q1 := parallelRadius(g.parallel1, e2), authalic(g.parallel1, e)
	n := math.Sin(g.parallel1)
	if g.parallel1 != g.parallel2 {
		m2 := parallelRadius(g.parallel2, e2)
		n = (m1*m1 - m2*m2) / (authalic(g.parallel2, e) - q1)
	}
	c := m1*m1 + n*q1
	a := g.ellipsoid.axis
	rho0 := a * math.Sqrt(c-n*authalic(g.origin, e)) / n
	return func(x, y float64) (lon, lat float64) {
		dx, dy := x-g.easting, rho0-(y-g.northing)
		rho := math.Hypot(dx, dy)
		theta := math.Atan2(math.Copysign(dx, dx*n), math.Copysign(dy, dy*n))
		return g.place(theta/n, fromAuthalic((c-rho*rho*n*n/(a*a))/n, e))
	}
}

// fromLambertAzimuthal inverts the equal-area azimuthal projection, but for one
// that has a pole in its middle.
func fromLambertAzimuthal(g grid) transform {
	e := math.Sqrt(g.ellipsoid.eccentricity2())
	a := g.ellipsoid.axis
	pole := authalic(math.Pi/2, e)
	radius := a * math.Sqrt(pole/2)
	sin1 := authalic(g.origin, e) / pole
	cos1 := math.Sqrt(1 - sin1*sin1)
	d := a * parallelRadius(g.origin, e*e) / (radius * cos1)
	return func(x, y float64) (lon, lat float64) {
		dx, dy := (x-g.easting)/d, (y-g.northing)*d
		rho := math.Hypot(dx, dy)
		if rho == 0 {
			return g.place(0, g.origin)
		}
		sinC, cosC := math.Sincos(2 * math.Asin(min(1, rho/(2*radius))))
		phi := fromAuthalic(pole*(cosC*sin1+dy*sinC*cos1/rho), e)
		return g.place(math.Atan2(dx*sinC, rho*cos1*cosC-dy*sin1*sinC), phi)
	}
}
