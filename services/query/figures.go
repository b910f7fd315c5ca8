package query

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
)

// figures computes a period's figures as of a moment, nil: now, and says of which positions what it read was.
func (s *Service) figures(ctx context.Context, district string, then *readmodel.Moment, o kpi.Options) ([]*gridcasev1.KpiGroup, []string, error) {
	var err error
	if o.Now, err = s.clock(ctx, district, then, o.Now); err != nil {
		return nil, nil, err
	}
	groups, at, err := s.figuresOfView(ctx, district, then, o)
	if err == nil {
		return groups, at, nil
	}
	s.o.Logger.Info("figures are computed from the log", zap.String("district", district), zap.Error(err))
	collector := kpi.New(o)
	ends, err := s.readDistrict(ctx, district, func(e *eventstore.Event) error { return collect(collector, then, e) })
	if err != nil {
		return nil, nil, err
	}
	return collector.Groups(), ends, nil
}

// figuresOfView computes figures from their view, once it holds what the log holds now. An error says that they can't be had from there.
func (s *Service) figuresOfView(ctx context.Context, district string, then *readmodel.Moment, o kpi.Options) ([]*gridcasev1.KpiGroup, []string, error) {
	release, err := s.reading(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	ends, err := s.ends(ctx, district)
	if err != nil {
		return nil, nil, err
	}
	if fresh, err := s.o.Tracker.Wait(ctx, district, ends); err != nil || fresh.GetStale() {
		return nil, nil, errors.Join(readmodel.ErrUneven, err)
	}
	var groups []*gridcasev1.KpiGroup
	at, err := s.o.Tracker.Snapshot(ctx, district, []string{kpifacts.View{}.Name()}, func(tx postgres.Tx) error {
		groups, err = fold(ctx, tx, district, then, o)
		return err
	})
	return groups, at, err
}

// fold computes figures from what the view holds. Every case is read that lived in the period as of the moment; the collector makes nothing of
// the others.
func fold(ctx context.Context, tx postgres.Tx, district string, then *readmodel.Moment, o kpi.Options) ([]*gridcasev1.KpiGroup, error) {
	collector := kpi.New(o)
	lived := kpifacts.Period{District: district, Since: o.From.Add(-kpi.Memory), Before: o.To, Then: then}
	if err := kpifacts.Each(ctx, tx, lived, collector.Add); err != nil {
		return nil, err
	}
	return collector.Groups(), nil
}

// collect gives an event of the log to a collector, if it had happened by the moment.
func collect(c *kpi.Collector, then *readmodel.Moment, e *eventstore.Event) error {
	if then != nil && !then.Sees(e) {
		return nil
	}
	message, err := e.Decode()
	if err != nil {
		return err
	}
	c.Add(kpi.Event{Case: e.CaseID, At: e.Time, Actor: e.Actor, Grid: e.Grid, Message: message})
	return nil
}

// clock is what time it was at a moment: its own, no later than now; of positions, that of the latest event there, and now where nothing has
// happened since.
func (s *Service) clock(ctx context.Context, district string, then *readmodel.Moment, now time.Time) (time.Time, error) {
	switch {
	case then == nil || len(then.Positions) == 0 && then.At.After(now):
		return now, nil
	case len(then.Positions) == 0:
		return then.At, nil
	}
	streams, err := s.streams(ctx, district)
	if err != nil || !slices.ContainsFunc(streams, func(e eventstore.Stream) bool { return then.Last(e.Year) < e.Last }) {
		return now, err
	}
	latest := time.Unix(0, 0)
	for _, stream := range streams {
		seq := min(then.Last(stream.Year), stream.Last)
		if seq < stream.First {
			continue // nothing of that year is seen, or it is in the archive
		}
		e, err := s.o.Log.At(ctx, stream, seq)
		if err != nil {
			return now, err
		}
		if e.Time.After(latest) {
			latest = e.Time
		}
	}
	return latest, nil
}
