package datatest

import (
	"bytes"
	"fmt"
)

// BigTable is a CSV of stations of about 16 MB, for benchmarks: numbers, text, quoted text, dates and coordinates.
func BigTable() []byte {
	var b bytes.Buffer
	b.WriteString("station_id,name,docks,opened,address,lat,lon,active\n")
	for i := range 180_000 {
		fmt.Fprintf(&b, "%d,Station %d,%d,20%02d-%02d-%02d,\"Calle Mayor %d, bajo\",%.6f,%.6f,%t\n",
			1000+i, i, i%40, i%24, 1+i%12, 1+i%28, i%300, 40+float64(i%1000)/1000, -3-float64(i%997)/1000, i%3 == 0)
	}
	return b.Bytes()
}

// BigPlainTable is a CSV of about 16 MB without quotes and without a geometry.
func BigPlainTable() []byte {
	var b bytes.Buffer
	b.WriteString("a,b,c,d,e,f\n")
	for i := range 350_000 {
		fmt.Fprintf(&b, "%d,row number %d,%d.%d,%d,some text,x\n", i, i, i, i%10, i%7)
	}
	return b.Bytes()
}
