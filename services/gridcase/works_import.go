package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/worksfile"
)

type worksImportCmd struct {
	worksArgs `embed:""`
	Zone      string `help:"Time zone of the file's days." default:"Asia/Shanghai"`
	File      string `arg:"" help:"CSV with the columns project_code, road, kind, length_m, segments, planned_start, planned_end, contractor, permit_no, permit_from, permit_to, area, radius_m." type:"existingfile"`
}

// worksTally counts what an import did.
type worksTally struct {
	Projects        int         `json:"projects"`
	ProjectsKnown   int         `json:"projects_known"`
	Permits         int         `json:"permits"`
	PermitsKnown    int         `json:"permits_known"`
	ColumnsLeftOut  []string    `json:"columns_left_out,omitempty"`
	Refused         []worksLine `json:"refused,omitempty"`
	projectsRefused map[string]bool
}

type worksLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Run brings the file's projects and permits in. A second run adds nothing. Rows that can't be brought in are printed by line and reason; the
// others go in, and the command then fails.
func (c *worksImportCmd) Run(ctx context.Context) error {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return fmt.Errorf("import works: %w", err)
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("import works: %w", err)
	}
	file, err := worksfile.Read(data, zone)
	if err != nil {
		return err
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	t := &worksTally{ColumnsLeftOut: file.LeftOut, projectsRefused: map[string]bool{}}
	for _, f := range file.Faults {
		t.Refused = append(t.Refused, worksLine(f))
	}
	for _, row := range file.Rows {
		if err := t.play(ctx, api, c.District, row); err != nil {
			return fmt.Errorf("import stopped, run it again: %w", err)
		}
	}
	return c.report(t)
}

// play sends a row's commands. What the server refuses is noted; an error is that it can't be asked.
func (t *worksTally) play(ctx context.Context, api *client.Client, district string, row worksfile.Row) error {
	if row.Plan == nil && t.projectsRefused[row.Code] {
		t.refuse(row.Line, "the project itself was refused")
		return nil
	}
	if row.Plan != nil {
		row.Plan.Target = worksTarget(district, row.Code, row.Plan)
		taken, err := t.send(ctx, api, row.Line, row.Plan, &t.Projects, &t.ProjectsKnown)
		if err != nil || !taken {
			t.projectsRefused[row.Code] = !taken
			return err
		}
	}
	if row.Permit == nil {
		return nil
	}
	row.Permit.Target = worksTarget(district, row.Code, row.Permit)
	_, err := t.send(ctx, api, row.Line, row.Permit, &t.Permits, &t.PermitsKnown)
	return err
}

// send sends one command and counts it. An id that somebody else used before is of the same content: it is known.
func (t *worksTally) send(ctx context.Context, api *client.Client, line int, cmd client.WorksCommand, added, known *int) (taken bool, err error) {
	receipt, err := api.DoWorks(ctx, cmd)
	switch {
	case err == nil && !receipt.GetDuplicate():
		*added++
	case err == nil || fault.Of(err).Code == "command.reused":
		*known++
	case fault.KindOf(err) == fault.Unavailable || fault.KindOf(err) == fault.Unauthenticated || fault.KindOf(err) == fault.Denied:
		return false, err
	default:
		t.refuse(line, message(err))
		return false, nil
	}
	return true, nil
}

func (t *worksTally) refuse(line int, reason string) {
	t.Refused = append(t.Refused, worksLine{Line: line, Reason: reason})
}

// report prints what the import did.
func (c *worksImportCmd) report(t *worksTally) error {
	slices.SortStableFunc(t.Refused, func(a, b worksLine) int { return a.Line - b.Line })
	if c.JSON {
		b, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		fmt.Println(string(b))
	} else {
		for _, f := range t.Refused {
			fmt.Printf("line %d: %s\n", f.Line, f.Reason)
		}
		if len(t.ColumnsLeftOut) > 0 {
			fmt.Printf("columns left out: %s\n", strings.Join(t.ColumnsLeftOut, ", "))
		}
		fmt.Printf("%d projects added, %d already there; %d permits added, %d already there; %d refused\n", t.Projects, t.ProjectsKnown, t.Permits, t.PermitsKnown, len(t.Refused))
	}
	if len(t.Refused) > 0 {
		return fmt.Errorf("%d rows were not brought in", len(t.Refused))
	}
	return nil
}

// worksSpace is the name space of the command ids of imports.
var worksSpace = uuid.MustParse("5f0d5f0e-6f3b-5b1e-9c39-6a3c2f6d1b70")

// worksTarget names the project and the command. The command's id follows from the project's code and the content, which has no target yet:
// sent again, it is the same command.
func worksTarget(district, code string, content proto.Message) *gridcasev1.ProjectTarget {
	b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(content) // it was made of valid text a moment ago
	name := string(content.ProtoReflect().Descriptor().Name()) + "\x00" + code + "\x00" + string(b)
	return &gridcasev1.ProjectTarget{District: district, ProjectCode: code, CommandId: uuid.NewSHA1(worksSpace, []byte(name)).String()}
}
