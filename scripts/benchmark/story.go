package main

import (
	"fmt"

	"github.com/google/uuid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// story is the way of one case: where it is, who has to do with it, and what a contestant remembers of it.
type story struct {
	district district
	number   uint64
	cell     int
	at       *gridcasev1.GeoPoint
	id       string
	text     string        // what the report says; empty where nothing is written
	last     uint64        // the sequence of its last event, for those who guard by it
	hash     string        // of its last event, for those who chain them
	folded   casework.Case // as the rules know it, for those who ask them
}

// newStory begins the n-th case of a district.
func newStory(d district, n uint64) *story {
	s := &story{district: d, number: n, id: uuid.Must(uuid.NewV7()).String()}
	s.cell, s.at = d.point(n)
	return s
}

// written has the report say something.
func (s *story) written() *story {
	s.text = described(s.number)
	return s
}

func (s *story) worker() user { return user{s.district, "worker", s.cell / inCommunity} }

func (s *story) caseType() string { return caseTypes[s.number%uint64(len(caseTypes))] }

func (s *story) department() int { return int(s.number % departments) }

// The projects that reports name: one report in four of those whose type has a field for it.
const (
	projects   = 200
	namingEach = 4
)

// fields are what the report's type asks for, and the project that it names.
func (s *story) fields() []*gridcasev1.FieldInput {
	all := []*gridcasev1.FieldInput{{Name: placeKind, Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}}
	if ofWorks[s.caseType()] && s.number%namingEach == 0 {
		code := fmt.Sprintf("P-%03d", s.number/namingEach%projects)
		all = append(all, &gridcasev1.FieldInput{Name: projectCode, Value: &gridcasev1.FieldInput_Code{Code: code}})
	}
	return all
}

// step is one command of every case's way, who sends it, and the state that it leaves.
type step struct {
	procedure string
	by        func(s *story) user
	command   func(s *story, to *gridcasev1.Target) casework.Command
	state     gridcasev1.State
}

// make is the command for a case, under an id of its own.
func (p *step) make(s *story) casework.Command {
	return p.command(s, &gridcasev1.Target{District: s.district.code(), CaseId: s.id, CommandId: uuid.NewString()})
}

func desk(role string) func(*story) user {
	return func(s *story) user { return user{s.district, role, 0} }
}

func unit(role string) func(*story) user {
	return func(s *story) user { return user{s.district, role, s.department()} }
}

// way is the whole way of a case. The first usual steps are the workload that all contestants are measured by: create a case, then six
// transitions.
var way = []step{
	{"FieldService/ReportCase", (*story).worker, func(s *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.ReportCase{Target: to, CaseType: s.caseType(), Point: s.at, Photos: photos("far"), Fields: s.fields(), Description: s.text}
	}, gridcasev1.State_STATE_REPORTED},
	{"DeskService/FileCase", desk("acceptor"), func(_ *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.FileCase{Target: to, Condition: "C1"}
	}, gridcasev1.State_STATE_FILED},
	{"DeskService/DispatchCase", desk("dispatcher"), func(s *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.DispatchCase{Target: to, Department: department(s.department())}
	}, gridcasev1.State_STATE_DISPATCHED},
	{"FieldService/SignTask", unit("manager"), func(_ *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.SignTask{Target: to}
	}, gridcasev1.State_STATE_HANDLING},
	{"FieldService/AssignHandler", unit("manager"), func(s *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.AssignHandler{Target: to, Handler: user{s.district, "handler", s.department()}.id()}
	}, gridcasev1.State_STATE_HANDLING},
	{"FieldService/ReportHandling", unit("handler"), func(_ *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.ReportHandling{Target: to, Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: photos("after")}
	}, gridcasev1.State_STATE_HANDLED},
	{"DeskService/RequestInspection", desk("acceptor"), func(s *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.RequestInspection{Target: to, Worker: s.worker().id()}
	}, gridcasev1.State_STATE_INSPECTING},
	{"FieldService/SubmitInspection", (*story).worker, func(_ *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.SubmitInspection{Target: to, Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Photos: photos("far")}
	}, gridcasev1.State_STATE_HANDLED},
	{"DeskService/CloseCase", desk("leader"), func(_ *story, to *gridcasev1.Target) casework.Command {
		return &gridcasev1.CloseCase{Target: to}
	}, gridcasev1.State_STATE_CLOSED},
}

// usual is how many steps the workload has.
const usual = 7

// photo is a made-up picture's digest.
var photo = fmt.Sprintf("%064x", 0x67726964)

func photos(kind string) []*gridcasev1.Photo {
	return []*gridcasev1.Photo{{Kind: kind, Sha256: photo}}
}
