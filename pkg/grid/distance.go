package grid

import (
	"math"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// earthRadius is the mean radius of the Earth in metres (IUGG R1).
const earthRadius = 6371008.8

// Distance returns how far two points lie apart on the ground, in metres: along the great circle of a sphere, which is within 0.6 % of the
// ellipsoid.
func Distance(a, b *gridcasev1.GeoPoint) float64 {
	lat1, lat2 := radians(a.GetLatitude()), radians(b.GetLatitude())
	dLat, dLon := lat2-lat1, radians(b.GetLongitude()-a.GetLongitude())
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(lat1)*math.Cos(lat2)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
