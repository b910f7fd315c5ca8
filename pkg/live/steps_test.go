package live_test

import (
	"math/rand/v2"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

const (
	reported   = gridcasev1.State_STATE_REPORTED
	verifying  = gridcasev1.State_STATE_VERIFYING
	filed      = gridcasev1.State_STATE_FILED
	dispatched = gridcasev1.State_STATE_DISPATCHED
	handling   = gridcasev1.State_STATE_HANDLING
	handled    = gridcasev1.State_STATE_HANDLED
	closed     = gridcasev1.State_STATE_CLOSED
	voided     = gridcasev1.State_STATE_VOIDED
)

// step lets something happen to the case that can.
func (k *walk) step(random *rand.Rand) {
	switch k.now().state {
	case reported:
		pick(random, k.file, k.relocate, k.verify, k.note)()
	case verifying:
		k.verified()
	case filed:
		pick(random, k.dispatch, k.void, k.dispatch)()
	case dispatched, handling:
		if len(k.now().queues) == 1 && k.now().queues[0] == "dispatcher" { // a return waits for its decision
			pick(random, k.approve, k.refuse)()
			return
		}
		pick(random, k.recall, k.sign, k.ask, k.finish)()
	case handled:
		k.close()
	case closed:
		k.reopen()
	case voided:
		k.note()
	}
}

// pick chooses; the number is kept by the caller's source.
func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// the source of what a step itself chooses is its case's, so that a seed plays the same again.
func (k *walk) coin(sides int) int { return (len(k.stood)*7 + int(k.last.Seq)) % sides }

func (k *walk) note() {
	k.add(&gridcasev1.NoteAdded{}, k.now())
}

func (k *walk) file() {
	k.add(&gridcasev1.CaseFiled{Condition: "C2"}, k.then(filed, "dispatcher"))
}

func (k *walk) relocate() {
	n := 1 + k.coin(4)
	s := k.now()
	s.parties.Grid = referencetest.Cell(n)
	k.add(&gridcasev1.CaseRelocated{Place: place(n)}, s)
}

func (k *walk) verify() {
	worker := referencetest.UserID([]string{"worker-1", "worker-2"}[k.coin(2)])
	s := k.then(verifying, "worker:"+worker)
	s.parties.Worker = worker
	k.add(&gridcasev1.VerificationRequested{Worker: worker}, s)
}

func (k *walk) verified() {
	s := k.then(reported, "acceptor")
	s.parties.Worker = ""
	k.add(&gridcasev1.VerificationSubmitted{Result: gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS}, s)
}

func (k *walk) dispatch() {
	department := []string{"roads", "water"}[k.coin(2)]
	s := k.then(dispatched, "department:"+department)
	s.parties.Department = department
	k.add(&gridcasev1.CaseDispatched{Department: department}, s)
}

func (k *walk) sign() {
	k.add(&gridcasev1.TaskSigned{}, k.then(handling, k.now().queues...))
}

func (k *walk) ask() {
	k.add(&gridcasev1.ReturnRequested{}, k.then(k.now().state, "dispatcher"))
}

func (k *walk) refuse() {
	k.add(&gridcasev1.ReturnRefused{}, k.then(k.now().state, "department:"+k.now().parties.Department))
}

// taken is how the case stands once no department has it.
func (k *walk) taken(state gridcasev1.State, queues ...string) stood {
	s := k.then(state, queues...)
	s.parties.Department = ""
	return s
}

func (k *walk) approve() { k.add(&gridcasev1.ReturnApproved{}, k.taken(filed, "dispatcher")) }
func (k *walk) recall()  { k.add(&gridcasev1.DispatchRecalled{}, k.taken(filed, "dispatcher")) }
func (k *walk) void()    { k.add(&gridcasev1.CaseVoided{}, k.taken(voided)) }
func (k *walk) reopen()  { k.add(&gridcasev1.CaseReopened{}, k.taken(filed, "dispatcher")) }

func (k *walk) finish() {
	k.add(&gridcasev1.HandlingReported{}, k.then(handled, "acceptor"))
}

func (k *walk) close() {
	k.add(&gridcasev1.CaseClosed{}, k.then(closed))
}
