// Package projector fills the views: it names them and runs the projection. It owns nothing else.
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
	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

// Views is the list of all views.
func Views() []projection.View {
	return []projection.View{casestatus.View{}, timeline.View{}, gridstatus.View{}, workqueue.View{}, deadlines.View{}, projectcases.View{}, history.View{}}
}

// New returns the projector of all views.
func New(pool *postgres.Pool, log *eventstore.Log, applied func(int), logger *zap.Logger) *projection.Projector {
	return projection.New(projection.Options{Pool: pool, Log: log, Views: Views(), Logger: logger, Applied: applied})
}
