package dispatch_test

import (
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/services/dispatch"
)

// desks serves the queues over HTTP, as far as they need no command, and returns the API's address.
func desks(t *testing.T, o dispatch.Options) string {
	t.Helper()
	handler, err := api.NewHandler(api.Options{Access: o.Access, Logger: zap.NewNop(), Register: func(s *connect.Server) { dispatch.New(o).Register(s) }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// ask asks for a case of the acceptor's queue.
func ask(t *testing.T, url string, wait uint32) (*gridcasev1.TakeNextResponse, error) {
	return client.New(url, referencetest.Token("acceptor")).Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "acceptor", WaitSeconds: wait})
}

func TestNoCaseIsGivenOutWhileTheViewsOrTheBrokerAreAway(t *testing.T) {
	t.Parallel()
	node := natstest.Node(t)
	conn := natstest.Connect(t, node)
	log, err := eventstore.New(eventstore.Options{Conn: conn})
	if err != nil {
		t.Fatal(err)
	}
	directory := referencetest.Run(t, log)
	referencetest.Publish(t, directory)
	nowhere, err := postgres.Connect(t.Context(), "postgres://127.0.0.1:1/nothing", postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nowhere.Close)
	url := desks(t, dispatch.Options{Directory: directory, Access: access.New(directory, referencetest.OperatorToken), Queues: workqueue.Queues{Pool: nowhere},
		Leases: eventstore.NewLeases(log, time.Minute)})
	if _, err := ask(t, url, 30); err == nil || client.Fault(err).Code != "views.unavailable" {
		t.Errorf("without views: %v", err)
	}
	lost := conn.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	node.Close()
	<-lost // until then the client takes the broker to be there
	if _, err := ask(t, url, 30); err == nil || client.Fault(err).Code != "lease.unavailable" {
		t.Errorf("without a broker: %v", err)
	}
}

func TestThoseWhoWaitAtAQueueShareOneLook(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	looks, err := postgres.Connect(t.Context(), c.pool.Config().ConnString(), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(looks.Close)
	url := desks(t, dispatch.Options{Commands: c.commands, Directory: c.directory, Access: c.access, Queues: workqueue.Queues{Pool: looks}, Leases: eventstore.NewLeases(c.log, time.Minute)})
	c.run(projection.New(projection.Options{Pool: c.pool, Log: c.log, Views: []projection.View{workqueue.View{}}}).Run)
	c.await("the view", func() bool {
		_, err := ask(t, url, 0)
		return err == nil
	})
	before := looks.Stat().AcquireCount()
	const waiting, seconds = 40, 2
	var group sync.WaitGroup
	for range waiting {
		group.Go(func() {
			if answer, err := ask(t, url, seconds); err != nil || answer.GetLease() != nil {
				t.Errorf("an empty queue answers %v, %v", answer, err)
			}
		})
	}
	group.Wait()
	if n := looks.Stat().AcquireCount() - before; n > waiting+4*seconds+2 { // each one's own when it comes, then four a second for all
		t.Errorf("%d desks that waited %d s looked %d times", waiting, seconds, n)
	}
}
