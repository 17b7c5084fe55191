package data

import (
	"math"
	"testing"
)

const geogcsNAD83 = `GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
const geogcsETRS = `GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
const geogcsWGS = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

// Places that cs2cs of PROJ 9.1.1 gives for the same coordinates.
func TestProjectionsAgreeWithPROJ(t *testing.T) {
	for _, tt := range systems {
		t.Run(tt.name, func(t *testing.T) {
			root, err := parseWKTSystem(tt.prj)
			if err != nil {
				t.Fatal(err)
			}
			to, err := systemOf(root)
			if err != nil {
				t.Fatal(err)
			}
			lon, lat := to(tt.x, tt.y)
			if math.Abs(lon-tt.lon) > 5e-9 || math.Abs(lat-tt.lat) > 5e-9 {
				t.Errorf("%v %v lies at %.9f %.9f, wanted %.9f %.9f", tt.x, tt.y, lon, lat, tt.lon, tt.lat)
			}
		})
	}
}

var systems = []struct {
	name, prj      string
	x, y, lon, lat float64
}{
	{"UTM 15 north", `PROJCS["NAD_1983_UTM_Zone_15N",` + geogcsNAD83 + `,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-93.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, 480000, 4980000, -93.25363945206, 44.97315899813},
	{"UTM 33 south", `PROJCS["WGS_1984_UTM_Zone_33S",` + geogcsWGS + `,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",10000000.0],PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, 300000, 6200000, 12.82622923843, -34.32200505219},
	{"UTM far from its meridian", `PROJCS["WGS_1984_UTM_Zone_31N",` + geogcsWGS + `,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, 1000000, 5000000, 9.34140833735, 44.97706123951},
	{"British parameters on GRS 80", `PROJCS["T",` + geogcsETRS + `,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]`, 530000, 180000, -0.12693877682, 51.50326346448},
	{"New Zealand", `PROJCS["NZGD_2000_New_Zealand_Transverse_Mercator",GEOGCS["GCS_NZGD_2000",DATUM["D_NZGD_2000",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",1600000.0],PARAMETER["False_Northing",10000000.0],PARAMETER["Central_Meridian",173.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, 1750000, 5430000, 174.79078003040, -41.26750730657},
	{"web mercator", `PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",` + geogcsWGS + `,PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]`, -412000.5, 4926000.25, -3.70106346215, 40.41203680332},
	{"world mercator", `PROJCS["WGS_1984_World_Mercator",` + geogcsWGS + `,PROJECTION["Mercator"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],UNIT["Meter",1.0]]`, -412000.5, 4926000.25, -3.70106346215, 40.60200968947},
	{"Lambert 93", `PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",49.0],PARAMETER["Standard_Parallel_2",44.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]`, 652000, 6862000, 2.34581195868, 48.85624814096},
	{"California in feet", `PROJCS["NAD_1983_StatePlane_California_V_FIPS_0405_Feet",` + geogcsNAD83 + `,PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",6561666.667],PARAMETER["False_Northing",1640416.667],PARAMETER["Central_Meridian",-118.0],PARAMETER["Standard_Parallel_1",35.4666666666667],PARAMETER["Standard_Parallel_2",34.0333333333333],PARAMETER["Latitude_Of_Origin",33.5],UNIT["US survey foot",0.304800609601219]]`, 6500000, 1850000, -118.20363663340, 34.07571831874},
	{"Statistics Canada", `PROJCS["NAD_1983_Statistics_Canada_Lambert",` + geogcsNAD83 + `,PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",6200000.0],PARAMETER["False_Northing",3000000.0],PARAMETER["Central_Meridian",-91.8666666666667],PARAMETER["Standard_Parallel_1",49.0],PARAMETER["Standard_Parallel_2",77.0],PARAMETER["Latitude_Of_Origin",63.390675],UNIT["Meter",1.0]]`, 7500000, 1300000, -74.98710153331, 46.29423142529},
	{"Lambert of one parallel", `PROJCS["One",` + geogcsNAD83 + `,PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",200000.0],PARAMETER["Central_Meridian",-77.0],PARAMETER["Standard_Parallel_1",18.0],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",18.0],UNIT["Meter",1.0]]`, 650000, 150000, -74.64528072606, 17.53385303000},
	{"Albers of the USA", `PROJCS["NAD_1983_Contiguous_USA_Albers",` + geogcsNAD83 + `,PROJECTION["Albers"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-96.0],PARAMETER["Standard_Parallel_1",29.5],PARAMETER["Standard_Parallel_2",45.5],PARAMETER["Latitude_Of_Origin",23.0],UNIT["Meter",1.0]]`, 1800000, 2100000, -74.52355505635, 40.07820472764},
	{"Albers of Australia", `PROJCS["GDA_1994_Australia_Albers",GEOGCS["GCS_GDA_1994",DATUM["D_GDA_1994",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Albers"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",132.0],PARAMETER["Standard_Parallel_1",-18.0],PARAMETER["Standard_Parallel_2",-36.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, 1500000, -3900000, 148.49626113888, -34.82837830813},
	{"LAEA of Europe", `PROJCS["ETRS_1989_LAEA",` + geogcsETRS + `,PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["False_Easting",4321000.0],PARAMETER["False_Northing",3210000.0],PARAMETER["Central_Meridian",10.0],PARAMETER["Latitude_Of_Origin",52.0],UNIT["Meter",1.0]]`, 4571000, 2810000, 13.37295347945, 48.35207244939},
	{"LAEA at its origin", `PROJCS["ETRS_1989_LAEA",` + geogcsETRS + `,PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["False_Easting",4321000.0],PARAMETER["False_Northing",3210000.0],PARAMETER["Central_Meridian",10.0],PARAMETER["Latitude_Of_Origin",52.0],UNIT["Meter",1.0]]`, 4321000, 3210000, 10.00000000000, 52.00000000000},
	{"Brazil in UTM", `PROJCS["SIRGAS_2000_UTM_Zone_23S",GEOGCS["GCS_SIRGAS_2000",DATUM["D_SIRGAS_2000",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",10000000.0],PARAMETER["Central_Meridian",-45.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`, 333000, 7394000, -46.63618561978, -23.55578235076},
	{"Texas", `PROJCS["NAD_1983_StatePlane_Texas_Central_FIPS_4203_Feet",` + geogcsNAD83 + `,PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",2296583.333],PARAMETER["False_Northing",9842500.0],PARAMETER["Central_Meridian",-100.333333333333],PARAMETER["Standard_Parallel_1",31.8833333333333],PARAMETER["Standard_Parallel_2",30.1166666666667],PARAMETER["Latitude_Of_Origin",29.6666666666667],UNIT["US survey foot",0.304800609601219]]`, 3100000, 10080000, -97.78745847147, 30.29439272905},
}
