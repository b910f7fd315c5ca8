package access

import gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

const (
	worker      = gridcasev1.Role_ROLE_GRID_WORKER
	acceptor    = gridcasev1.Role_ROLE_ACCEPTOR
	leader      = gridcasev1.Role_ROLE_SHIFT_LEADER
	dispatcher  = gridcasev1.Role_ROLE_DISPATCHER
	manager     = gridcasev1.Role_ROLE_UNIT_MANAGER
	handler     = gridcasev1.Role_ROLE_HANDLER
	citizen     = gridcasev1.Role_ROLE_CITIZEN
	integration = gridcasev1.Role_ROLE_INTEGRATION
	supervisor  = gridcasev1.Role_ROLE_SUPERVISOR
	operator    = gridcasev1.Role_ROLE_OPERATOR
	importer    = gridcasev1.Role_ROLE_IMPORTER
)

type roles = []gridcasev1.Role

var (
	everybody = roles{worker, acceptor, leader, dispatcher, manager, handler, citizen, integration, supervisor, operator, importer}
	staff     = roles{worker, acceptor, leader, dispatcher, manager, handler, supervisor, operator, importer}
)

// Live is the route of live streams; who follows a queue needs the right to list it too.
const Live = "GET /v1/live"

// routes is the one table of who may use what: column "by" of the trade's table of commands. An importer stands for the people of the
// system that it brings records from.
var routes = map[string]roles{
	"/gridcase.v1.FieldService/ReportCase":         {worker, acceptor, citizen, integration, importer},
	"/gridcase.v1.FieldService/AmendReport":        {worker, acceptor, citizen, integration, importer},
	"/gridcase.v1.FieldService/SubmitVerification": {worker, importer},
	"/gridcase.v1.FieldService/SignTask":           {manager, importer},
	"/gridcase.v1.FieldService/AssignHandler":      {manager, importer},
	"/gridcase.v1.FieldService/RevokeHandler":      {manager, importer},
	"/gridcase.v1.FieldService/RequestReturn":      {manager, importer},
	"/gridcase.v1.FieldService/WithdrawReturn":     {manager, importer},
	"/gridcase.v1.FieldService/ReportHandling":     {manager, handler, importer},
	"/gridcase.v1.FieldService/SubmitInspection":   {worker, importer},
	"/gridcase.v1.FieldService/ReportAndFix":       {worker},
	"/gridcase.v1.FieldService/RequestExtension":   {manager, handler},
	"/gridcase.v1.FieldService/RequestSuspension":  {manager, handler},
	"/gridcase.v1.FieldService/ReplyUrge":          {manager, handler},
	"/gridcase.v1.FieldService/RecordFeedback":     {citizen, integration, acceptor},
	"/gridcase.v1.FieldService/AppealOverdue":      {manager},
	"/gridcase.v1.FieldService/AddAttachment":      {worker, acceptor, leader, dispatcher, manager, handler, citizen, integration, supervisor, importer},
	"/gridcase.v1.FieldService/AddNote":            {worker, acceptor, leader, dispatcher, manager, handler, supervisor, importer},

	"/gridcase.v1.DeskService/RequestVerification": {acceptor, importer},
	"/gridcase.v1.DeskService/FileCase":            {acceptor, leader, importer},
	"/gridcase.v1.DeskService/DeclineCase":         {acceptor, leader, importer},
	"/gridcase.v1.DeskService/DispatchCase":        {dispatcher, importer},
	"/gridcase.v1.DeskService/RecallDispatch":      {dispatcher, importer},
	"/gridcase.v1.DeskService/SendBack":            {dispatcher, importer},
	"/gridcase.v1.DeskService/DecideReturn":        {dispatcher, importer},
	"/gridcase.v1.DeskService/RequestInspection":   {acceptor, importer},
	"/gridcase.v1.DeskService/OrderRework":         {acceptor, dispatcher, importer},
	"/gridcase.v1.DeskService/CloseCase":           {acceptor, leader, importer},
	"/gridcase.v1.DeskService/ReopenCase":          {acceptor, importer},
	"/gridcase.v1.DeskService/RelocateCase":        {acceptor, dispatcher, importer},
	"/gridcase.v1.DeskService/ReclassifyCase":      {acceptor, dispatcher, importer},

	"/gridcase.v1.DeskService/MergeCase":         {acceptor, dispatcher},
	"/gridcase.v1.DeskService/UnmergeCase":       {acceptor, dispatcher},
	"/gridcase.v1.DeskService/SplitCase":         {acceptor, dispatcher},
	"/gridcase.v1.DeskService/SetPriority":       {acceptor, dispatcher},
	"/gridcase.v1.DeskService/DecideExtension":   {dispatcher},
	"/gridcase.v1.DeskService/DecideSuspension":  {dispatcher},
	"/gridcase.v1.DeskService/ResumeCase":        {dispatcher},
	"/gridcase.v1.DeskService/PassAudit":         {acceptor},
	"/gridcase.v1.DeskService/RequestForceClose": {leader},
	"/gridcase.v1.DeskService/DecideForceClose":  {leader},
	"/gridcase.v1.DeskService/RequestVoid":       {acceptor, leader, dispatcher},
	"/gridcase.v1.DeskService/DecideVoid":        {leader},
	"/gridcase.v1.DeskService/UrgeCase":          {supervisor},
	"/gridcase.v1.DeskService/RecordVisit":       {acceptor},
	"/gridcase.v1.DeskService/ForwardAppeal":     {dispatcher},
	"/gridcase.v1.DeskService/DecideAppeal":      {acceptor},
	"/gridcase.v1.DeskService/RedactAttachment":  {acceptor, leader},

	"/gridcase.v1.DeskService/TakeNext":     {worker, acceptor, leader, dispatcher, manager, handler},
	"/gridcase.v1.DeskService/RenewLease":   {worker, acceptor, leader, dispatcher, manager, handler},
	"/gridcase.v1.DeskService/ReleaseLease": {worker, acceptor, leader, dispatcher, manager, handler},

	"/gridcase.v1.DeskService/PublishGrids":     {operator},
	"/gridcase.v1.DeskService/PublishCatalogue": {operator},
	"/gridcase.v1.DeskService/PublishCalendar":  {operator},
	"/gridcase.v1.DeskService/PublishAccess":    {operator},

	"/gridcase.v1.WorksService/PlanProject":     {dispatcher, operator},
	"/gridcase.v1.WorksService/GrantPermit":     {dispatcher, operator},
	"/gridcase.v1.WorksService/ExtendPermit":    {dispatcher, operator},
	"/gridcase.v1.WorksService/RevokePermit":    {dispatcher, operator},
	"/gridcase.v1.WorksService/StartWorks":      {dispatcher, operator},
	"/gridcase.v1.WorksService/CompleteSegment": {dispatcher, operator},
	"/gridcase.v1.WorksService/InspectSegment":  {acceptor, leader, supervisor},
	"/gridcase.v1.WorksService/AcceptProject":   {leader, supervisor},
	"/gridcase.v1.WorksService/DelayProject":    {dispatcher, operator},
	"/gridcase.v1.WorksService/CancelProject":   {dispatcher, operator},
	"/gridcase.v1.WorksService/GetProject":      staff,
	"/gridcase.v1.WorksService/ListProjects":    staff,
	"/gridcase.v1.WorksService/ListPermitsAt":   staff,

	"/gridcase.v1.EvidenceService/ListLogs":   {operator},
	"/gridcase.v1.EvidenceService/AuditLog":   {operator},
	"/gridcase.v1.EvidenceService/AuditViews": {operator},
	"/gridcase.v1.EvidenceService/Audit":      {operator},
	"/gridcase.v1.EvidenceService/ListRoots":  {operator},
	"/gridcase.v1.EvidenceService/SignRoot":   {operator},
	"/gridcase.v1.EvidenceService/GetProof":   {operator},

	"/gridcase.v1.OpsService/ListViews":        {operator},
	"/gridcase.v1.OpsService/RebuildView":      {operator},
	"/gridcase.v1.OpsService/RollBackView":     {operator},
	"/gridcase.v1.OpsService/DropView":         {operator},
	"/gridcase.v1.OpsService/ListQuarantine":   {operator},
	"/gridcase.v1.OpsService/GetQuarantined":   {operator},
	"/gridcase.v1.OpsService/RetryQuarantined": {operator},

	"/gridcase.v1.QueryService/GetCase":        everybody,
	"/gridcase.v1.QueryService/GetTimeline":    everybody,
	"/gridcase.v1.QueryService/RevealCase":     {worker, acceptor, leader, dispatcher, manager, handler},
	"/gridcase.v1.QueryService/SearchCases":    everybody,
	"/gridcase.v1.QueryService/SearchText":     {worker, acceptor, leader, dispatcher, manager, handler},
	"/gridcase.v1.QueryService/GetReceipt":     everybody,
	"/gridcase.v1.QueryService/ListHotSpots":   staff,
	"/gridcase.v1.QueryService/GetGridMap":     staff,
	"/gridcase.v1.QueryService/GetGridStatus":  staff,
	"/gridcase.v1.QueryService/ListQueue":      {worker, acceptor, leader, dispatcher, manager, handler, supervisor, operator},
	"/gridcase.v1.QueryService/ListDeadlines":  {worker, acceptor, leader, dispatcher, manager, handler, supervisor, operator},
	"/gridcase.v1.QueryService/ListWorkers":    {acceptor, leader, dispatcher, supervisor, operator},
	"/gridcase.v1.QueryService/GetCatalogue":   everybody,
	"/gridcase.v1.QueryService/ExplainCase":    staff,
	"/gridcase.v1.QueryService/ListNearby":     {acceptor, leader, dispatcher, supervisor, operator},
	"/gridcase.v1.QueryService/GetKpis":        {worker, acceptor, leader, dispatcher, manager, handler, supervisor, operator},
	"/gridcase.v1.QueryService/WhatIf":         {leader, dispatcher, manager, supervisor, operator},
	"/gridcase.v1.EvidenceService/ListStreams": {operator},
	"/gridcase.v1.EvidenceService/ReadRecords": {operator},
	"/gridcase.v1.QueryService/ReadLog":        {operator},

	Live: staff,
}
