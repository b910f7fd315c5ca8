package reference_test

import (
	"sync"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

func TestPeopleWhoMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	d := running(t)
	referencetest.Publish(t, d)
	for _, tt := range []struct {
		rule   string
		code   string
		field  string
		change func(u []*gridcasev1.User)
	}{
		{"two users of one id", "user.duplicate", "users[1]", func(u []*gridcasev1.User) { u[1].Id = u[0].GetId() }},
		{"two users of one name", "user.duplicate", "users[1]", func(u []*gridcasev1.User) { u[1].Name = u[0].GetName() }},
		{"two users of one token", "user.duplicate", "users[2]", func(u []*gridcasev1.User) { u[2].TokenSha256 = u[0].GetTokenSha256() }},
		{"an operator of a district", "user.operator", "users[0]", func(u []*gridcasev1.User) { u[0].Role = gridcasev1.Role_ROLE_OPERATOR }},
		{"a manager without a department", "user.department", "users[3]", func(u []*gridcasev1.User) { u[3].Department = "" }},
		{"a handler without a department", "user.department", "users[4]", func(u []*gridcasev1.User) { u[4].Department = "" }},
		{"a manager of a department that isn't there", "user.department", "users[3]", func(u []*gridcasev1.User) { u[3].Department = "harbour" }},
		{"an acceptor with a department", "user.department", "users[0]", func(u []*gridcasev1.User) { u[0].Department = "roads" }},
	} {
		people := referencetest.People()
		tt.change(people.GetUsers())
		_, err := d.PublishAccess(t.Context(), people)
		refused(t, tt.rule, err, fault.Invalid, tt.code, tt.field)
	}
	same, err := d.PublishAccess(t.Context(), referencetest.People())
	check(t, "the people of before the refusals", 0, same, err, 1, true)
}

func TestATokenIsOfOneDistrictAlone(t *testing.T) {
	t.Parallel()
	d := running(t)
	referencetest.Publish(t, d)
	foreign := referencetest.People()
	foreign.District = "610302"
	_, err := d.PublishAccess(t.Context(), foreign)
	refused(t, "the token of a user of another district", err, fault.Invalid, "user.duplicate", "users[0]")
	if codes := d.Districts(); len(codes) != 1 {
		t.Errorf("districts %v", codes)
	}
}

func TestOfTwoPublicationsAtOnceOneWinsAndTheOtherLooksAgain(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	one, other := referencetest.Run(t, log), referencetest.Run(t, log)
	referencetest.Publish(t, one)
	await(t, "both hold the first version", func() bool {
		_, err := other.District(referencetest.District)
		_, held := other.Holder(referencetest.People().GetUsers()[0].GetTokenSha256())
		return err == nil && held
	})
	named := func(name string) *gridcasev1.PublishGrids {
		g := referencetest.Grids()
		g.Areas[0].Name = name
		return g
	}
	var first, second error
	var both sync.WaitGroup
	both.Go(func() { _, first = one.PublishGrids(t.Context(), named("one")) })
	both.Go(func() { _, second = other.PublishGrids(t.Context(), named("other")) })
	both.Wait()
	won := 0
	for _, err := range []error{first, second} {
		if err == nil {
			won++
			continue
		}
		refused(t, "the one that lost", err, fault.Conflict, "reference.changed", "")
	}
	// The one that is slow enough to hold the other's version first wins after it.
	district, err := one.District(referencetest.District)
	if err != nil || won == 0 {
		t.Fatalf("%d won; %v", won, err)
	}
	await(t, "the first process holds the last version", func() bool {
		district, err = one.District(referencetest.District)
		return err == nil && district.Grids.Version() == uint32(1+won)
	})
}
