package kpi

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// track is what a case's events have said so far.
type track struct {
	id, grid, caseType string
	source             gridcasev1.Source
	reporter, worker   string
	department         string
	leads              []string // every lead department that it ever had
	selfFixed          bool
	valid              bool // counted as a valid report
	dispatches         int
	reworks, reopens   int
	reworkedBy         []hand // whose rework of it is counted in this period
	toClose            []hand // in whose hands it counts as due to be closed

	reportedAt, filedAt, dispatchedAt, handledAt time.Time

	open    [stages]*work // by stage
	handled []*work       // the handlings that were due in the period, beside what is open
	last    *work         // the last handling that was reported
	round   int           // how often it was opened anew
	exempt  []int         // the dispatches that an appeal was approved of

	filings  []owner   // filings of this period
	closings []closure // closings of this period
	later    bool      // it was opened or dispatched anew after the period
	voided   bool
}

const stages = 10

// owner is whose a piece of work is.
type owner struct {
	department, grid, position string
	workers                    []string
}

// hand is a department that has the case in one of its rounds.
type hand struct {
	department string
	round      int
}

// closure is one closing of a case that a department handled.
type closure struct {
	who  owner
	work *work // the handling that it closes
}

// follow takes over what an event says of the case itself.
func (k *track) follow(e *Event) {
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		k.caseType, k.source, k.reporter, k.reportedAt = m.GetCaseType(), m.GetSource(), e.Actor, e.At
	case *gridcasev1.CaseReclassified:
		k.caseType = m.GetCaseType()
	case *gridcasev1.VerificationRequested:
		k.worker = m.GetWorker()
	case *gridcasev1.InspectionRequested:
		k.worker = m.GetWorker()
	case *gridcasev1.CaseFiled:
		k.filedAt, k.selfFixed = e.At, false
	case *gridcasev1.CaseDispatched:
		k.dispatchedAt, k.department = e.At, m.GetDepartment()
		k.dispatches++
		if !slices.Contains(k.leads, k.department) {
			k.leads = append(k.leads, k.department)
		}
	case *gridcasev1.ReturnApproved, *gridcasev1.DispatchRecalled:
		k.filedAt, k.department = e.At, ""
	case *gridcasev1.HandlingReported:
		k.handledAt, k.selfFixed = e.At, m.GetSelf()
	case *gridcasev1.ReworkOrdered:
		k.reworks++
	case *gridcasev1.CaseReopened:
		k.reopens++
		k.anew(e.At)
	case *gridcasev1.CaseUnmerged:
		k.anew(e.At)
	case *gridcasev1.CaseMerged, *gridcasev1.CaseSentBack:
		k.department = ""
	case *gridcasev1.CaseVoided:
		k.department, k.voided = "", true
	case *gridcasev1.AppealDecided:
		k.appeal(m)
	}
}

// anew begins the case again.
func (k *track) anew(at time.Time) {
	k.department, k.selfFixed, k.filedAt, k.last = "", false, at, nil
	k.round++
}

// appeal takes over whether an appeal exempts the department to which the case was dispatched last.
func (k *track) appeal(m *gridcasev1.AppealDecided) {
	if m.GetDecision() == gridcasev1.Decision_DECISION_APPROVE {
		k.exempt = append(k.exempt, k.dispatches)
	}
}

// since takes over what is found out about a period after it.
func (k *track) since(m proto.Message) {
	switch m := m.(type) {
	case *gridcasev1.CaseVoided:
		k.voided = true
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged, *gridcasev1.CaseDispatched:
		k.later = true
	case *gridcasev1.AppealDecided:
		if !k.later {
			k.appeal(m)
		}
	}
}

// owner is whose work on the case is at a desk; position is empty where it is none of the centres'.
func (k *track) owner(position string) owner {
	return owner{department: k.department, grid: k.grid, position: position}
}

// public tells whether somebody else than the city's own people reported.
func public(s gridcasev1.Source) bool {
	switch s {
	case gridcasev1.Source_SOURCE_HOTLINE, gridcasev1.Source_SOURCE_CITIZEN:
		return true
	}
	return false
}
