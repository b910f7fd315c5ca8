package grid

import (
	"math"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Tile is a piece of ground, about a square: its row counts from the equator, its column from the prime meridian.
type Tile struct{ Column, Row int32 }

// TileOf returns the tile that holds a point, of tiles so many metres wide and high. The tiles of all points cover the globe without a gap;
// near the poles they are one a row.
func TileOf(p *gridcasev1.GeoPoint, side float64) Tile {
	high := tileHeight(side)
	row := math.Floor(p.GetLatitude() / high)
	return Tile{Column: int32(math.Floor(p.GetLongitude() / tileWidth(row, high))), Row: int32(row)}
}

// Centre returns the middle of the tile, in the reference system of the points that it was made of.
func (t Tile) Centre(side float64) *gridcasev1.GeoPoint {
	high := tileHeight(side)
	return &gridcasev1.GeoPoint{Longitude: (float64(t.Column) + 0.5) * tileWidth(float64(t.Row), high), Latitude: (float64(t.Row) + 0.5) * high}
}

// tileHeight is a side in degrees of latitude.
func tileHeight(side float64) float64 { return side / (earthRadius * math.Pi / 180) }

// tileWidth is the same side in degrees of longitude, in the middle of a row.
func tileWidth(row, high float64) float64 {
	return high / math.Max(1e-6, math.Cos(radians((row+0.5)*high)))
}
