package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestVerification sends a grid worker to the spot, or another one instead (发核实).
func requestVerification(c *Case, cmd *gridcasev1.RequestVerification, f *Facts) (proto.Message, error) {
	if err := c.must("request a verification", gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_VERIFYING); err != nil {
		return nil, err
	}
	if cmd.GetWorker() == c.Worker {
		return nil, fault.New(fault.Conflict, "case.worker_named", "this grid worker has the task already; naming another one starts its time anew")
	}
	if err := f.mustBeSendable(cmd.GetWorker(), c.Place, nil); err != nil {
		return nil, err
	}
	return &gridcasev1.VerificationRequested{Worker: cmd.GetWorker(), Clocks: c.verifyClocks(f)}, nil
}

func (c *Case) verifyClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.pause(gridcasev1.Stage_STAGE_ACCEPT), c.startDesk(f, gridcasev1.Stage_STAGE_VERIFY))
}

func (c *Case) verificationRequested(e *gridcasev1.VerificationRequested) {
	c.Clocks[gridcasev1.Stage_STAGE_VERIFY] = nil // another worker's time starts anew
	c.State, c.Worker = gridcasev1.State_STATE_VERIFYING, e.GetWorker()
}

// submitVerification says what the named worker found on the spot (核实).
func submitVerification(c *Case, cmd *gridcasev1.SubmitVerification, f *Facts) (proto.Message, error) {
	if err := c.must("submit a verification", gridcasev1.State_STATE_VERIFYING); err != nil {
		return nil, err
	}
	if err := c.mustBeWorker(f); err != nil {
		return nil, err
	}
	if cmd.GetResult() != gridcasev1.VerificationResult_VERIFICATION_RESULT_UNABLE {
		if err := mustShow(f, cmd.GetPhotos(), "", "a verification shows at least one photo, unless it was not possible"); err != nil {
			return nil, err
		}
	}
	return &gridcasev1.VerificationSubmitted{Result: cmd.GetResult(), Photos: cmd.GetPhotos(), Note: f.Sealed["note"], Clocks: c.verifiedClocks(f)}, nil
}

func (c *Case) verifiedClocks(f *Facts) []*gridcasev1.Clocks {
	return append(c.stop(gridcasev1.Stage_STAGE_VERIFY), c.resume(f, gridcasev1.Stage_STAGE_ACCEPT)...)
}

func (c *Case) verificationSubmitted(e *gridcasev1.VerificationSubmitted) {
	c.State, c.Worker, c.Verification = gridcasev1.State_STATE_REPORTED, "", e.GetResult()
}

// mustBeSendable refuses a worker who is not of the nearest level that has workers for the place, or who had a hand in the case: nobody
// inspects own handling.
func (f *Facts) mustBeSendable(worker string, at *gridcasev1.Place, hands []string) error {
	sendable := f.People.Workers(at, hands)
	if slices.ContainsFunc(sendable, func(u *gridcasev1.User) bool { return u.GetId() == worker }) {
		return nil
	}
	if slices.Contains(hands, worker) {
		return fault.BadField("worker", "worker.own_handling", "nobody inspects own handling; another grid worker must be named")
	}
	return fault.BadField("worker", "worker.not_of_grid",
		"the worker must be on duty for unit grid %s, or of its community, street or district where nobody nearer is", at.GetGrid())
}
