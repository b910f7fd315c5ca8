package casestatus

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

const (
	// mostLookedAt bounds the rows that are measured; the closest come first.
	mostLookedAt = 1000
	// metresPerDegree is a little less than a degree of latitude has, so that no box is too small.
	metresPerDegree = 111_000
)

// open are the states of cases that are still to be worked on.
var open = []int16{
	int16(gridcasev1.State_STATE_REPORTED), int16(gridcasev1.State_STATE_VERIFYING), int16(gridcasev1.State_STATE_FILED), int16(gridcasev1.State_STATE_DISPATCHED),
	int16(gridcasev1.State_STATE_HANDLING), int16(gridcasev1.State_STATE_SUSPENDED), int16(gridcasev1.State_STATE_HANDLED), int16(gridcasev1.State_STATE_INSPECTING),
}

// candidates reads the cases that may be near or equal in the rule's field.
func (c Cases) candidates(ctx context.Context, scope access.Scope, of *row, rule *gridcasev1.DuplicateRule, types []string) ([]row, error) {
	window := time.Duration(rule.GetWindowMinutes()) * time.Minute
	args := []any{of.District, types, open, of.ReportedAt.Add(-window), of.ReportedAt.Add(window), of.CaseID, of.Parent}
	alike, order := "false", "case_id"
	if box := around(of.point(), rule.GetRadiusM()); box != nil {
		alike = fmt.Sprintf("longitude between $%d and $%d and latitude between $%d and $%d", len(args)+1, len(args)+2, len(args)+3, len(args)+4)
		args = append(args, box.west, box.east, box.south, box.north)
		order = fmt.Sprintf("((longitude - $%d) * $%d)^2 + (latitude - $%d)^2, case_id", len(args)+1, len(args)+2, len(args)+3)
		args = append(args, *of.Longitude, math.Cos(*of.Latitude*math.Pi/180), *of.Latitude)
	}
	if code := of.code(rule.GetSameField()); code != "" {
		value, err := json.Marshal([]field{{Name: rule.GetSameField(), Code: code}})
		if err != nil {
			return nil, err
		}
		args = append(args, string(value))
		alike = fmt.Sprintf("(%s or fields @> $%d::text::jsonb)", alike, len(args))
	}
	visible, scopeArgs := readmodel.Visible(scope, len(args)+1)
	query := fmt.Sprintf(`select %s from %s where district = $1 and case_type = any($2) and state = any($3) and reported_at between $4 and $5
		and case_id <> $6::text::uuid and case_id::text <> $7 and parent_id <> $6::text and ($7 = '' or parent_id <> $7) and %s and %s order by %s limit %d`,
		table.Select(), from, alike, visible, order, mostLookedAt)
	found, err := c.Pool.Query(ctx, query, append(args, scopeArgs...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, table.Scan)
}

// box holds every point within a radius.
type box struct{ west, east, south, north float64 }

// around is the box of a point; nil where there is none. Near a pole or the date line it goes all round.
func around(p *gridcasev1.GeoPoint, radius uint32) *box {
	if p == nil {
		return nil
	}
	high := float64(radius) / metresPerDegree
	wide := high / math.Max(1e-6, math.Cos((math.Abs(p.GetLatitude())+high)*math.Pi/180))
	b := &box{west: p.GetLongitude() - wide, east: p.GetLongitude() + wide, south: p.GetLatitude() - high, north: p.GetLatitude() + high}
	if b.west < -180 || b.east > 180 {
		b.west, b.east = -180, 180
	}
	return b
}
