package timeline

import (
	"context"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// Receipt answers a second question: what became of this command? It returns what is stored of a command of an actor's own, the effective
// time of its last event beside it, and nil where there is nothing of it; whether anybody else sent such a command is not told. The case's
// number is not in the view.
//
// It is a convenience for who lost the answer. What judges whether a command was stored is the case's own history in the log: the same
// command sent again gets the same receipt from there, also while the view is behind.
func (t Timelines) Receipt(ctx context.Context, district, actor, commandID string) (*gridcasev1.Receipt, time.Time, error) {
	rows, err := t.read(ctx, `command_id = $3 and district = $1 and actor = $2 order by at desc, version desc limit 1`, district, actor, commandID)
	if err != nil || len(rows) == 0 {
		return nil, time.Time{}, err
	}
	r := &rows[0]
	at := eventstore.Position{District: r.District, Year: int(r.Year), Seq: uint64(r.Seq)}
	return &gridcasev1.Receipt{District: r.District, CaseId: r.CaseID, CommandId: r.CommandID, Version: uint64(r.Version), Position: at.String(),
		State: gridcasev1.State(r.State), Duplicate: true}, r.At, nil
}
