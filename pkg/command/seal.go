package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/vault"
)

// sealing is a command's personal values and free texts on their way into the vault; a command without any needs no vault.
type sealing struct{ draft *vault.Draft }

func (s sealing) values() map[string]*gridcasev1.Sealed {
	if s.draft == nil {
		return nil
	}
	return s.draft.Sealed()
}

// store makes the values durable: before the event that refers to them.
func (s sealing) store(ctx context.Context) error {
	if s.draft == nil {
		return nil
	}
	return s.draft.Store(ctx)
}

// seal prepares what the command holds to be sealed; first: nobody of its case is thought to have a key. Nothing is written yet: a refused
// command leaves nothing behind.
func (s *Service) seal(ctx context.Context, a *attempted, first bool) (sealing, error) {
	var values []vault.Value
	walkSealed(a.cmd.ProtoReflect(), func(field, text string, p gridcasev1.Person) string {
		values = append(values, vault.Value{Person: p, Field: field, Text: text})
		return text
	})
	if len(values) == 0 {
		return sealing{}, nil
	}
	draft, err := s.vault.Prepare(ctx, vault.Entry{District: a.key.District, CaseID: a.key.ID, CommandID: a.target.GetCommandId(), Values: values, First: first})
	return sealing{draft}, err
}

// commandHash is the digest by which a command sent again is told from another one with the same id: of its message without that id, the
// sealed values replaced by their commitments, and of the actor. It betrays no personal value, and none once the person's key is gone.
func commandHash(a *attempted, sealed map[string]*gridcasev1.Sealed) string {
	clean := proto.Clone(a.cmd).(casework.Command)
	walkSealed(clean.ProtoReflect(), func(field, _ string, _ gridcasev1.Person) string {
		return hex.EncodeToString(sealed[field].GetCommitment())
	})
	target := clean.GetTarget()
	target.CommandId, target.District = "", a.key.District
	told := []byte(gridcasev1.EventType(clean) + "\x00" + a.actor.ID + "\x00")
	told, _ = proto.MarshalOptions{Deterministic: true}.MarshalAppend(told, clean) // it came over the wire, so it can be encoded
	sum := sha256.Sum256(told)
	return hex.EncodeToString(sum[:])
}

// walkSealed visits every string of m that the contract marks as sealed and is not empty, and puts back what visit returns. A value inside
// a list of named items is called list.NAME.
func walkSealed(m protoreflect.Message, visit func(field, text string, p gridcasev1.Person) string) {
	for _, f := range sealedFields(m.Descriptor()) {
		switch {
		case !m.Has(f.FieldDescriptor):
		case f.IsList():
			items := m.Get(f.FieldDescriptor).List()
			for i := range items.Len() {
				walkItem(items.Get(i).Message(), string(f.Name())+".", visit)
			}
		case f.Message() != nil:
			walkSealed(m.Get(f.FieldDescriptor).Message(), visit)
		case m.Get(f.FieldDescriptor).String() != "":
			m.Set(f.FieldDescriptor, protoreflect.ValueOfString(visit(string(f.Name()), m.Get(f.FieldDescriptor).String(), f.person)))
		}
	}
}

// sealedField is a field that is sealed, or a message or a list of messages that has such a field.
type sealedField struct {
	protoreflect.FieldDescriptor
	person gridcasev1.Person
}

// sealedOf are the sealed fields by the message's name: to look each up in the contract for every command costs more than its rule.
var sealedOf sync.Map

func sealedFields(md protoreflect.MessageDescriptor) []sealedField {
	if known, ok := sealedOf.Load(md.FullName()); ok {
		return known.([]sealedField)
	}
	fields := []sealedField{}
	for i := range md.Fields().Len() {
		f := sealedField{md.Fields().Get(i), person(md.Fields().Get(i))}
		if f.person != gridcasev1.Person_PERSON_UNSPECIFIED || f.Message() != nil && len(sealedFields(f.Message())) > 0 {
			fields = append(fields, f)
		}
	}
	sealedOf.Store(md.FullName(), fields)
	return fields
}

// walkItem visits an item of a list: its sealed value goes by the item's name.
func walkItem(m protoreflect.Message, list string, visit func(field, text string, p gridcasev1.Person) string) {
	name := ""
	if fd := m.Descriptor().Fields().ByName("name"); fd != nil {
		name = m.Get(fd).String()
	}
	walkSealed(m, func(_, text string, p gridcasev1.Person) string { return visit(list+name, text, p) })
}

func person(fd protoreflect.FieldDescriptor) gridcasev1.Person {
	if fd.Kind() != protoreflect.StringKind {
		return gridcasev1.Person_PERSON_UNSPECIFIED
	}
	p, _ := proto.GetExtension(fd.Options(), gridcasev1.E_Sealed).(gridcasev1.Person)
	return p
}
