package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/parquetfile"
)

// exportCmd is 'gridcase export'.
type exportCmd struct {
	connection `embed:""`
	Dir        string `arg:"" help:"The folder for events.parquet and cases.parquet; it is made where it doesn't exist."`
	Format     string `help:"Of the files." default:"parquet" enum:"parquet"`
	District   string `help:"Only this district."`
}

// Run writes the events as they stood when it began, and the cases with those events at least.
func (c *exportCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the export: %w", err)
	}
	answer, err := api.Evidence.ListLogs(ctx, &gridcasev1.ListLogsRequest{District: c.District})
	if err != nil {
		return client.Fault(err)
	}
	logs := slices.DeleteFunc(answer.GetLogs(), func(l *gridcasev1.CaseLog) bool { return l.GetLast() == 0 })
	events, opened, err := exportEvents(ctx, api, filepath.Join(c.Dir, "events.parquet"), logs)
	if err != nil {
		return err
	}
	cases, err := exportCases(ctx, api, filepath.Join(c.Dir, "cases.parquet"), logs)
	if err != nil {
		return err
	}
	if cases < opened {
		return fault.New(fault.Unavailable, "export.cases", "the views show %d cases, and the logs opened %d: run gridcase views and gridcase quarantine, then export again", cases, opened)
	}
	_, err = fmt.Printf("%d events and %d cases are in %s\n", events, cases, c.Dir)
	return err
}

// exportEvents writes the logs' events up to where each is now. It counts them, and the cases that they opened.
func exportEvents(ctx context.Context, api *client.Client, path string, logs []*gridcasev1.CaseLog) (events, opened int, err error) {
	file, err := parquetfile.Create[parquetfile.Event](path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = file.Abandon() }() // a no-op once it is closed
	for _, l := range logs {
		for next := uint64(1); next <= l.GetLast(); {
			rows, err := eventRows(ctx, api, l, next)
			if err != nil {
				return 0, 0, err
			}
			if len(rows) == 0 {
				break
			}
			for i := range rows {
				if rows[i].Version == 1 {
					opened++
				}
			}
			if err := file.Write(rows); err != nil {
				return 0, 0, err
			}
			next = uint64(rows[len(rows)-1].Sequence) + 1
		}
	}
	return file.Rows(), opened, file.Close()
}

// eventRows reads a page of a log, no further than the log's end of then.
func eventRows(ctx context.Context, api *client.Client, l *gridcasev1.CaseLog, from uint64) ([]parquetfile.Event, error) {
	answer, err := api.Query.ReadLog(ctx, &gridcasev1.ReadLogRequest{District: l.GetDistrict(), Year: l.GetYear(), From: from, Limit: 1000})
	if err != nil {
		return nil, client.Fault(err)
	}
	var rows []parquetfile.Event
	for _, e := range answer.GetEntries() {
		if e.GetSequence() > l.GetLast() {
			break
		}
		row, err := parquetfile.NewEvent(l.GetDistrict(), l.GetYear(), e)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// exportCases writes the cases of the logs' districts, as views show them that hold the logs' events, and counts them.
func exportCases(ctx context.Context, api *client.Client, path string, logs []*gridcasev1.CaseLog) (int, error) {
	file, err := parquetfile.Create[parquetfile.Case](path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Abandon() }() // a no-op once it is closed
	by := byDistrict(logs)
	for _, district := range slices.Sorted(maps.Keys(by)) {
		of := by[district]
		for year := of.first - 1; year <= time.Now().Year()+1; year++ {
			if err := caseRows(ctx, api, district, fmt.Sprintf("%s%04d", district, year), of.ends, file); err != nil {
				return 0, err
			}
		}
	}
	return file.Rows(), file.Close()
}

// districtLogs are the logs of one district: the first one's year, and where each ends.
type districtLogs struct {
	first int
	ends  []string
}

// byDistrict sorts logs. A case's number has the year of its registration in the district's zone: no more than a year before that of its log,
// and never in the future.
func byDistrict(logs []*gridcasev1.CaseLog) map[string]*districtLogs {
	by := map[string]*districtLogs{}
	for _, l := range logs {
		d := by[l.GetDistrict()]
		if d == nil {
			d = &districtLogs{first: int(l.GetYear())}
			by[l.GetDistrict()] = d
		}
		d.first = min(d.first, int(l.GetYear()))
		d.ends = append(d.ends, fmt.Sprintf("%s-%d:%d", l.GetDistrict(), l.GetYear(), l.GetLast()))
	}
	return by
}

// caseRows writes the cases whose number begins with a district and a year.
func caseRows(ctx context.Context, api *client.Client, district, prefix string, atLeast []string, file *parquetfile.File[parquetfile.Case]) error {
	for page := ""; ; {
		answer, err := api.Query.SearchCases(ctx, &gridcasev1.SearchCasesRequest{District: district, Number: prefix, AtLeast: atLeast, Limit: 200, Page: page})
		if err != nil {
			return client.Fault(err)
		}
		if answer.GetFreshness().GetStale() {
			return fault.New(fault.Unavailable, "export.stale", "the views of district %s are behind the log: run gridcase views, then export again", district)
		}
		rows := make([]parquetfile.Case, len(answer.GetCases()))
		for i, k := range answer.GetCases() {
			rows[i] = parquetfile.NewCase(k)
		}
		if err := file.Write(rows); err != nil {
			return err
		}
		if page = answer.GetNextPage(); page == "" {
			return nil
		}
	}
}
