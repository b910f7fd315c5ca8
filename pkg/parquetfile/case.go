package parquetfile

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Case is how a case stands.
type Case struct {
	District       string     `parquet:"district,dict"`
	CaseID         string     `parquet:"case_id"`
	Number         string     `parquet:"number"`
	CaseType       string     `parquet:"case_type,dict"`
	Condition      string     `parquet:"condition,dict"` // empty until filed
	State          string     `parquet:"state,dict"`
	Source         string     `parquet:"source,dict"`
	Priority       string     `parquet:"priority,dict"`
	Grid           string     `parquet:"grid,dict"` // the unit grid
	Community      string     `parquet:"community,dict"`
	Street         string     `parquet:"street,dict"`
	Longitude      *float64   `parquet:"longitude,optional"` // degrees; none where the report had no point
	Latitude       *float64   `parquet:"latitude,optional"`
	Department     string     `parquet:"department,dict"` // the lead one, while there is one
	Handler        string     `parquet:"handler,dict"`    // a random user id
	Worker         string     `parquet:"worker,dict"`     // a random user id
	Bounces        int32      `parquet:"bounces"`         // approved returns
	Reworks        int32      `parquet:"reworks"`
	Reopenings     int32      `parquet:"reopenings"`
	Extensions     int32      `parquet:"extensions"`
	Escalation     int32      `parquet:"escalation"` // 0 to 3
	ReportedAt     *time.Time `parquet:"reported_at,timestamp(microsecond),optional"`
	FiledAt        *time.Time `parquet:"filed_at,timestamp(microsecond),optional"`
	DispatchedAt   *time.Time `parquet:"dispatched_at,timestamp(microsecond),optional"`
	HandledAt      *time.Time `parquet:"handled_at,timestamp(microsecond),optional"`
	ClosedAt       *time.Time `parquet:"closed_at,timestamp(microsecond),optional"`
	SuspendedUntil *time.Time `parquet:"suspended_until,timestamp(microsecond),optional"`
	Clocks         []Clock    `parquet:"clocks,list"`  // that run or are paused
	Overdue        []string   `parquet:"overdue,list"` // the stages that were overdue since the case was last opened
	TimeoutExempt  bool       `parquet:"timeout_exempt"`
	SelfFixed      bool       `parquet:"self_fixed"`
	Satisfaction   string     `parquet:"satisfaction,dict"` // empty where nobody was heard
	Primary        string     `parquet:"primary_id"`        // the case that this one is merged into
	Parent         string     `parquet:"parent_id"`         // the case that this one was split from
	Version        int64      `parquet:"version"`           // number of its events
	Position       string     `parquet:"position"`          // of its last event
	ChangedAt      time.Time  `parquet:"changed_at,timestamp(microsecond)"`
}

// Clock is by when a stage of a case is due.
type Clock struct {
	Stage  string     `parquet:"stage"`
	Due    *time.Time `parquet:"due,timestamp(microsecond),optional"`
	Paused bool       `parquet:"paused"`
}

// NewCase is the row of a case.
func NewCase(c *gridcasev1.CaseStatus) Case {
	row := Case{District: c.GetDistrict(), CaseID: c.GetCaseId(), Number: c.GetNumber(), CaseType: c.GetCaseType(), Condition: c.GetCondition(), State: plain(c.GetState()),
		Source: plain(c.GetSource()), Priority: plain(c.GetPriority()), Grid: c.GetPlace().GetGrid(), Community: c.GetPlace().GetCommunity(), Street: c.GetPlace().GetStreet(),
		Department: c.GetDepartment(), Handler: c.GetHandler(), Worker: c.GetWorker(), Bounces: int32(c.GetBounces()), Reworks: int32(c.GetReworks()),
		Reopenings: int32(c.GetReopenings()), Extensions: int32(c.GetExtensions()), Escalation: int32(c.GetEscalation()), ReportedAt: moment(c.GetReportedAt()),
		FiledAt: moment(c.GetFiledAt()), DispatchedAt: moment(c.GetDispatchedAt()), HandledAt: moment(c.GetHandledAt()), ClosedAt: moment(c.GetClosedAt()),
		SuspendedUntil: moment(c.GetSuspendedUntil()), TimeoutExempt: c.GetTimeoutExempt(), SelfFixed: c.GetSelfFixed(), Satisfaction: plain(c.GetSatisfaction()),
		Primary: c.GetPrimary(), Parent: c.GetParent(), Version: int64(c.GetVersion()), Position: c.GetPosition(), ChangedAt: c.GetChangedAt().AsTime()}
	if point := c.GetPlace().GetPoint(); point != nil {
		row.Longitude, row.Latitude = &point.Longitude, &point.Latitude
	}
	for _, k := range c.GetClocks() {
		row.Clocks = append(row.Clocks, Clock{Stage: plain(k.GetStage()), Due: moment(k.GetDue()), Paused: k.GetPaused()})
	}
	for _, stage := range c.GetOverdue() {
		row.Overdue = append(row.Overdue, plain(stage))
	}
	return row
}
