package weibin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/weibin"
)

// newUsers returns the demo's users with ids and tokens that count up.
func newUsers(grids *gridcasev1.PublishGrids) (*gridcasev1.PublishAccess, map[string]string) {
	ids, tokens := 0, 0
	newID := func() string { ids++; return fmt.Sprintf("10000000-0000-4000-8000-%012d", ids) }
	newToken := func() string { tokens++; return fmt.Sprintf("token-%d", tokens) }
	return weibin.Users(grids, newID, newToken)
}

func TestTheDemoHasPeopleOfEachRole(t *testing.T) {
	people, _ := newUsers(newGrids(t, 2000, 1))
	var departments []string
	for _, d := range people.GetDepartments() {
		departments = append(departments, d.GetId())
		if d.GetNameZh() == "" || d.GetNameEn() == "" {
			t.Errorf("department %s lacks a name", d.GetId())
		}
	}
	if want := strings.Fields("drainage urban-management traffic-police housing municipal fire street-office sanitation lighting greening environment heating natural-resources"); !slices.Equal(departments, want) {
		t.Errorf("the departments are %q, want %q", departments, want)
	}
	want := map[string]gridcasev1.Role{
		"acceptor-1": gridcasev1.Role_ROLE_ACCEPTOR, "acceptor-2": gridcasev1.Role_ROLE_ACCEPTOR, "leader-1": gridcasev1.Role_ROLE_SHIFT_LEADER,
		"dispatcher-1": gridcasev1.Role_ROLE_DISPATCHER, "dispatcher-2": gridcasev1.Role_ROLE_DISPATCHER, "citizen-1": gridcasev1.Role_ROLE_CITIZEN,
		"hotline-1": gridcasev1.Role_ROLE_INTEGRATION, "supervisor-1": gridcasev1.Role_ROLE_SUPERVISOR, "importer-1": gridcasev1.Role_ROLE_IMPORTER,
	}
	for _, d := range departments {
		want["manager-"+d] = gridcasev1.Role_ROLE_UNIT_MANAGER
		want["handler-"+d+"-1"], want["handler-"+d+"-2"] = gridcasev1.Role_ROLE_HANDLER, gridcasev1.Role_ROLE_HANDLER
	}
	for i := 1; i <= 10; i++ {
		want[fmt.Sprintf("worker-%02d-1", i)], want[fmt.Sprintf("worker-%02d-2", i)] = gridcasev1.Role_ROLE_GRID_WORKER, gridcasev1.Role_ROLE_GRID_WORKER
	}
	for _, u := range people.GetUsers() {
		if role, ok := want[u.GetName()]; !ok || role != u.GetRole() {
			t.Errorf("%s is %s, want %s", u.GetName(), u.GetRole(), role)
		}
		delete(want, u.GetName())
		ofDepartment := u.GetRole() == gridcasev1.Role_ROLE_UNIT_MANAGER || u.GetRole() == gridcasev1.Role_ROLE_HANDLER
		if ofDepartment != (u.GetDepartment() != "") || ofDepartment && !strings.Contains(u.GetName(), "-"+u.GetDepartment()) {
			t.Errorf("%s is of the department %q", u.GetName(), u.GetDepartment())
		}
	}
	if len(want) > 0 {
		t.Errorf("there is nobody of %v", want)
	}
}

func TestNobodySharesATokenOrAnID(t *testing.T) {
	people, tokens := newUsers(newGrids(t, 128, 1))
	if len(tokens) != len(people.GetUsers()) {
		t.Errorf("%d tokens for %d users", len(tokens), len(people.GetUsers()))
	}
	ids, hashes := map[string]bool{}, map[string]bool{}
	for _, u := range people.GetUsers() {
		sum := sha256.Sum256([]byte(tokens[u.GetName()]))
		if u.GetTokenSha256() != hex.EncodeToString(sum[:]) {
			t.Errorf("the hash of %s isn't that of its token", u.GetName())
		}
		if ids[u.GetId()] || hashes[u.GetTokenSha256()] {
			t.Errorf("%s shares an id or a token", u.GetName())
		}
		ids[u.GetId()], hashes[u.GetTokenSha256()] = true, true
	}
}

// TestTheWorkersOfAStreetShareItsUnitGrids holds that each unit grid is one worker's duty and lies in that worker's street.
func TestTheWorkersOfAStreetShareItsUnitGrids(t *testing.T) {
	grids := newGrids(t, 2000, 1)
	people, _ := newUsers(grids)
	onDuty := map[string]string{}
	perStreet := map[string][]int{}
	for _, u := range people.GetUsers() {
		if u.GetRole() != gridcasev1.Role_ROLE_GRID_WORKER {
			if len(u.GetAreas())+len(u.GetDutyGrids()) > 0 {
				t.Errorf("%s has areas, but is no grid worker", u.GetName())
			}
			continue
		}
		if len(u.GetAreas()) != 1 || len(u.GetAreas()[0]) != 9 {
			t.Fatalf("%s works in %q, not in one street", u.GetName(), u.GetAreas())
		}
		street := u.GetAreas()[0]
		perStreet[street] = append(perStreet[street], len(u.GetDutyGrids()))
		for _, code := range u.GetDutyGrids() {
			if onDuty[code] != "" || !strings.HasPrefix(code, street) {
				t.Errorf("%s is on duty for %s, which is %q's too or not in the street", u.GetName(), code, onDuty[code])
			}
			onDuty[code] = u.GetName()
		}
	}
	for _, a := range grids.GetAreas() {
		if len(a.GetCode()) == 15 && onDuty[a.GetCode()] == "" {
			t.Errorf("nobody is on duty for %s", a.GetCode())
		}
	}
	if len(perStreet) != 10 {
		t.Errorf("workers in %d streets", len(perStreet))
	}
	for street, shares := range perStreet {
		if len(shares) != 2 || shares[0]-shares[1] < 0 || shares[0]-shares[1] > 1 {
			t.Errorf("the shares of street %s are %v, not halves", street, shares)
		}
	}
}
