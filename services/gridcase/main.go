// Command gridcase is the whole system in one binary: 'gridcase up' runs everything in one process, 'gridcase serve SERVICE…' the named
// services against an external log and database, and the other verbs are clients of the public API.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // the machine may have no zones

	"github.com/alecthomas/kong"

	"github.com/gridcase/gridcase/pkg/config"
	"github.com/gridcase/gridcase/pkg/fault"
)

// cli is the command line.
var cli struct {
	Config configFlag `help:"YAML file of settings; its keys are the flags' names." placeholder:"FILE" env:"GRIDCASE_CONFIG"`

	Up       upCmd       `cmd:"" help:"Run everything in one process: log, database, all services."`
	Serve    serveCmd    `cmd:"" help:"Run the named services against an external log and database."`
	Settings settingsCmd `cmd:"" name:"config" help:"Print every setting, its value, where it came from and its default."`
	Version  versionCmd  `cmd:"" help:"Print the version."`

	ID         idCmd         `cmd:"" name:"id" help:"Print a new id, for a case or a command."`
	Case       caseCmd       `cmd:"" help:"Look at one case, and find cases by words."`
	Catalog    catalogCmd    `cmd:"" help:"Check, bring in, publish and show catalogues of case types."`
	Calendar   calendarCmd   `cmd:"" help:"Check and publish working time."`
	Grid       gridCmd       `cmd:"" help:"Look at an area."`
	Grids      gridsCmd      `cmd:"" help:"Publish a district's areas."`
	Queue      queueCmd      `cmd:"" help:"Look at what waits for whom, and take from it."`
	Deadlines  deadlinesCmd  `cmd:"" help:"What runs out when, the earliest first."`
	Watch      watchCmd      `cmd:"" help:"What changes in an area or in a queue, while it changes."`
	Works      worksCmd      `cmd:"" help:"The works programme: projects, permits, progress."`
	Hotspots   hotspotsCmd   `cmd:"" help:"Where the same kind of problem was filed again and again."`
	Receipt    receiptCmd    `cmd:"" help:"What became of a command of one's own, for who lost the answer."`
	Kpi        kpiCmd        `cmd:"" help:"How well the work of a period was done: figures, marks and grades."`
	Whatif     whatifCmd     `cmd:"" help:"What of a period's work would have been on time under other limits, routes or working time."`
	Log        logCmd        `cmd:"" help:"Read the events of a district's log, decoded."`
	Views      viewsCmd      `cmd:"" help:"How far each view is, what is being rebuilt, what is kept."`
	Rebuild    rebuildCmd    `cmd:"" help:"Fill a view from the log once more, beside the one that serves."`
	Quarantine quarantineCmd `cmd:"" help:"The cases that a view can't go on with."`
	Audit      auditCmd      `cmd:"" help:"Walk the log, its copies and the views, and say what is wrong."`
	Roots      rootsCmd      `cmd:"" help:"The signed roots of the logs."`
	Proof      proofCmd      `cmd:"" help:"Write and check the proof of a case."`
	Archive    archiveCmd    `cmd:"" help:"Copy the log into files, and check such a copy without a server."`
	Restore    restoreCmd    `cmd:"" help:"Make the log of an empty installation from an archive."`
	Keys       keysCmd       `cmd:"" help:"Back up the installation's keys, and put them back."`
	Export     exportCmd     `cmd:"" help:"Write all events and cases as Parquet files, for questions that no view answers."`
	Import     importCmd     `cmd:"" help:"Bring in another system's records."`
	Demo       demoCmd       `cmd:"" help:"Open the demo district and play cases through the whole flow."`
}

// configFlag names the file of settings.
type configFlag string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gridcase:", message(err))
		stop()
		os.Exit(status(err))
	}
}

// ended is an end of a verb with a status of its own.
type ended struct {
	error
	status int
}

// status is what the program ends with after an error.
func status(err error) int {
	var e *ended
	if errors.As(err, &e) {
		return e.status
	}
	return 1
}

// run parses the command line, with the settings' file first, and runs the verb.
func run(ctx context.Context, args []string) error {
	file, err := settingsFile(args)
	if err != nil {
		return err
	}
	options := []kong.Option{kong.Name("gridcase"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("Supervision cases of a city, event-sourced on NATS JetStream.")}
	if file != nil {
		options = append(options, kong.Resolvers(file))
	}
	parser, err := kong.New(&cli, options...)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(parsed, file)
	return parsed.Run()
}

// settingsFile reads the file that --config or GRIDCASE_CONFIG names.
func settingsFile(args []string) (*config.File, error) {
	path := os.Getenv("GRIDCASE_CONFIG")
	for i, a := range args {
		if a == "--config" && i+1 < len(args) {
			path = args[i+1]
		} else if len(a) > 9 && a[:9] == "--config=" {
			path = a[9:]
		}
	}
	if path == "" {
		return nil, nil
	}
	return config.ReadFile(path)
}

// message is what a person reads of an error.
func message(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Field != "" {
		return fmt.Sprintf("%s [%s, field %s]", f.Text, f.Code, f.Field)
	}
	return err.Error()
}
