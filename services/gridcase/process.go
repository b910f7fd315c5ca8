package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"connectrpc.com/connect/v2"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/config"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/heap"
	"github.com/gridcase/gridcase/pkg/live"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/openapi"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/programme"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/telemetry"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/pkg/webserver"
	"github.com/gridcase/gridcase/pkg/worklog"
	"github.com/gridcase/gridcase/services/dispatch"
	"github.com/gridcase/gridcase/services/intake"
	"github.com/gridcase/gridcase/services/notary"
	"github.com/gridcase/gridcase/services/projector"
	"github.com/gridcase/gridcase/services/query"
)

// allServices are the names that 'serve' takes, in the order in which data flows.
var allServices = []string{"intake", "dispatch", "projector", "query", "notary"}

// process is what one gridcase process runs: the same parts under 'up' and under 'serve'.
type process struct {
	settings  config.Settings
	names     []string
	logger    *zap.Logger
	broker    *natsd.Server // nil: external
	log       *eventstore.Log
	pool      *postgres.Pool
	writing   *postgres.Pool // the projector's own; nil without it
	directory *reference.Directory
	access    *access.Access
	vault     *vault.Vault
	programme *programme.Directory
	commands  *command.Service   // nil without a part of the API
	managers  *dispatch.Managers // nil without dispatch
	leases    *eventstore.Leases
	metrics   *telemetry.Metrics
	tracker   *readmodel.Tracker    // nil without query
	live      *live.Hub             // nil without query
	projector *projection.Projector // nil without projector
	notary    *notary.Notary        // nil without notary
	whenReady func(context.Context) error
}

// assemble makes the parts. Nothing runs yet, and neither the broker nor the database need to be there.
func assemble(settings config.Settings, names []string, conn *eventstore.Conn, dsn string, broker *natsd.Server, logger *zap.Logger) (*process, error) {
	p := &process{settings: settings, names: names, broker: broker, logger: logger, metrics: telemetry.New()}
	full := func() bool { return false }
	if broker != nil {
		full = broker.FullSoon
	}
	var err error
	if p.log, err = eventstore.New(eventstore.Options{Conn: conn, Replicas: settings.Replicas, Lazy: settings.UnsafeLazySync, Full: full, Logger: logger}); err != nil {
		return nil, err
	}
	if p.pool, err = postgres.Connect(context.Background(), dsn, postgres.PoolOptions{Name: "services", Conns: conns()}); err != nil {
		return nil, err
	}
	p.directory, p.leases = reference.New(p.log), eventstore.NewLeases(p.log, settings.Lease)
	p.programme = programme.New(p.log)
	if err := p.secrets(); err != nil {
		return nil, err
	}
	if p.serves("projector") {
		if err := p.projecting(dsn); err != nil {
			return nil, err
		}
	}
	if p.serves("query") {
		p.reading()
	}
	if err := p.evidence(); err != nil {
		return nil, err
	}
	return p, p.writeSide()
}

// projecting makes the projector, with connections of its own: who reads can't keep it waiting, and it mostly uses the same few, which know its
// statements and tables, while among those of all services each would have to learn them.
func (p *process) projecting(dsn string) (err error) {
	if p.writing, err = postgres.Connect(context.Background(), dsn, postgres.PoolOptions{Name: "projector"}); err != nil {
		return err
	}
	p.projector = projector.New(projector.Options{Pool: p.writing, Log: p.log, Vault: p.vault, Applied: p.metrics.Applied, Scratch: p.settings.Data, Logger: p.logger})
	p.metrics.Gauge("gridcase_projector_leading", "1 where this process's projector is the one that works.", func() float64 { return number(p.projector.Leading()) })
	p.metrics.Gauges("gridcase_projection_quarantined", "Cases that a view can't go on with, of the projector that works: run gridcase quarantine.", "view", p.projector.Quarantined)
	p.metrics.Gauge("gridcase_projection_halted", "1 where a stream's projection is halted: look at the log.", func() float64 { return number(p.projector.Ready() != nil) })
	return nil
}

// reading makes what queries and live streams go by.
func (p *process) reading() {
	p.tracker = readmodel.NewTracker(p.pool, p.log, projector.Views(p.vault), p.logger)
	p.live = live.New(live.Options{Log: p.log, Pool: p.pool, Tracker: p.tracker, Directory: p.directory, Logger: p.logger})
	p.metrics.Gauge("gridcase_live_readers", "Live streams that are open.", func() float64 { return float64(p.live.Readers()) })
	p.metrics.Counter("gridcase_live_dropped_total", "Live streams that were ended since their readers were too slow.", func() float64 { return float64(p.live.Dropped()) })
	p.metrics.Gauge("gridcase_live_lag_seconds", "For how long the oldest change that live streams were not told has been here.", func() float64 { return p.live.Lag().Seconds() })
}

// evidence makes what signs roots and audits.
func (p *process) evidence() error {
	if !p.serves("notary") {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.settings.RootKeyFile), 0o755); err != nil {
		return fmt.Errorf("make the folder of the roots' key: %w", err)
	}
	key, err := notary.LoadKey(p.settings.RootKeyFile)
	if err != nil {
		return err
	}
	p.notary = notary.New(notary.Options{Log: p.log, Pool: p.pool, Views: projector.Views(p.vault), Access: p.access, Key: key, Dir: filepath.Join(p.settings.Data, "roots"), Logger: p.logger})
	p.metrics.Gauge("gridcase_roots_refused", "Logs whose root was not signed, since they are not what they were: run gridcase audit.", func() float64 { return float64(p.notary.Refused()) })
	return nil
}

// writeSide makes what takes commands, and the process managers that send them by themselves.
func (p *process) writeSide() (err error) {
	if !p.personal() {
		return nil
	}
	p.commands, err = command.New(command.Options{Log: p.log, Directory: p.directory, Access: p.access, Vault: p.vault, Permits: p.programme, Logger: p.logger})
	if err != nil || !p.serves("dispatch") {
		return err
	}
	p.managers = dispatch.NewManagers(dispatch.ManagerOptions{Log: p.log, Commands: p.commands, Directory: p.directory, Deadlines: deadlines.Deadlines{Pool: p.pool},
		Sweep: p.settings.Sweep, Logger: p.logger})
	p.metrics.Gauge("gridcase_managers_parked", "Events and timers that the process managers failed to answer again and again: look at the log.", func() float64 { return float64(p.managers.Parked()) })
	return nil
}

// works is the service of the works programme.
func (p *process) works() *dispatch.Works {
	return dispatch.NewWorks(dispatch.WorksOptions{Worklog: worklog.New(worklog.Options{Log: p.log, Directory: p.directory, Access: p.access}),
		Programme: p.programme, Cases: projectcases.Counts{Pool: p.pool}, Access: p.access, Logger: p.logger})
}

// secrets reads the vault's key, and the operator's token where a service needs it.
func (p *process) secrets() error {
	if p.api() {
		token, err := os.ReadFile(p.settings.OperatorTokenFile)
		if err != nil {
			return fmt.Errorf("read the operator's token (make the file %s with a long random text, the same for every process): %w", p.settings.OperatorTokenFile, err)
		}
		p.access = access.New(p.directory, trim(token))
	}
	key, err := vault.LoadKey(p.settings.VaultKeyFile)
	if err != nil {
		return err
	}
	p.vault = vault.New(p.pool, key)
	return nil
}

func (p *process) serves(name string) bool { return slices.Contains(p.names, name) }

// api tells whether the process serves any part of the API.
func (p *process) api() bool {
	return p.personal() || p.serves("notary")
}

// personal tells whether the process seals or reveals personal values.
func (p *process) personal() bool {
	return p.serves("intake") || p.serves("dispatch") || p.serves("query")
}

// run starts everything and blocks until ctx ends. Then the ports close first, so that nothing new comes in, and what they stand on ends
// behind them.
func (p *process) run(ctx context.Context) error {
	defer p.pool.Close()
	if p.writing != nil {
		defer p.writing.Close()
	}
	heap.CollectSeldom()
	p.spareRun()
	base, endBase := context.WithCancel(context.WithoutCancel(ctx))
	defer endBase()
	below, base := errgroup.WithContext(base)
	p.runBelow(below, base)
	ports, portsCtx := errgroup.WithContext(ctx)
	if err := p.runPorts(ports, portsCtx); err != nil {
		ports.Go(func() error { return err }) // what runs ends
	}
	ports.Go(func() error { // what stands below has failed: the ports end too
		select {
		case <-base.Done():
			return errors.New("a part of the process ended")
		case <-portsCtx.Done():
			return nil
		}
	})
	if p.whenReady != nil {
		ports.Go(func() error { return p.announce(portsCtx) })
	}
	portsErr := ports.Wait()
	endBase()
	belowErr := below.Wait()
	p.logger.Info("gridcase stopped")
	return errors.Join(unlessCanceled(belowErr), unlessCanceled(portsErr))
}

// runBelow starts what the ports stand on.
func (p *process) runBelow(g *errgroup.Group, ctx context.Context) {
	if p.broker != nil {
		g.Go(func() error { return p.broker.Run(ctx) })
	}
	g.Go(func() error { return p.halts(ctx, p.directory.Run, p.directory.Ready) })
	g.Go(func() error { return p.halts(ctx, p.programme.Run, p.programme.Ready) })
	g.Go(func() error { return p.migrateVault(ctx) })
	if p.projector != nil {
		g.Go(func() error { return p.projector.Run(ctx) })
	}
	if p.api() {
		g.Go(func() error { return p.leases.Run(ctx) })
	}
	if p.managers != nil {
		g.Go(func() error { return p.managers.Run(ctx) })
	}
	if p.tracker != nil {
		g.Go(func() error { return p.tracker.Run(ctx) })
		g.Go(func() error { return p.live.Run(ctx) })
	}
	if p.notary != nil {
		g.Go(func() error { return p.notary.Run(ctx) })
	}
}

// runPorts opens the API and the admin port. The admin port is the last: who reads there that the process is ready finds the API open.
func (p *process) runPorts(g *errgroup.Group, ctx context.Context) error {
	if p.api() {
		handler, err := p.handler(ctx.Done())
		if err != nil {
			return err
		}
		if err := p.runPort(g, ctx, p.settings.APIAddr, handler); err != nil {
			return err
		}
	}
	if err := p.runPort(g, ctx, p.settings.AdminAddr, telemetry.Admin(p.metrics, p.checks())); err != nil {
		return err
	}
	addr := "none"
	if p.api() {
		addr = p.settings.APIAddr
	}
	p.logger.Info("gridcase serves", zap.Strings("services", p.names), zap.String("api", addr), zap.String("admin", p.settings.AdminAddr))
	return nil
}

func (p *process) runPort(g *errgroup.Group, ctx context.Context, addr string, handler http.Handler) error {
	port, err := webserver.Listen(ctx, webserver.Options{Addr: addr, Handler: handler, Logger: p.logger})
	if err == nil {
		g.Go(func() error { return port.Run(ctx) })
	}
	return err
}

// handler is the API of the services that the process runs. stop is closed when the process is to end.
func (p *process) handler(stop <-chan struct{}) (http.Handler, error) {
	rpc, err := api.NewHandler(api.Options{Access: p.access, Logger: p.logger, Observe: p.observe,
		Register: func(server *connect.Server) {
			if p.serves("intake") {
				intake.New(intake.Options{Commands: p.commands, Leases: p.leases}).Register(server)
			}
			if p.serves("dispatch") {
				dispatch.New(dispatch.Options{Commands: p.commands, Directory: p.directory, Access: p.access, Cases: casestatus.Cases{Pool: p.pool},
					Queues: workqueue.Queues{Pool: p.pool}, Leases: p.leases, Stop: stop}).Register(server)
				p.works().Register(server)
			}
			if p.serves("notary") {
				p.notary.Register(server)
			}
			if p.serves("query") {
				projector.NewOps(p.pool, p.log).Register(server)
				query.New(query.Options{Pool: p.pool, Log: p.log, Directory: p.directory, Access: p.access, Vault: p.vault, Tracker: p.tracker, Leases: p.leases, Logger: p.logger}).Register(server)
			}
		}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/openapi.json", openapi.Handler())
	if p.serves("query") {
		mux.Handle(access.Live, query.NewLive(query.LiveOptions{Hub: p.live, Directory: p.directory, Access: p.access, Stop: stop, Observe: p.observe, Logger: p.logger}))
	}
	mux.Handle("/", rpc)
	return mux, nil
}

// observe counts a call.
func (p *process) observe(procedure string, kind fault.Kind, took time.Duration) {
	p.metrics.Call(procedure, string(kind), took)
}

// migrateVault makes the vault's tables as soon as the database is there. A vault of another key ends the process.
func (p *process) migrateVault(ctx context.Context) error {
	for {
		err := p.vault.Migrate(ctx)
		if err == nil || errors.Is(err, vault.ErrOtherKey) {
			return err
		}
		p.logger.Warn("vault is not ready", zap.Error(err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// unlessCanceled drops the error of an orderly end.
func unlessCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
