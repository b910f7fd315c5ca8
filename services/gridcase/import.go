package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/boston311"
	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// importCmd is 'gridcase import'.
type importCmd struct {
	CSV importCSVCmd `cmd:"" name:"csv" help:"Bring in records from a CSV file, as ordinary commands with their own times."`
}

type importCSVCmd struct {
	connection `embed:""`
	Mapping    string `help:"What the columns mean." enum:"boston311" required:""`
	File       string `arg:"" help:"The CSV file." type:"existingfile"`
}

// importers is how many records are played at once.
const importers = 16

// Run plays the file's records. It opens the mapping's district first where there is none. A second run adds nothing. Rows that can't be
// brought in are printed by line and reason; the others go in, and the command then fails.
func (c *importCSVCmd) Run(ctx context.Context) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer file.Close()
	records, faults, err := boston311.Read(file)
	if err != nil {
		return fmt.Errorf("import %s: %w", c.File, err)
	}
	operator, err := c.client()
	if err != nil {
		return err
	}
	token, err := openBoston(ctx, operator, records)
	if err != nil {
		return fmt.Errorf("open district %s: %w", boston311.District, err)
	}
	tally, refused, err := playRecords(ctx, client.New(c.URL, token), records)
	if err != nil {
		return err
	}
	faults = append(faults, refused...)
	slices.SortFunc(faults, func(a, b boston311.Fault) int { return a.Line - b.Line })
	for _, f := range faults {
		fmt.Printf("line %d: %s\n", f.Line, f.Reason)
	}
	fmt.Printf("%d records: %d cases added, %d already there, %d closed, %d open, %d refused\n",
		len(records)+len(faults)-len(refused), tally.added, tally.known, tally.closed, tally.open, len(faults))
	if len(faults) > 0 {
		return fmt.Errorf("%d rows were not brought in", len(faults))
	}
	return nil
}

// openBoston publishes the district's reference data, with the file's types, and returns the token of a new importer: it is used for this
// run and replaced by the next.
func openBoston(ctx context.Context, operator *client.Client, records []boston311.Record) (string, error) {
	if _, err := operator.Desk.PublishGrids(ctx, boston311.Grids()); err != nil {
		return "", client.Fault(err)
	}
	calendar, err := boston311.Calendar()
	if err != nil {
		return "", err
	}
	if _, err := operator.Desk.PublishCalendar(ctx, calendar); err != nil {
		return "", client.Fault(err)
	}
	if err := publishTypes(ctx, operator, records); err != nil {
		return "", err
	}
	token := uuid.NewString() + uuid.NewString()
	people := &gridcasev1.PublishAccess{District: boston311.District, Departments: []*gridcasev1.Department{{Id: boston311.Department, NameEn: "City of Boston"}},
		Users: []*gridcasev1.User{{Id: boston311.ImporterID, Name: "importer", Role: gridcasev1.Role_ROLE_IMPORTER, TokenSha256: access.TokenHash(token)}}}
	if _, err := operator.Desk.PublishAccess(ctx, people); err != nil {
		return "", client.Fault(err)
	}
	return token, nil
}

// publishTypes adds the file's types to those that the district has: a type once published stays.
func publishTypes(ctx context.Context, operator *client.Client, records []boston311.Record) error {
	var names []string
	for _, r := range records {
		names = append(names, r.Type)
	}
	catalogue, err := boston311.Catalogue(names)
	if err != nil {
		return err
	}
	old, err := operator.Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: boston311.District})
	if err != nil && client.Fault(err).Kind != fault.NotFound && client.Fault(err).Kind != fault.Conflict {
		return client.Fault(err)
	}
	for _, t := range old.GetCatalogue().GetTypes() {
		if !slices.ContainsFunc(catalogue.GetTypes(), func(n *gridcasev1.CaseType) bool { return n.GetId() == t.GetId() }) {
			catalogue.Types = append(catalogue.Types, t)
		}
	}
	slices.SortFunc(catalogue.GetTypes(), func(a, b *gridcasev1.CaseType) int { return strings.Compare(a.GetId(), b.GetId()) })
	catalogue.Types = slices.CompactFunc(catalogue.GetTypes(), func(a, b *gridcasev1.CaseType) bool { return a.GetId() == b.GetId() })
	if _, err := operator.Desk.PublishCatalogue(ctx, catalogue); err != nil {
		return client.Fault(err)
	}
	return nil
}

// tally counts what an import did.
type tally struct{ added, known, closed, open int }

// outcome is what became of one record.
type outcome struct {
	state     gridcasev1.State
	duplicate bool
	err       error
}

// playRecords plays the records side by side, the commands of each in order. Refused records come back as faults.
func playRecords(ctx context.Context, importer *client.Client, records []boston311.Record) (tally, []boston311.Fault, error) {
	outcomes := make([]outcome, len(records))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(importers)
	for i, r := range records {
		g.Go(func() error {
			outcomes[i] = playRecord(gctx, importer, r)
			if fault.KindOf(outcomes[i].err) == fault.Unavailable && outcomes[i].err != nil {
				return outcomes[i].err
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return tally{}, nil, fmt.Errorf("import stopped, run it again: %w", err)
	}
	var t tally
	var faults []boston311.Fault
	for i, o := range outcomes {
		if o.err != nil {
			faults = append(faults, boston311.Fault{Line: records[i].Line, Reason: message(o.err)})
			continue
		}
		t.count(o)
	}
	return t, faults, nil
}

func (t *tally) count(o outcome) {
	if o.duplicate {
		t.known++
	} else {
		t.added++
	}
	if o.state == gridcasev1.State_STATE_CLOSED {
		t.closed++
	} else {
		t.open++
	}
}

func playRecord(ctx context.Context, importer *client.Client, r boston311.Record) outcome {
	var o outcome
	for i, cmd := range r.Commands() {
		receipt, err := importer.Do(ctx, cmd)
		if err != nil {
			return outcome{err: err}
		}
		if i == 0 {
			o.duplicate = receipt.GetDuplicate()
		}
		o.state = receipt.GetState()
	}
	return o
}
