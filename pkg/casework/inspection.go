package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestInspection sends a grid worker who had no hand in the handling to see the result, or another one instead (发核查).
func requestInspection(c *Case, cmd *gridcasev1.RequestInspection, f *Facts) (proto.Message, error) {
	if err := c.must("request an inspection", gridcasev1.State_STATE_HANDLED, gridcasev1.State_STATE_INSPECTING); err != nil {
		return nil, err
	}
	if cmd.GetWorker() == c.Worker {
		return nil, fault.New(fault.Conflict, "case.worker_named", "this grid worker has the task already; naming another one starts its time anew")
	}
	if err := f.mustBeSendable(cmd.GetWorker(), c.Place, c.Hands); err != nil {
		return nil, err
	}
	return &gridcasev1.InspectionRequested{Worker: cmd.GetWorker(), Clocks: c.inspectClocks(f)}, nil
}

func (c *Case) inspectClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_SEND_INSPECTION, gridcasev1.Stage_STAGE_CLOSE), c.startDesk(f, gridcasev1.Stage_STAGE_INSPECT))
}

func (c *Case) inspectionRequested(e *gridcasev1.InspectionRequested) {
	c.Clocks[gridcasev1.Stage_STAGE_INSPECT] = nil // another worker's time starts anew
	c.State, c.Worker = gridcasev1.State_STATE_INSPECTING, e.GetWorker()
}

// submitInspection says what the named worker saw (核查). After a pass the close clock starts, else another inspection or rework is due.
func submitInspection(c *Case, cmd *gridcasev1.SubmitInspection, f *Facts) (proto.Message, error) {
	if err := c.must("submit an inspection", gridcasev1.State_STATE_INSPECTING); err != nil {
		return nil, err
	}
	if err := c.mustBeWorker(f); err != nil {
		return nil, err
	}
	if err := mustShow(f, cmd.GetPhotos(), "", "an inspection shows at least one photo"); err != nil {
		return nil, err
	}
	return &gridcasev1.InspectionSubmitted{Result: cmd.GetResult(), Photos: cmd.GetPhotos(), Note: f.Sealed["note"], Clocks: c.inspectedClocks(cmd.GetResult(), f)}, nil
}

func (c *Case) inspectedClocks(result gridcasev1.InspectionResult, f *Facts) []*gridcasev1.Clocks {
	next := gridcasev1.Stage_STAGE_SEND_INSPECTION
	if result == gridcasev1.InspectionResult_INSPECTION_RESULT_PASS {
		next = gridcasev1.Stage_STAGE_CLOSE
	}
	return readings(c.stop(gridcasev1.Stage_STAGE_INSPECT), c.startDesk(f, next))
}

func (c *Case) inspectionSubmitted(e *gridcasev1.InspectionSubmitted) {
	c.State, c.Worker, c.Inspection = gridcasev1.State_STATE_HANDLED, "", e.GetResult()
}
