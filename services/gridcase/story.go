package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// story is the way of one demo case. The dice alone decide it, so that a seed tells the same stories again.
type story struct {
	*play
	dice      *rand.Rand
	caseID    string
	cell      *gridcasev1.GridCount
	caseType  *gridcasev1.CaseType
	condition *gridcasev1.Condition
	reporter  string
	state     gridcasev1.State
	end       int // after how many commands the story breaks off; most go to their end
}

// tell plays the case and returns the state that it is left in.
func (s *story) tell(ctx context.Context) (gridcasev1.State, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return 0, fmt.Errorf("make a case id: %w", err)
	}
	s.caseID = id.String()
	s.cell = s.cells[s.dice.IntN(len(s.cells))]
	s.caseType = s.types[s.dice.IntN(len(s.types))]
	s.condition = s.caseType.GetConditions()[s.dice.IntN(len(s.caseType.GetConditions()))]
	s.end = 1000
	if s.chance(12) {
		s.end = 1 + s.dice.IntN(8)
	}
	for _, chapter := range []func(context.Context) (bool, error){s.report, s.verify, s.file, s.handle, s.inspect, s.finish} {
		if goOn, err := chapter(ctx); err != nil || !goOn {
			return s.state, err
		}
	}
	return s.state, nil
}

func (s *story) chance(percent int) bool { return s.dice.IntN(100) < percent }

// do sends a command as a user; false says that the story breaks off here.
func (s *story) do(ctx context.Context, user string, cmd client.Command) (bool, error) {
	receipt, err := s.as(user).Do(ctx, cmd)
	if err != nil {
		return false, fmt.Errorf("%s as %s: %w", cmd.ProtoReflect().Descriptor().Name(), user, err)
	}
	s.state = receipt.GetState()
	s.end--
	return s.end > 0, nil
}

func (s *story) target() *gridcasev1.Target {
	return &gridcasev1.Target{District: demoDistrict, CaseId: s.caseID, CommandId: uuid.NewString(), DeviceTime: timestamppb.New(time.Now())}
}

// report: a grid worker of the cell, the hotline, or a citizen.
func (s *story) report(ctx context.Context) (bool, error) {
	worker, err := s.worker(ctx)
	if err != nil {
		return false, err
	}
	s.reporter = worker
	switch n := s.dice.IntN(100); {
	case n < 25:
		s.reporter = "hotline-1"
	case n < 40:
		s.reporter = "citizen-1"
	}
	cmd := &gridcasev1.ReportCase{Target: s.target(), CaseType: s.caseType.GetId(), Point: s.point(), Fields: s.fields(true), Photos: s.reportPhotos(),
		Description: "Seen on patrol, see the photo."}
	if s.reporter != worker {
		cmd.Description, cmd.ReporterName, cmd.ReporterPhone = "A resident reports it.", "Demo Resident", "029-0000-0000"
	}
	return s.do(ctx, s.reporter, cmd)
}

// verify: a public report is verified on the spot; some are not there and are declined.
func (s *story) verify(ctx context.Context) (bool, error) {
	if s.reporter != "hotline-1" && s.reporter != "citizen-1" {
		return true, nil
	}
	worker, err := s.worker(ctx)
	if err != nil {
		return false, err
	}
	u := s.user(worker)
	if goOn, err := s.do(ctx, "acceptor-1", &gridcasev1.RequestVerification{Target: s.target(), Worker: u.ID}); err != nil || !goOn {
		return false, err
	}
	result := gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS
	if s.chance(12) {
		result = gridcasev1.VerificationResult_VERIFICATION_RESULT_NOT_EXISTS
	}
	goOn, err := s.do(ctx, worker, &gridcasev1.SubmitVerification{Target: s.target(), Result: result, Photos: s.photos("far")})
	if err != nil || !goOn || result == gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS {
		return goOn, err
	}
	_, err = s.do(ctx, "acceptor-2", &gridcasev1.DeclineCase{Target: s.target(), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_NOT_EXISTS})
	return false, err
}

// file and dispatch; now and then the first department says that it is not its own.
func (s *story) file(ctx context.Context) (bool, error) {
	if goOn, err := s.fileCase(ctx, &gridcasev1.FileCase{Target: s.target(), Condition: s.condition.GetId()}); err != nil || !goOn {
		return false, err
	}
	if s.chance(6) && s.department() != "street-office" {
		if goOn, err := s.bounce(ctx, "street-office"); err != nil || !goOn {
			return false, err
		}
	}
	return s.do(ctx, "dispatcher-1", &gridcasev1.DispatchCase{Target: s.target(), Department: s.department()})
}

// fileCase files; the acceptor looks at the cases near by that may be the same problem and holds none of them to be.
func (s *story) fileCase(ctx context.Context, cmd *gridcasev1.FileCase) (bool, error) {
	goOn, err := s.do(ctx, "acceptor-1", cmd)
	for err != nil && fault.Of(err).Code == "case.duplicates_unseen" {
		answer, lookErr := s.as("acceptor-1").Query.ListNearby(ctx, &gridcasev1.ListNearbyRequest{Case: &gridcasev1.CaseRef{District: demoDistrict, CaseId: s.caseID}})
		if lookErr != nil {
			return false, client.Fault(lookErr)
		}
		cmd.DuplicatesSeen = nil
		for _, n := range answer.GetCases() {
			cmd.DuplicatesSeen = append(cmd.DuplicatesSeen, n.GetCase().GetCaseId())
		}
		goOn, err = s.do(ctx, "acceptor-1", cmd)
	}
	return goOn, err
}

func (s *story) bounce(ctx context.Context, department string) (bool, error) {
	for _, step := range []struct {
		user string
		cmd  client.Command
	}{
		{"dispatcher-2", &gridcasev1.DispatchCase{Target: s.target(), Department: department}},
		{"manager-" + department, &gridcasev1.RequestReturn{Target: s.target(), Reason: "Not within our duties."}},
		{"dispatcher-2", &gridcasev1.DecideReturn{Target: s.target(), Decision: gridcasev1.Decision_DECISION_APPROVE}},
	} {
		if goOn, err := s.do(ctx, step.user, step.cmd); err != nil || !goOn {
			return false, err
		}
	}
	return true, nil
}

// handle: the department signs, assigns and reports.
func (s *story) handle(ctx context.Context) (bool, error) {
	department := s.department()
	handler := fmt.Sprintf("handler-%s-%d", department, 1+s.dice.IntN(2))
	if goOn, err := s.do(ctx, "manager-"+department, &gridcasev1.SignTask{Target: s.target()}); err != nil || !goOn {
		return false, err
	}
	if goOn, err := s.do(ctx, "manager-"+department, &gridcasev1.AssignHandler{Target: s.target(), Handler: s.user(handler).ID}); err != nil || !goOn {
		return false, err
	}
	goOn, err := s.fix(ctx, handler)
	if err != nil || !goOn || !s.chance(10) {
		return goOn, err
	}
	if goOn, err := s.see(ctx, gridcasev1.InspectionResult_INSPECTION_RESULT_FAIL); err != nil || !goOn {
		return false, err
	}
	if goOn, err := s.do(ctx, "dispatcher-1", &gridcasev1.OrderRework{Target: s.target()}); err != nil || !goOn {
		return false, err
	}
	return s.fix(ctx, handler)
}

func (s *story) fix(ctx context.Context, handler string) (bool, error) {
	return s.do(ctx, handler, &gridcasev1.ReportHandling{Target: s.target(), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED,
		Photos: s.photos("after"), Fields: s.closeFields()})
}

// inspect: a grid worker sees the result and passes it.
func (s *story) inspect(ctx context.Context) (bool, error) {
	return s.see(ctx, gridcasev1.InspectionResult_INSPECTION_RESULT_PASS)
}

func (s *story) see(ctx context.Context, result gridcasev1.InspectionResult) (bool, error) {
	worker, err := s.worker(ctx)
	if err != nil {
		return false, err
	}
	if goOn, err := s.do(ctx, "acceptor-2", &gridcasev1.RequestInspection{Target: s.target(), Worker: s.user(worker).ID}); err != nil || !goOn {
		return false, err
	}
	return s.do(ctx, worker, &gridcasev1.SubmitInspection{Target: s.target(), Result: result, Photos: s.photos("far")})
}

func (s *story) finish(ctx context.Context) (bool, error) {
	return s.do(ctx, "leader-1", &gridcasev1.CloseCase{Target: s.target(), Checklist: s.condition.GetChecklist()})
}

func (s *story) department() string {
	if lead := s.condition.GetLead(); lead != "" {
		return lead
	}
	return "urban-management"
}

// worker is the demo user on duty for the cell.
func (s *story) worker(ctx context.Context) (string, error) {
	answer, err := s.as("acceptor-1").Query.ListWorkers(ctx, &gridcasev1.ListWorkersRequest{Grid: s.cell.GetCode()})
	if err != nil {
		return "", client.Fault(err)
	}
	if len(answer.GetWorkers()) == 0 {
		return "", fmt.Errorf("nobody works in unit grid %s", s.cell.GetCode())
	}
	return answer.GetWorkers()[0].GetName(), nil
}

func (s *story) user(name string) demoToken {
	for _, u := range s.tokens.Users {
		if u.Name == name {
			return u
		}
	}
	return demoToken{}
}

// point is the middle of the cell's outline.
func (s *story) point() *gridcasev1.GeoPoint {
	c := s.cell.GetRings()[0].GetCoordinates()
	west, east, south, north := c[0], c[0], c[1], c[1]
	for i := 0; i+1 < len(c); i += 2 {
		west, east = min(west, c[i]), max(east, c[i])
		south, north = min(south, c[i+1]), max(north, c[i+1])
	}
	return &gridcasev1.GeoPoint{Longitude: (west + east) / 2, Latitude: (south + north) / 2, Crs: gridcasev1.Crs_CRS_WGS84}
}

// fields are values of the fields that the type requires in a report.
func (s *story) fields(required bool) []*gridcasev1.FieldInput {
	var fields []*gridcasev1.FieldInput
	for _, rule := range s.caseType.GetFields() {
		if rule.GetRequired() == required {
			fields = append(fields, s.value(rule))
		}
	}
	return fields
}

// closeFields are values of the fields that the condition is closed with.
func (s *story) closeFields() []*gridcasev1.FieldInput {
	var fields []*gridcasev1.FieldInput
	for _, name := range s.condition.GetCloseFields() {
		for _, rule := range s.caseType.GetFields() {
			if rule.GetName() == name {
				fields = append(fields, s.value(rule))
			}
		}
	}
	return fields
}

func (s *story) value(rule *gridcasev1.FieldRule) *gridcasev1.FieldInput {
	in := &gridcasev1.FieldInput{Name: rule.GetName()}
	switch rule.GetKind() {
	case gridcasev1.FieldKind_FIELD_KIND_CHOICE:
		in.Value = &gridcasev1.FieldInput_Choice{Choice: rule.GetChoices()[s.dice.IntN(len(rule.GetChoices()))]}
	case gridcasev1.FieldKind_FIELD_KIND_NUMBER:
		in.Value = &gridcasev1.FieldInput_Number{Number: rule.GetMin() + 1}
	case gridcasev1.FieldKind_FIELD_KIND_FLAG:
		in.Value = &gridcasev1.FieldInput_Flag{Flag: s.chance(50)}
	case gridcasev1.FieldKind_FIELD_KIND_TIME:
		in.Value = &gridcasev1.FieldInput_Time{Time: timestamppb.New(time.Now().Truncate(time.Second))}
	case gridcasev1.FieldKind_FIELD_KIND_TEXT:
		in.Value = &gridcasev1.FieldInput_Text{Text: fmt.Sprintf("demo %04d", s.dice.IntN(10000))}
	default:
		in.Value = &gridcasev1.FieldInput_Code{Code: fmt.Sprintf("DEMO-%04d", s.dice.IntN(10000))}
	}
	return in
}

func (s *story) reportPhotos() []*gridcasev1.Photo {
	var photos []*gridcasev1.Photo
	for _, rule := range s.caseType.GetPhotos() {
		for range rule.GetMinReport() {
			photos = append(photos, s.photos(rule.GetKind())...)
		}
	}
	return photos
}

// photos names one made-up picture.
func (s *story) photos(kind string) []*gridcasev1.Photo {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", kind, s.dice.Uint64()))
	return []*gridcasev1.Photo{{Kind: kind, Sha256: hex.EncodeToString(sum[:])}}
}
