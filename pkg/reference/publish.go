package reference

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// partAreas is how many areas one stored part holds: below JetStream's 1 MiB a message with outlines of many points.
const partAreas = 400

// PublishGrids adds a version of a district's areas, unless it says what the current one says. Faults of the areas are Invalid.
func (d *Directory) PublishGrids(ctx context.Context, cmd *gridcasev1.PublishGrids) (*gridcasev1.Published, error) {
	old, err := d.last(cmd.GetDistrict(), eventstore.Grids)
	if err != nil {
		return nil, err
	}
	version := old.version + 1
	whole := &gridcasev1.GridsVersion{District: cmd.GetDistrict(), Version: version, Levels: cmd.GetLevels(), Areas: cmd.GetAreas()}
	next, err := grid.NewMap(whole)
	if err != nil {
		return nil, err
	}
	if err := d.keepsUnits(cmd.GetDistrict(), next); err != nil {
		return nil, err
	}
	chunks := slices.Collect(slices.Chunk(cmd.GetAreas(), partAreas))
	var parts, contents [][]byte
	for i, areas := range chunks {
		part := &gridcasev1.GridsVersion{District: cmd.GetDistrict(), Version: version, Part: uint32(i + 1), Parts: uint32(len(chunks)), Levels: cmd.GetLevels(), Areas: areas}
		parts = append(parts, encode(part))
		contents = append(contents, encode(&gridcasev1.GridsVersion{Levels: part.GetLevels(), Areas: areas}))
	}
	return d.publish(ctx, topicOf{cmd.GetDistrict(), eventstore.Grids}, old, parts, digest(contents))
}

// PublishCatalogue adds a version of a district's case types, unless it says what the current one says.
func (d *Directory) PublishCatalogue(ctx context.Context, cmd *gridcasev1.PublishCatalogue) (*gridcasev1.Published, error) {
	last, err := d.last(cmd.GetDistrict(), eventstore.Catalogue)
	if err != nil {
		return nil, err
	}
	v := &gridcasev1.CatalogueVersion{District: cmd.GetDistrict(), Version: last.version + 1, Types: cmd.GetTypes(), Policy: cmd.GetPolicy()}
	next, err := catalog.New(v)
	if err != nil {
		return nil, err
	}
	if old := d.state.Load().districts[cmd.GetDistrict()]; old != nil && old.Catalogue != nil {
		if err := old.Catalogue.CheckSuccessor(next); err != nil {
			return nil, err
		}
	}
	return d.publishOne(ctx, topicOf{cmd.GetDistrict(), eventstore.Catalogue}, last, v)
}

// PublishCalendar adds a version of a district's working time, unless it says what the current one says.
func (d *Directory) PublishCalendar(ctx context.Context, cmd *gridcasev1.PublishCalendar) (*gridcasev1.Published, error) {
	v := proto.CloneOf(cmd.GetCalendar())
	last, err := d.last(v.GetDistrict(), eventstore.Calendar)
	if err != nil {
		return nil, err
	}
	v.Version = last.version + 1
	if _, err := calendar.New(v); err != nil {
		return nil, err
	}
	return d.publishOne(ctx, topicOf{v.GetDistrict(), eventstore.Calendar}, last, v)
}

// PublishAccess adds a version of a district's users and departments, unless it says what the current one says.
func (d *Directory) PublishAccess(ctx context.Context, cmd *gridcasev1.PublishAccess) (*gridcasev1.Published, error) {
	if err := d.checkPeople(cmd); err != nil {
		return nil, err
	}
	last, err := d.last(cmd.GetDistrict(), eventstore.Access)
	if err != nil {
		return nil, err
	}
	v := &gridcasev1.AccessVersion{District: cmd.GetDistrict(), Version: last.version + 1, Users: cmd.GetUsers(), Departments: cmd.GetDepartments()}
	return d.publishOne(ctx, topicOf{cmd.GetDistrict(), eventstore.Access}, last, v)
}

func (d *Directory) publishOne(ctx context.Context, t topicOf, old stored, v proto.Message) (*gridcasev1.Published, error) {
	payload := encode(v)
	content := digest([][]byte{unversioned(eventstore.Reference{Topic: t.topic, Payload: payload})})
	return d.publish(ctx, t, old, [][]byte{payload}, content)
}

// publish stores the version behind old and returns when this process holds it. Whoever published since old was read is not overwritten.
func (d *Directory) publish(ctx context.Context, t topicOf, old stored, parts [][]byte, content string) (*gridcasev1.Published, error) {
	if old.content == content {
		return &gridcasev1.Published{District: t.district, Version: old.version, Unchanged: true}, nil
	}
	seq, err := d.log.PublishReference(ctx, t.district, t.topic, old.seq, parts)
	switch {
	case errors.Is(err, eventstore.ErrConflict):
		return nil, fault.New(fault.Conflict, "reference.changed", "somebody published %s of district %s at the same time; look, then publish again", t.topic, t.district)
	case errors.Is(err, eventstore.ErrUnknown):
		return nil, &fault.Error{Kind: fault.Unavailable, Code: "log.unavailable", Text: "it is not known whether the version is stored; publish it again", Cause: err}
	case err != nil:
		return nil, err
	}
	if err := d.await(ctx, t, seq); err != nil {
		return nil, err
	}
	return &gridcasev1.Published{District: t.district, Version: old.version + 1}, nil
}

// await returns when the directory holds the version that ends at seq.
func (d *Directory) await(ctx context.Context, t topicOf, seq uint64) error {
	for {
		d.mu.Lock()
		changed := d.changed
		held := d.state.Load().last[t].seq >= seq
		d.mu.Unlock()
		if held {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &fault.Error{Kind: fault.Unavailable, Code: "reference.behind", Text: "the version is stored, but this process doesn't hold it yet", Cause: ctx.Err()}
		}
	}
}

// last is the newest version of a topic that this process holds; an Unavailable fault where the directory is not ready.
func (d *Directory) last(district string, topic eventstore.Topic) (stored, error) {
	if err := d.Ready(); err != nil {
		return stored{}, err
	}
	return d.state.Load().last[topicOf{district, topic}], nil
}

// keepsUnits refuses areas that leave out a unit grid of the current version: cases may stand in it.
func (d *Directory) keepsUnits(district string, next *grid.Map) error {
	old := d.state.Load().districts[district]
	if old == nil || old.Grids == nil {
		return nil
	}
	for _, cell := range old.Grids.Cells() {
		if _, ok := next.Area(cell.GetCode()); !ok {
			return fault.New(fault.Invalid, "grid.vanished", "unit grid %s is in use and must stay in every later version", cell.GetCode())
		}
	}
	return nil
}

func (d *Directory) checkPeople(cmd *gridcasev1.PublishAccess) error {
	departments, ids, names, tokens := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, dep := range cmd.GetDepartments() {
		departments[dep.GetId()] = true
	}
	for i, u := range cmd.GetUsers() {
		field := fmt.Sprintf("users[%d]", i)
		if ids[u.GetId()] || names[u.GetName()] || tokens[u.GetTokenSha256()] {
			return fault.BadField(field, "user.duplicate", "user %s shares an id, a name or a token with another", u.GetName())
		}
		if h, ok := d.Holder(u.GetTokenSha256()); ok && h.District != cmd.GetDistrict() {
			return fault.BadField(field, "user.duplicate", "user %s has the token of a user of another district", u.GetName())
		}
		ids[u.GetId()], names[u.GetName()], tokens[u.GetTokenSha256()] = true, true, true
		if u.GetRole() == gridcasev1.Role_ROLE_OPERATOR {
			return fault.BadField(field, "user.operator", "operators are not published; their token is a setting of the installation")
		}
		needsDepartment := u.GetRole() == gridcasev1.Role_ROLE_UNIT_MANAGER || u.GetRole() == gridcasev1.Role_ROLE_HANDLER
		if needsDepartment != (u.GetDepartment() != "") || needsDepartment && !departments[u.GetDepartment()] {
			return fault.BadField(field, "user.department", "unit managers and handlers, and nobody else, have a department of the district")
		}
	}
	return nil
}

func encode(m proto.Message) []byte {
	b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(m) // it came over the wire, so it can be encoded
	return b
}

// unversioned returns the payload without its version, so that contents can be compared.
func unversioned(r eventstore.Reference) []byte {
	var m interface {
		proto.Message
		GetVersion() uint32
	}
	switch r.Topic {
	case eventstore.Catalogue:
		m = new(gridcasev1.CatalogueVersion)
	case eventstore.Calendar:
		m = new(gridcasev1.CalendarVersion)
	default:
		m = new(gridcasev1.AccessVersion)
	}
	if proto.Unmarshal(r.Payload, m) != nil {
		return r.Payload
	}
	fields := m.ProtoReflect().Descriptor().Fields()
	m.ProtoReflect().Clear(fields.ByName("version"))
	return encode(m)
}

func digest(parts [][]byte) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256(p)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
