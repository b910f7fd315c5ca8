// Package reference holds what every process must know of each district before it is ready: areas, case types, calendar, users and
// departments, as versions in the district's reference stream. It owns publishing a version and holding the newest one in memory, so that
// commands are authorised and decided with Postgres gone. It never decides anything about a case.
package reference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// Log is what the directory needs of the event store.
type Log interface {
	FollowReference(ctx context.Context, handle func(eventstore.Reference) error, ready func()) error
	PublishReference(ctx context.Context, district string, topic eventstore.Topic, after uint64, parts [][]byte) (uint64, error)
}

// Directory is the newest reference data of every district. It is safe for concurrent use; what it returns is never changed.
type Directory struct {
	log    Log
	state  atomic.Pointer[snapshot]
	ready  atomic.Bool
	halted atomic.Pointer[error] // why it never became ready

	mu      sync.Mutex    // held while a part is taken in
	changed chan struct{} // closed and replaced at each change
	parts   map[string][]*gridcasev1.GridsVersion
}

// snapshot is what readers see: never written after it is published.
type snapshot struct {
	districts map[string]*District
	tokens    map[string]Holder
	last      map[topicOf]stored
}

type topicOf struct {
	district string
	topic    eventstore.Topic
}

// stored is the newest stored version of a topic.
type stored struct {
	seq     uint64
	version uint32
	content string // the version's content without its number, to tell whether a publication changes anything
}

// Holder is who a token belongs to.
type Holder struct {
	District string
	User     *gridcasev1.User
}

// New returns an empty directory.
func New(log Log) *Directory {
	d := &Directory{log: log, changed: make(chan struct{}), parts: map[string][]*gridcasev1.GridsVersion{}}
	d.state.Store(&snapshot{districts: map[string]*District{}, tokens: map[string]Holder{}, last: map[topicOf]stored{}})
	return d
}

// Run follows the reference streams until ctx ends. A gap, or a part that can't be taken in, ends it with an error. Before the directory is
// ready, Ready tells that error from then on; one that was ready must not be used any more, since what it holds may have been replaced.
func (d *Directory) Run(ctx context.Context) error {
	err := d.log.FollowReference(ctx, d.take, func() { d.ready.Store(true) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = fmt.Errorf("follow reference data: %w", err)
	if !d.ready.Load() {
		d.halted.Store(&err)
	}
	return err
}

// Ready tells whether all that was published when the process started is in memory; else an Unavailable fault.
func (d *Directory) Ready() error {
	if halted := d.halted.Load(); halted != nil {
		return away(*halted)
	}
	if !d.ready.Load() {
		return away(errors.New("reference data is not read yet"))
	}
	return nil
}

func away(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "reference.unavailable", After: time.Second, Cause: cause,
		Text: "this server does not hold the reference data of its districts; try again"}
}

// Known returns a district with whatever is published of it; a NotFound fault where nothing is, an Unavailable one where the directory is not
// ready.
func (d *Directory) Known(code string) (*District, error) {
	if err := d.Ready(); err != nil {
		return nil, err
	}
	district, ok := d.state.Load().districts[code]
	if !ok {
		return nil, fault.New(fault.NotFound, "district.unknown", "there is no district %s here", code)
	}
	return district, nil
}

// District returns a district with all that cases need; a NotFound fault where it is not known, a Conflict fault that names what is missing
// where it is not complete, an Unavailable one where the directory is not ready.
func (d *Directory) District(code string) (*District, error) {
	district, err := d.Known(code)
	if err != nil {
		return nil, err
	}
	if missing := district.missing(); len(missing) > 0 {
		return nil, fault.New(fault.Conflict, "district.incomplete", "district %s has no %v yet", code, missing)
	}
	return district, nil
}

// Districts returns the codes of all districts, sorted.
func (d *Directory) Districts() []string {
	s := d.state.Load()
	codes := make([]string, 0, len(s.districts))
	for code := range s.districts {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// Holder returns the active user whose token has this SHA-256, in hex.
func (d *Directory) Holder(tokenHash string) (Holder, bool) {
	h, ok := d.state.Load().tokens[tokenHash]
	return h, ok
}

// Changed returns a channel that is closed at the next change of any district's reference data.
func (d *Directory) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// take holds one stored part from now on.
func (d *Directory) take(r eventstore.Reference) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	next, err := d.apply(r)
	if err != nil {
		return fmt.Errorf("reference %s of district %s, sequence %d: %w", r.Topic, r.District, r.Seq, err)
	}
	if next == nil {
		return nil
	}
	d.state.Store(next)
	close(d.changed)
	d.changed = make(chan struct{})
	return nil
}

// apply returns the snapshot after r, nil while a version's parts are incomplete.
func (d *Directory) apply(r eventstore.Reference) (*snapshot, error) {
	district := District{Code: r.District}
	if old := d.state.Load().districts[r.District]; old != nil {
		district = *old
	}
	var version uint32
	var err error
	switch r.Topic {
	case eventstore.Grids:
		v, done, jerr := d.join(r)
		if jerr != nil || !done {
			return nil, jerr
		}
		district.Grids, err = grid.NewMap(v)
		version = v.GetVersion()
	case eventstore.Catalogue:
		v := new(gridcasev1.CatalogueVersion)
		if err = proto.Unmarshal(r.Payload, v); err == nil {
			if district.Catalogue, err = catalog.New(v); err == nil {
				district.catalogues = keep(district.catalogues, v.GetVersion(), district.Catalogue)
			}
		}
		version = v.GetVersion()
	case eventstore.Calendar:
		v := new(gridcasev1.CalendarVersion)
		if err = proto.Unmarshal(r.Payload, v); err == nil {
			if district.Calendar, err = calendar.New(v); err == nil {
				district.calendars = keep(district.calendars, v.GetVersion(), district.Calendar)
			}
		}
		version = v.GetVersion()
	case eventstore.Access:
		v := new(gridcasev1.AccessVersion)
		if err = proto.Unmarshal(r.Payload, v); err == nil {
			district.setPeople(v)
		}
		version = v.GetVersion()
	default:
		err = errors.New("unknown topic: upgrade this process first")
	}
	if err != nil {
		return nil, err
	}
	return d.state.Load().with(&district, topicOf{r.District, r.Topic}, stored{seq: r.Seq, version: version, content: d.content(r)}), nil
}

// join gathers the parts of a grids version; done when it is whole.
func (d *Directory) join(r eventstore.Reference) (whole *gridcasev1.GridsVersion, done bool, err error) {
	part := new(gridcasev1.GridsVersion)
	if err := proto.Unmarshal(r.Payload, part); err != nil {
		return nil, false, err
	}
	if part.GetPart() == 1 {
		d.parts[r.District] = nil
	}
	parts := append(d.parts[r.District], part)
	d.parts[r.District] = parts
	if len(parts) != int(part.GetParts()) {
		return nil, false, nil
	}
	whole = &gridcasev1.GridsVersion{District: part.GetDistrict(), Version: part.GetVersion(), Part: 1, Parts: 1, Levels: part.GetLevels()}
	for _, p := range parts {
		whole.Areas = append(whole.Areas, p.GetAreas()...)
	}
	return whole, true, nil
}

// content is the digest by which a publication is compared with what is stored.
func (d *Directory) content(r eventstore.Reference) string {
	if r.Topic != eventstore.Grids {
		return digest([][]byte{unversioned(r)})
	}
	var payloads [][]byte
	for _, p := range d.parts[r.District] {
		b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(&gridcasev1.GridsVersion{Levels: p.GetLevels(), Areas: p.GetAreas()}) // it was decoded a moment ago
		payloads = append(payloads, b)
	}
	delete(d.parts, r.District)
	return digest(payloads)
}

// with returns a copy of the snapshot with one district and topic replaced.
func (s *snapshot) with(district *District, t topicOf, v stored) *snapshot {
	next := &snapshot{districts: make(map[string]*District, len(s.districts)+1), tokens: map[string]Holder{}, last: make(map[topicOf]stored, len(s.last)+1)}
	for code, other := range s.districts {
		next.districts[code] = other
	}
	next.districts[district.Code] = district
	for topic, last := range s.last {
		next.last[topic] = last
	}
	next.last[t] = v
	for code, other := range next.districts {
		for _, u := range other.users {
			if !u.GetInactive() {
				next.tokens[u.GetTokenSha256()] = Holder{District: code, User: u}
			}
		}
	}
	return next
}
