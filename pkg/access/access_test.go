package access_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// installation is an empty directory over a real log.
func installation(t *testing.T) *reference.Directory {
	t.Helper()
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return referencetest.Run(t, log)
}

// published is the test district's directory, in which the supervisor has left.
func published(t *testing.T) *reference.Directory {
	t.Helper()
	d := installation(t)
	referencetest.Publish(t, d)
	people := referencetest.People()
	for _, u := range people.GetUsers() {
		u.Inactive = u.GetName() == "supervisor"
	}
	if _, err := d.PublishAccess(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	return d
}

func refused(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: allowed", what)
		return
	}
	if f := fault.Of(err); f.Kind != kind || f.Code != code {
		t.Errorf("%s: %s %s (%s), want %s %s", what, f.Kind, f.Code, f.Text, kind, code)
	}
}

func TestATokenSaysWhoSends(t *testing.T) {
	t.Parallel()
	a := access.New(published(t), referencetest.OperatorToken)

	operator, err := a.Authenticate(referencetest.OperatorToken)
	if err != nil || operator.Role != gridcasev1.Role_ROLE_OPERATOR || operator.District != "" || operator.ID == "" {
		t.Errorf("the operator's token: %+v, %v", operator, err)
	}
	manager, err := a.Authenticate(referencetest.Token("roads-manager"))
	if err != nil || manager.ID != referencetest.UserID("roads-manager") || manager.Name != "roads-manager" || manager.Role != gridcasev1.Role_ROLE_UNIT_MANAGER ||
		manager.District != referencetest.District || manager.Department != "roads" {
		t.Errorf("a manager's token: %+v, %v", manager, err)
	}
	worker, err := a.Authenticate(referencetest.Token("worker-1"))
	if err != nil || !slices.Equal(worker.Areas, []string{referencetest.Cell(1), referencetest.Cell(2)}) || worker.Department != "" {
		t.Errorf("a worker's token: %+v, %v", worker, err)
	}
	for what, token := range map[string]string{"no token": "", "a token that nobody has": "token-of-nobody", "the token of somebody who left": referencetest.Token("supervisor"),
		"a stored digest sent as a token": access.TokenHash(referencetest.Token("acceptor"))} {
		actor, err := a.Authenticate(token)
		refused(t, what, err, fault.Unauthenticated, "access.token")
		if actor.ID != "" || actor.Role != 0 {
			t.Errorf("%s: it is %+v's", what, actor)
		}
	}
}

func TestATokenIsStoredAsItsSHA256(t *testing.T) {
	t.Parallel()
	if got, want := access.TokenHash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// procedures are those of the contract's services, as the transport calls them.
func procedures() []string {
	var names []string
	for _, file := range []protoreflect.FileDescriptor{gridcasev1.File_gridcase_v1_field_service_proto, gridcasev1.File_gridcase_v1_desk_service_proto, gridcasev1.File_gridcase_v1_query_service_proto,
		gridcasev1.File_gridcase_v1_works_service_proto, gridcasev1.File_gridcase_v1_evidence_service_proto, gridcasev1.File_gridcase_v1_ops_service_proto} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				names = append(names, "/"+string(service.FullName())+"/"+string(service.Methods().Get(j).Name()))
			}
		}
	}
	return names
}

// byRole is the trade's table of who does what: the procedures that a role may use beside those that everybody may.
var byRole = map[gridcasev1.Role][]string{
	gridcasev1.Role_ROLE_GRID_WORKER: {"ReportCase", "AmendReport", "SubmitVerification", "SubmitInspection", "AddNote", "RevealCase", "SearchText", "GetGridMap", "GetGridStatus", "ListQueue"},
	gridcasev1.Role_ROLE_ACCEPTOR: {"ReportCase", "AmendReport", "RequestVerification", "FileCase", "DeclineCase", "RequestInspection", "OrderRework", "CloseCase", "ReopenCase", "RelocateCase",
		"ReclassifyCase", "AddNote", "RevealCase", "SearchText", "GetGridMap", "GetGridStatus", "ListQueue", "ListWorkers"},
	gridcasev1.Role_ROLE_SHIFT_LEADER: {"FileCase", "DeclineCase", "CloseCase", "AddNote", "RevealCase", "SearchText", "GetGridMap", "GetGridStatus", "ListQueue", "ListWorkers"},
	gridcasev1.Role_ROLE_DISPATCHER: {"DispatchCase", "RecallDispatch", "SendBack", "DecideReturn", "OrderRework", "RelocateCase", "ReclassifyCase", "AddNote", "RevealCase", "SearchText", "GetGridMap",
		"GetGridStatus", "ListQueue", "ListWorkers"},
	gridcasev1.Role_ROLE_UNIT_MANAGER: {"SignTask", "AssignHandler", "RevokeHandler", "RequestReturn", "WithdrawReturn", "ReportHandling", "AddNote", "RevealCase", "SearchText", "GetGridMap", "GetGridStatus", "ListQueue"},
	gridcasev1.Role_ROLE_HANDLER:      {"ReportHandling", "AddNote", "RevealCase", "SearchText", "GetGridMap", "GetGridStatus", "ListQueue"},
	gridcasev1.Role_ROLE_CITIZEN:      {"ReportCase", "AmendReport"},
	gridcasev1.Role_ROLE_INTEGRATION:  {"ReportCase", "AmendReport"},
	gridcasev1.Role_ROLE_SUPERVISOR:   {"AddNote", "GetGridMap", "GetGridStatus", "ListQueue", "ListWorkers"},
	gridcasev1.Role_ROLE_OPERATOR: {"PublishGrids", "PublishCatalogue", "PublishCalendar", "PublishAccess", "GetGridMap", "GetGridStatus", "ListQueue", "ListWorkers", "ReadLog",
		"ListStreams", "ReadRecords", "ListLogs", "AuditLog", "AuditViews", "Audit", "ListRoots", "SignRoot", "GetProof",
		"ListViews", "RebuildView", "RollBackView", "DropView", "ListQuarantine", "GetQuarantined", "RetryQuarantined"},
	gridcasev1.Role_ROLE_IMPORTER: {"ReportCase", "AmendReport", "SubmitVerification", "SignTask", "AssignHandler", "RevokeHandler", "RequestReturn", "WithdrawReturn", "ReportHandling",
		"SubmitInspection", "AddNote", "RequestVerification", "FileCase", "DeclineCase", "DispatchCase", "RecallDispatch", "SendBack", "DecideReturn", "RequestInspection", "OrderRework",
		"CloseCase", "ReopenCase", "RelocateCase", "ReclassifyCase", "GetGridMap", "GetGridStatus"},
}

// exceptionsByRole is what a role may do where a case leaves the usual way, is fixed by who reports it, or has ended.
var exceptionsByRole = map[gridcasev1.Role][]string{
	gridcasev1.Role_ROLE_GRID_WORKER:  {"ReportAndFix", "AddAttachment"},
	gridcasev1.Role_ROLE_ACCEPTOR:     {"MergeCase", "UnmergeCase", "SplitCase", "SetPriority", "PassAudit", "RequestVoid", "RecordVisit", "RecordFeedback", "DecideAppeal", "AddAttachment", "RedactAttachment"},
	gridcasev1.Role_ROLE_SHIFT_LEADER: {"RequestForceClose", "DecideForceClose", "RequestVoid", "DecideVoid", "AddAttachment", "RedactAttachment"},
	gridcasev1.Role_ROLE_DISPATCHER:   {"MergeCase", "UnmergeCase", "SplitCase", "SetPriority", "DecideExtension", "DecideSuspension", "ResumeCase", "RequestVoid", "ForwardAppeal", "AddAttachment"},
	gridcasev1.Role_ROLE_UNIT_MANAGER: {"RequestExtension", "RequestSuspension", "ReplyUrge", "AppealOverdue", "AddAttachment"},
	gridcasev1.Role_ROLE_HANDLER:      {"RequestExtension", "RequestSuspension", "ReplyUrge", "AddAttachment"},
	gridcasev1.Role_ROLE_CITIZEN:      {"RecordFeedback", "AddAttachment"},
	gridcasev1.Role_ROLE_INTEGRATION:  {"RecordFeedback", "AddAttachment"},
	gridcasev1.Role_ROLE_SUPERVISOR:   {"UrgeCase", "AddAttachment"},
	gridcasev1.Role_ROLE_IMPORTER:     {"AddAttachment"},
}

// desksByRole is what a role may take from queues and ask about the work.
var desksByRole = map[gridcasev1.Role][]string{
	gridcasev1.Role_ROLE_GRID_WORKER:  slices.Concat(leases, []string{"ExplainCase", "ListHotSpots", "ListDeadlines", "GetKpis"}),
	gridcasev1.Role_ROLE_ACCEPTOR:     slices.Concat(leases, []string{"ExplainCase", "ListHotSpots", "ListDeadlines", "ListNearby", "GetKpis"}),
	gridcasev1.Role_ROLE_SHIFT_LEADER: slices.Concat(leases, []string{"ExplainCase", "ListHotSpots", "ListDeadlines", "ListNearby", "GetKpis", "WhatIf"}),
	gridcasev1.Role_ROLE_DISPATCHER:   slices.Concat(leases, []string{"ExplainCase", "ListHotSpots", "ListDeadlines", "ListNearby", "GetKpis", "WhatIf"}),
	gridcasev1.Role_ROLE_UNIT_MANAGER: slices.Concat(leases, []string{"ExplainCase", "ListHotSpots", "ListDeadlines", "GetKpis", "WhatIf"}),
	gridcasev1.Role_ROLE_HANDLER:      slices.Concat(leases, []string{"ExplainCase", "ListHotSpots", "ListDeadlines", "GetKpis"}),
	gridcasev1.Role_ROLE_SUPERVISOR:   {"ExplainCase", "ListHotSpots", "ListDeadlines", "ListNearby", "GetKpis", "WhatIf"},
	gridcasev1.Role_ROLE_OPERATOR:     {"ExplainCase", "ListHotSpots", "ListDeadlines", "ListNearby", "GetKpis", "WhatIf"},
	gridcasev1.Role_ROLE_IMPORTER:     {"ExplainCase", "ListHotSpots"},
}

var leases = []string{"TakeNext", "RenewLease", "ReleaseLease"}

// worksByRole is what of a works programme a role may do; all who work for the city may look at it.
var worksByRole = map[gridcasev1.Role][]string{
	gridcasev1.Role_ROLE_GRID_WORKER:  worksReads,
	gridcasev1.Role_ROLE_ACCEPTOR:     slices.Concat([]string{"InspectSegment"}, worksReads),
	gridcasev1.Role_ROLE_SHIFT_LEADER: slices.Concat([]string{"InspectSegment", "AcceptProject"}, worksReads),
	gridcasev1.Role_ROLE_DISPATCHER:   slices.Concat(worksPlans, worksReads),
	gridcasev1.Role_ROLE_UNIT_MANAGER: worksReads,
	gridcasev1.Role_ROLE_HANDLER:      worksReads,
	gridcasev1.Role_ROLE_SUPERVISOR:   slices.Concat([]string{"InspectSegment", "AcceptProject"}, worksReads),
	gridcasev1.Role_ROLE_OPERATOR:     slices.Concat(worksPlans, worksReads),
	gridcasev1.Role_ROLE_IMPORTER:     worksReads,
}

var (
	worksReads = []string{"GetProject", "ListProjects", "ListPermitsAt"}
	worksPlans = []string{"PlanProject", "GrantPermit", "ExtendPermit", "RevokePermit", "StartWorks", "CompleteSegment", "DelayProject", "CancelProject"}
)

// byEverybody are the procedures that every role may use.
var byEverybody = []string{"GetCase", "GetTimeline", "SearchCases", "GetCatalogue", "GetReceipt"}

// tables are all that a role may do beside what everybody may.
var tables = []map[gridcasev1.Role][]string{byRole, exceptionsByRole, desksByRole, worksByRole}

func TestARoleUsesWhatTheTradesTableGivesItAndNothingElse(t *testing.T) {
	t.Parallel()
	a := access.New(reference.New(nil), "")
	used := map[string]bool{}
	for _, procedure := range procedures() {
		name := procedure[len("/gridcase.v1."):]
		name = name[slices.Index([]byte(name), '/')+1:]
		for n := range gridcasev1.Role_name {
			role := gridcasev1.Role(n)
			allowed := slices.ContainsFunc(tables, func(table map[gridcasev1.Role][]string) bool { return slices.Contains(table[role], name) }) ||
				slices.Contains(byEverybody, name) && role != gridcasev1.Role_ROLE_UNSPECIFIED && role != gridcasev1.Role_ROLE_SYSTEM // which no token gives
			used[name] = used[name] || allowed
			err := a.Authorise(access.Actor{Role: role}, procedure)
			if allowed && err != nil {
				t.Errorf("%s by %s: %v", name, role, err)
			}
			if !allowed {
				refused(t, name+" by "+role.String(), err, fault.Denied, "access.role")
			}
		}
		if !used[name] {
			t.Errorf("nobody may use %s", name)
		}
	}
	for _, table := range tables {
		for role, names := range table {
			for _, name := range names {
				if !used[name] {
					t.Errorf("%s may use %s, which no service has", role, name)
				}
			}
		}
	}
}

func TestWhatTheTableDoesNotNameIsRefusedToEverybody(t *testing.T) {
	t.Parallel()
	a := access.New(reference.New(nil), "")
	for _, procedure := range []string{"", "/", "/gridcase.v1.DeskService/", "/gridcase.v1.DeskService/VoidCase", "/gridcase.v2.DeskService/FileCase", "FileCase", "/gridcase.v1.DeskService/filecase"} {
		for n := range gridcasev1.Role_name {
			refused(t, "procedure "+procedure, a.Authorise(access.Actor{Role: gridcasev1.Role(n)}, procedure), fault.Denied, "access.role")
		}
	}
}

func TestEveryEntryOfTheTableIsAProcedureOfTheContractOrARoute(t *testing.T) {
	t.Parallel()
	known := append(procedures(), access.Live)
	for _, procedure := range access.Procedures() {
		if !slices.Contains(known, procedure) {
			t.Errorf("the table names %s, which no service has", procedure)
		}
	}
}

func TestLiveStreamsAreForThoseWhoMayLookAtAreas(t *testing.T) {
	t.Parallel()
	a := access.New(reference.New(nil), "")
	for n := range gridcasev1.Role_name {
		actor := access.Actor{Role: gridcasev1.Role(n)}
		live, areas := a.Authorise(actor, access.Live), a.Authorise(actor, "/gridcase.v1.QueryService/GetGridStatus")
		if (live == nil) != (areas == nil) {
			t.Errorf("%s: live %v, areas %v", actor.Role, live, areas)
		}
	}
}

func TestADistrictIsTheActorsOrIsNotThere(t *testing.T) {
	t.Parallel()
	d := published(t)
	one := access.New(d, referencetest.OperatorToken)
	own := access.Actor{Role: gridcasev1.Role_ROLE_ACCEPTOR, District: referencetest.District}
	operator := access.Actor{Role: gridcasev1.Role_ROLE_OPERATOR}

	found := func(what string, actor access.Actor, named, want string) {
		t.Helper()
		if got, err := one.District(actor, named); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %s", what, got, err, want)
		}
	}
	missing := func(what string, actor access.Actor, named string, kind fault.Kind, code string) {
		t.Helper()
		got, err := one.District(actor, named)
		refused(t, what, err, kind, code)
		if got != "" {
			t.Errorf("%s: %s", what, got)
		}
	}
	found("a user who names none has the own one", own, "", referencetest.District)
	found("a user names the own one", own, referencetest.District, referencetest.District)
	missing("a user names one that isn't there", own, "999999", fault.NotFound, "district.unknown")
	found("an operator of one district who names none", operator, "", referencetest.District)
	found("an operator names it", operator, referencetest.District, referencetest.District)
	missing("an operator names one that isn't there", operator, "999999", fault.NotFound, "district.unknown")

	second := referencetest.Grids()
	second.District = "610302"
	for _, area := range second.GetAreas() {
		area.Code = "610302" + area.GetCode()[6:]
	}
	if _, err := d.PublishGrids(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	missing("a user names another's district, and learns no more than that it isn't there", own, "610302", fault.NotFound, "district.unknown")
	missing("an operator of two districts names none", operator, "", fault.Invalid, "district.required")
	found("an operator of two districts names the second", operator, "610302", "610302")
}

func TestAnOperatorOfNoDistrictYetMustNameOne(t *testing.T) {
	t.Parallel()
	_, err := access.New(installation(t), referencetest.OperatorToken).District(access.Actor{Role: gridcasev1.Role_ROLE_OPERATOR}, "")
	refused(t, "no district named", err, fault.Invalid, "district.required")
	_, err = access.New(reference.New(nil), referencetest.OperatorToken).District(access.Actor{Role: gridcasev1.Role_ROLE_OPERATOR}, "610302")
	refused(t, "before the districts are read", err, fault.Unavailable, "reference.unavailable")
}
