package boston311

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Command is a command of a record.
type Command interface {
	proto.Message
	GetTarget() *gridcasev1.Target
}

// Commands returns what brings the record in, in order: reported to signed at its opening, handled and closed at its closing.
func (r Record) Commands() []Command {
	commands := []Command{
		&gridcasev1.ReportCase{Target: r.target("report", r.Opened), CaseType: TypeID(r.Type), Point: r.Point, Grid: r.Grid, ExternalRef: "boston311:" + r.ID},
		&gridcasev1.FileCase{Target: r.target("file", r.Opened), Condition: Condition, Waiver: gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_IMPORT},
		&gridcasev1.DispatchCase{Target: r.target("dispatch", r.Opened), Department: Department},
		&gridcasev1.SignTask{Target: r.target("sign", r.Opened)},
	}
	if r.Closed.IsZero() {
		return commands
	}
	return append(commands,
		&gridcasev1.ReportHandling{Target: r.target("handle", r.Closed), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED},
		&gridcasev1.CloseCase{Target: r.target("close", r.Closed), Waiver: gridcasev1.InspectionWaiver_INSPECTION_WAIVER_IMPORT})
}

func (r Record) target(kind string, at time.Time) *gridcasev1.Target {
	return &gridcasev1.Target{District: District, CaseId: r.CaseID(), CommandId: r.commandID(kind), OccurredAt: timestamppb.New(at)}
}
