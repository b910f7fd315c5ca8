package dispatch

import (
	"context"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/programme"
	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
	"github.com/gridcase/gridcase/pkg/worklog"
	"github.com/gridcase/gridcase/pkg/works"
)

// WorksOptions are what a works service is made of.
type WorksOptions struct {
	Worklog   *worklog.Service
	Programme *programme.Directory
	Cases     projectcases.Counts // the view of the cases that name a project; its database may be away
	Access    *access.Access
	Logger    *zap.Logger
}

// Works is WorksService: the commands of the works programme, and how it stands, from memory.
type Works struct{ o WorksOptions }

// NewWorks returns the service.
func NewWorks(o WorksOptions) *Works {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return &Works{o: o}
}

// Register adds the service to a server.
func (s *Works) Register(server *connect.Server) {
	gridcasev1connect.RegisterWorksServiceHandler(server, s)
}

// do takes a command; none while the programmes are not in memory: what is stored may be damaged.
func (s *Works) do(ctx context.Context, cmd works.Command) (*gridcasev1.WorksReceipt, error) {
	if err := s.o.Programme.Ready(); err != nil {
		return nil, err
	}
	return s.o.Worklog.Do(ctx, api.Actor(ctx), cmd)
}

// PlanProject opens a project.
func (s *Works) PlanProject(ctx context.Context, cmd *gridcasev1.PlanProject) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// GrantPermit allows works in an area for a time.
func (s *Works) GrantPermit(ctx context.Context, cmd *gridcasev1.GrantPermit) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// ExtendPermit moves a permit's end.
func (s *Works) ExtendPermit(ctx context.Context, cmd *gridcasev1.ExtendPermit) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// RevokePermit ends a permit.
func (s *Works) RevokePermit(ctx context.Context, cmd *gridcasev1.RevokePermit) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// StartWorks says that the road is dug up.
func (s *Works) StartWorks(ctx context.Context, cmd *gridcasev1.StartWorks) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// CompleteSegment says that the works on a segment are done.
func (s *Works) CompleteSegment(ctx context.Context, cmd *gridcasev1.CompleteSegment) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// InspectSegment says how a completed segment was found.
func (s *Works) InspectSegment(ctx context.Context, cmd *gridcasev1.InspectSegment) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// AcceptProject ends a project whose segments have all passed.
func (s *Works) AcceptProject(ctx context.Context, cmd *gridcasev1.AcceptProject) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// DelayProject moves the planned end.
func (s *Works) DelayProject(ctx context.Context, cmd *gridcasev1.DelayProject) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// CancelProject ends a project that comes to nothing.
func (s *Works) CancelProject(ctx context.Context, cmd *gridcasev1.CancelProject) (*gridcasev1.WorksReceipt, error) {
	return s.do(ctx, cmd)
}

// district returns the district that a question means; an Unavailable fault while the programmes are not in memory.
func (s *Works) district(ctx context.Context, named string) (string, error) {
	district, err := s.o.Access.District(api.Actor(ctx), named)
	if err != nil {
		return "", err
	}
	return district, s.o.Programme.Ready()
}

// GetProject answers: how does this project stand, and how did it come there?
func (s *Works) GetProject(ctx context.Context, q *gridcasev1.GetProjectRequest) (*gridcasev1.GetProjectResponse, error) {
	district, err := s.district(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	fresh := s.o.Programme.Wait(ctx, district, q.GetAtLeast())
	project, history, ok := s.o.Programme.Project(district, q.GetProjectCode(), time.Now())
	if !ok {
		return nil, works.NotFound()
	}
	history, next, err := api.Page(history, func(e *gridcasev1.ProjectEntry) string { return fmt.Sprintf("%020d", e.GetVersion()) }, q.GetPage(), q.GetLimit())
	if err != nil {
		return nil, err
	}
	counted := s.count(ctx, district, q.GetProjectCode(), project)
	return &gridcasev1.GetProjectResponse{Project: project, History: history, NextPage: next, Stale: !fresh || !counted}, nil
}

// ListProjects answers: how far has each road of the programme come? The roads are on the first page.
func (s *Works) ListProjects(ctx context.Context, q *gridcasev1.ListProjectsRequest) (*gridcasev1.ListProjectsResponse, error) {
	district, err := s.district(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	fresh := s.o.Programme.Wait(ctx, district, q.GetAtLeast())
	all := s.o.Programme.Projects(district, time.Now(), q.GetOutlines())
	counted := s.count(ctx, district, "", all...)
	projects, next, err := api.Page(all, (*gridcasev1.Project).GetProjectCode, q.GetPage(), q.GetLimit())
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListProjectsResponse{Projects: projects, NextPage: next, Stale: !fresh || !counted}
	if q.GetPage() == "" {
		answer.Roads = programme.Roads(all)
	}
	return answer, nil
}

// count adds how many cases name each project, and tells whether it could: a programme is shown with the database gone, too.
func (s *Works) count(ctx context.Context, district, code string, projects ...*gridcasev1.Project) bool {
	if len(projects) == 0 {
		return true
	}
	counts, err := s.o.Cases.ByProject(ctx, district, code)
	if err != nil {
		s.o.Logger.Warn("cases of projects are not counted", zap.String("district", district), zap.Error(err))
		return false
	}
	for _, p := range projects {
		n := counts[p.GetProjectCode()]
		p.OpenCases, p.EndedCases = n.Open, n.Ended
	}
	return true
}

// ListPermitsAt answers: which approved permits hold this place?
func (s *Works) ListPermitsAt(ctx context.Context, q *gridcasev1.ListPermitsAtRequest) (*gridcasev1.ListPermitsAtResponse, error) {
	district, err := s.district(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	at := time.Now()
	if q.GetAt() != nil {
		at = q.GetAt().AsTime()
	}
	permits, err := s.o.Programme.Permits(district, q.GetPoint(), at)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.ListPermitsAtResponse{Permits: permits}, nil
}
