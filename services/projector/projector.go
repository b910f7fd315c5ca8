// Package projector fills the views: it names them, runs the projection, and serves the operator's hand on it. It owns no view.
package projector

import (
	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/hotspots"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/vault"
)

// Views is the list of all views, in an order in which every second one together costs the database about as much as the others: a large batch
// is written in those two halves. The vault opens what was written about cases; nil of a log in which nothing was.
func Views(v *vault.Vault) []projection.View {
	return []projection.View{casestatus.View{}, timeline.View{}, workqueue.View{}, gridstatus.View{}, deadlines.View{}, history.View{},
		search.View{Texts: texts{v}}, projectcases.View{}, hotspots.View{}, kpifacts.View{}}
}

// Options are what the projector of all views is made of.
type Options struct {
	Pool    *postgres.Pool
	Log     *eventstore.Log
	Vault   *vault.Vault     // nil of a log in which nothing was written
	Applied func(events int) // told how many events were applied; may be nil
	Scratch string           // a directory for the file in which a long stream is sorted; empty: the machine's own
	Logger  *zap.Logger
}

// New returns the projector of all views.
func New(o Options) *projection.Projector {
	return projection.New(projection.Options{Pool: o.Pool, Log: o.Log, Views: Views(o.Vault), Logger: o.Logger, Applied: o.Applied, Scratch: o.Scratch})
}
