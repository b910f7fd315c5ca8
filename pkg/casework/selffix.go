package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// reportAndFix opens a case that its reporter has fixed on the spot (自处置): the type allows it, and before and after are shown. No stage has
// a limit; the desk audits it.
func reportAndFix(c *Case, cmd *gridcasev1.ReportAndFix, f *Facts) ([]proto.Message, error) {
	report := &gridcasev1.ReportCase{CaseType: cmd.GetCaseType(), Point: cmd.GetPoint(), Grid: cmd.GetGrid(), Fields: cmd.GetFields(), Photos: cmd.GetPhotos()}
	reported, err := reportCase(c, report, f)
	if err != nil {
		return nil, err
	}
	t, _ := f.Catalogue.Type(cmd.GetCaseType())
	if !t.GetSelfFix() {
		return nil, fault.BadField("case_type", "case_type.no_self_fix", "cases of type %q are not fixed by who reports them; report it", cmd.GetCaseType())
	}
	if err := f.activeCondition(cmd.GetCaseType(), cmd.GetCondition()); err != nil {
		return nil, err
	}
	for _, kind := range []string{"before", "after"} {
		if err := mustShow(f, cmd.GetPhotos(), kind, `a fix is shown by at least one photo of kind "`+kind+`"`); err != nil {
			return nil, err
		}
	}
	reported.(*gridcasev1.CaseReported).Clocks = nil
	return []proto.Message{reported, &gridcasev1.HandlingReported{Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: cmd.GetPhotos(),
		Note: f.Sealed["note"], Self: true, Condition: cmd.GetCondition()}}, nil
}

// passAudit says that the desk found the self-fix to be in order; it stands for the inspection.
func passAudit(c *Case, _ *gridcasev1.PassAudit, f *Facts) (proto.Message, error) {
	if err := c.must("pass the audit", gridcasev1.State_STATE_HANDLED); err != nil {
		return nil, err
	}
	if !c.SelfFixed {
		return nil, fault.New(fault.Conflict, "case.not_self_fixed", "a department handled the case; it is inspected, not audited")
	}
	if c.Inspection == gridcasev1.InspectionResult_INSPECTION_RESULT_PASS {
		return nil, fault.New(fault.Conflict, "case.audited", "the audit or an inspection is passed already")
	}
	return &gridcasev1.AuditPassed{Note: f.Sealed["note"], Clocks: c.auditClocks(f)}, nil
}

func (c *Case) auditClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_SEND_INSPECTION), c.startDesk(f, gridcasev1.Stage_STAGE_CLOSE))
}

func (c *Case) auditPassed() { c.Inspection = gridcasev1.InspectionResult_INSPECTION_RESULT_PASS }
