package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// worksCmd is 'gridcase works'.
type worksCmd struct {
	Import worksImportCmd `cmd:"" help:"Bring a works programme in from a CSV file."`
	List   worksListCmd   `cmd:"" help:"How far each road of the programme has come."`
	Show   worksShowCmd   `cmd:"" help:"How a project stands, and what happened to it."`
}

// worksArgs name a district's programme.
type worksArgs struct {
	connection `embed:""`
	District   string `help:"The programme's district, where there is more than one."`
}

type worksListCmd struct {
	worksArgs `embed:""`
	pageArgs  `embed:""`
	Projects  bool `help:"One line a project instead of one a road."`
}

// Run prints the programme: all roads, or the projects page by page.
func (c *worksListCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	all := &gridcasev1.ListProjectsResponse{}
	err = c.pages(func(limit uint32, page string) (int, string, error) {
		answer, err := api.Works.ListProjects(ctx, &gridcasev1.ListProjectsRequest{District: c.District, Limit: limit, Page: page})
		if err != nil {
			return 0, "", client.Fault(err)
		}
		warnStale(&gridcasev1.Freshness{Stale: answer.GetStale()})
		all.Projects, all.Roads = append(all.Projects, answer.GetProjects()...), append(all.Roads, answer.GetRoads()...)
		all.NextPage, all.Stale = answer.GetNextPage(), all.Stale || answer.GetStale()
		if !c.Projects && !c.JSON {
			return 0, "", nil // the first page has all roads
		}
		return len(answer.GetProjects()), answer.GetNextPage(), nil
	})
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(all)
	case c.Projects:
		return printProjects(all.GetProjects())
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "ROAD\tPROJECTS\tACCEPTED\tMETRES\tDONE\tPASSED\tPERMITS\tDELAYED\tOPEN CASES\tENDED")
		for _, r := range all.GetRoads() {
			g := r.GetProgress()
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t%d\t%s\t%d\t%d\n", r.GetRoad(), r.GetProjects(), r.GetAccepted(), g.GetLengthM(), share(g.GetCompletedM(), g),
				share(g.GetPassedM(), g), r.GetPermitsInForce(), days(r.GetDelayedDays()), r.GetOpenCases(), r.GetEndedCases())
		}
	})
}

func printProjects(projects []*gridcasev1.Project) error {
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "PROJECT\tROAD\tSTATE\tSEGMENTS\tDONE\tPASSED\tPLANNED END\tDELAYED\tOPEN CASES\tENDED")
		for _, p := range projects {
			g := p.GetProgress()
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%d\t%d\n", p.GetProjectCode(), p.GetRoad(), projectState(p.GetState()), g.GetSegments(), share(g.GetCompletedM(), g),
				share(g.GetPassedM(), g), when(p.GetPlannedEnd()), days(p.GetDelayedDays()), p.GetOpenCases(), p.GetEndedCases())
		}
	})
}

type worksShowCmd struct {
	worksArgs `embed:""`
	Code      string `arg:"" help:"The project's code."`
}

// Run prints the project.
func (c *worksShowCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer := &gridcasev1.GetProjectResponse{}
	err = everything.pages(func(limit uint32, page string) (int, string, error) {
		next, err := api.Works.GetProject(ctx, &gridcasev1.GetProjectRequest{District: c.District, ProjectCode: c.Code, Limit: limit, Page: page})
		if err != nil {
			return 0, "", client.Fault(err)
		}
		came := len(next.GetHistory())
		next.History = append(answer.GetHistory(), next.GetHistory()...)
		answer = next
		return came, next.GetNextPage(), nil
	})
	if err != nil {
		return err
	}
	warnStale(&gridcasev1.Freshness{Stale: answer.GetStale()})
	if c.JSON {
		return printJSON(answer)
	}
	p := answer.GetProject()
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintf(t, "project\t%s/%s\nroad\t%s\nkind\t%s\nstate\t%s\ncontractor\t%s\n", p.GetDistrict(), p.GetProjectCode(), p.GetRoad(), worksKind(p.GetKind()), projectState(p.GetState()), p.GetContractor())
		fmt.Fprintf(t, "planned\t%s to %s\nstarted\t%s\nended\t%s\ndelayed\t%s\n", when(p.GetPlannedStart()), when(p.GetPlannedEnd()), when(p.GetStartedAt()), when(p.GetEndedAt()), days(p.GetDelayedDays()))
		fmt.Fprintf(t, "done\t%s of %d m\npassed\t%s\ncases\t%d open, %d ended\n", share(p.GetProgress().GetCompletedM(), p.GetProgress()), p.GetProgress().GetLengthM(),
			share(p.GetProgress().GetPassedM(), p.GetProgress()), p.GetOpenCases(), p.GetEndedCases())
		fmt.Fprintln(t, "\nSEGMENT\tMETRES\tCOMPLETED\tPASSED\tFAILED")
		for _, s := range p.GetSegments() {
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d\n", s.GetId(), s.GetLengthM(), when(s.GetCompletedAt()), when(s.GetPassedAt()), s.GetFailures())
		}
		fmt.Fprintln(t, "\nPERMIT\tFROM\tTO\tREVOKED\tHOLDS NOW")
		for _, k := range p.GetPermits() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%t\n", k.GetNumber(), when(k.GetValidFrom()), when(k.GetValidTo()), when(k.GetRevokedAt()), k.GetInForce())
		}
		fmt.Fprintln(t, "\nVERSION\tAT\tEVENT\tACTOR\t")
		for _, e := range answer.GetHistory() {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t\n", e.GetVersion(), when(e.GetAt()), eventName(e.GetEvent()), e.GetActor())
		}
	})
}

// share is a part of a project's length in percent.
func share(metres uint32, of *gridcasev1.WorksProgress) string {
	if of.GetLengthM() == 0 {
		return "-"
	}
	return fmt.Sprintf("%d %%", uint64(metres)*100/uint64(of.GetLengthM()))
}

func days(n uint32) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d d", n)
}

// projectState leaves out the enum's prefix, which is of two words.
func projectState(s gridcasev1.ProjectState) string { return short(short(s.String())) }

// worksKind leaves out the enum's prefix, which is of two words.
func worksKind(k gridcasev1.WorksKind) string { return strings.ToLower(short(short(k.String()))) }
