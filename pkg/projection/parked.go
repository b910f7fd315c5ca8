package projection

import (
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Parked is a case that a generation of a view can't go on with. The view holds its events before First, and none from there on.
type Parked struct {
	View       string
	Version    int
	Generation int
	District   string
	Year       int
	CaseID     string
	First      uint64 // sequence of the event that was refused
	Last       uint64 // of the last one that waits
	Events     uint64 // how many wait, the first among them
	EventID    string
	EventType  string
	Code       string // why, for machines
	Reason     string // why, for people; no values
	Since      time.Time
	TriedAt    time.Time // the last retry; zero: none
	Tries      int
}

// Position is the place of the event that was refused.
func (p *Parked) Position() eventstore.Position {
	return eventstore.Position{District: p.District, Year: p.Year, Seq: p.First}
}

// Which names parked cases: all where empty, those of a view, or one case.
type Which struct{ View, District, CaseID string }

// parkedWhich is which parked cases are meant, of the generations that serve or are being built.
const parkedWhich = `g.number = q.generation and g.state in ('serving', 'building') and ($1 = '' or g.view = $1) and ($2 = '' or q.district = $2) and ($3 = '' or q.case_id::text = $3)`

// Quarantined returns up to limit parked cases of the generations that serve or are being built, the oldest first, behind a cursor ("": from
// the beginning), and the cursor of the next page, empty at the end.
func (c Control) Quarantined(ctx context.Context, w Which, page string, limit int) (found []Parked, next string, err error) {
	at, err := parseParked(page)
	if err != nil {
		return nil, "", err
	}
	rows, err := c.Pool.Query(ctx, `select g.view, g.version, g.number, q.district, q.year, q.case_id::text, q.seq, q.last_seq, q.events, q.event_id, q.event_type, q.code, q.reason,
			q.since, coalesce(q.tried_at, 'epoch'), q.tries
		from projection.quarantine q join projection.generations g on `+parkedWhich+`
		where (q.since, q.generation, q.district, q.case_id) > ($4, $5, $6, $7::text::uuid)
		order by q.since, q.generation, q.district, q.case_id limit $8`, w.View, w.District, w.CaseID, at.Since, at.Generation, at.District, at.CaseID, limit+1)
	if err != nil {
		return nil, "", unlessUnprojected(err)
	}
	found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Parked, err error) {
		err = row.Scan(&p.View, &p.Version, &p.Generation, &p.District, &p.Year, &p.CaseID, &p.First, &p.Last, &p.Events, &p.EventID, &p.EventType, &p.Code, &p.Reason,
			&p.Since, &p.TriedAt, &p.Tries)
		if p.TriedAt.Unix() == 0 {
			p.TriedAt = time.Time{}
		}
		return p, err
	})
	if err != nil {
		return nil, "", unlessUnprojected(err)
	}
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].cursor()
	}
	return found, next, nil
}

// cursor is where the next page begins behind the case.
func (p *Parked) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d %s %s", p.Since.UnixMicro(), p.Generation, p.District, p.CaseID))
}

// uuidForm is what PostgreSQL reads as a UUID.
var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// latest is the last microsecond of the year 9999.
const latest = 253402300799_999999

// parseParked reads what Parked.cursor wrote; the beginning where page is empty.
func parseParked(page string) (at Parked, err error) {
	at.CaseID = "00000000-0000-0000-0000-000000000000"
	if page == "" {
		return at, nil
	}
	var since int64
	var generation int32
	b, err := base64.RawURLEncoding.DecodeString(page)
	if err == nil {
		_, err = fmt.Fscanf(strings.NewReader(string(b)), "%d %d %s %s", &since, &generation, &at.District, &at.CaseID)
	}
	if err != nil || !uuidForm.MatchString(at.CaseID) || since < 0 || since > latest || strings.Trim(at.District, "0123456789") != "" {
		return at, fault.BadPage()
	}
	at.Generation = int(generation)
	at.Since = time.UnixMicro(since)
	return at, nil
}
