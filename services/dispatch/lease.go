package dispatch

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// maxHeld is how many cases of a queue a user may hold and still get a further one.
const maxHeld = 20

// TakeNext gives the most urgent free case of a queue to the caller, never one that the caller holds already. The view may be a moment behind:
// the rules judge what the holder then does with the case.
func (s *Service) TakeNext(ctx context.Context, q *gridcasev1.TakeNextRequest) (*gridcasev1.TakeNextResponse, error) {
	actor := api.Actor(ctx)
	if err := actor.Queue(q.GetQueue()); err != nil {
		return nil, err
	}
	district, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	patience := time.NewTimer(time.Duration(q.GetWaitSeconds()) * time.Second)
	defer patience.Stop()
	f := s.fronts.join(queueName{district, q.GetQueue()})
	defer s.fronts.leave(f)
	for since := time.Now(); ; since = time.Now().Add(-lookEvery) {
		answer, err := s.takeFrom(ctx, f, actor.ID, since)
		if err != nil || answer.GetLease() != nil {
			return answer, err
		}
		select {
		case <-time.After(lookEvery):
		case <-patience.C:
			return answer, nil
		case <-s.o.Stop:
			return answer, nil
		case <-ctx.Done():
			return answer, nil // nobody is there to read it
		}
	}
}

// takeFrom gives the first free case of a queue, as it was at since or later, to a user. The answer is empty where none is free.
func (s *Service) takeFrom(ctx context.Context, f *front, user string, since time.Time) (*gridcasev1.TakeNextResponse, error) {
	if err := s.o.Leases.Ready(); err != nil {
		return nil, err
	}
	own := 0
	for cursor := ""; ; {
		seen, err := f.page(ctx, cursor, since)
		if err != nil {
			return nil, viewsAway(err)
		}
		for _, item := range seen.items {
			answer, err := s.take(ctx, f.name, item, user, &own)
			if err != nil || answer != nil {
				return answer, err
			}
		}
		if cursor = seen.next; cursor == "" {
			return &gridcasev1.TakeNextResponse{}, nil
		}
	}
}

// take gives one case to a user; nil where it is held. own counts those that the user holds.
func (s *Service) take(ctx context.Context, name queueName, item *gridcasev1.QueueItem, user string, own *int) (*gridcasev1.TakeNextResponse, error) {
	if l, held := s.o.Leases.Of(name.district, item.GetCaseId(), name.queue); held {
		if l.Holder == user {
			*own++
		}
		return nil, nil
	}
	if *own >= maxHeld {
		return nil, fault.New(fault.Conflict, "lease.too_many", "you hold %d cases of this queue: work on them or release them before you take another", *own)
	}
	item = proto.CloneOf(item)
	if err := s.suggest(ctx, name.district, item); err != nil {
		return nil, err
	}
	lease, err := s.o.Leases.Take(context.WithoutCancel(ctx), eventstore.Lease{District: name.district, CaseID: item.GetCaseId(), Queue: name.queue, Holder: user})
	if errors.Is(err, eventstore.ErrHeld) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // the caller has gone and would hold it without knowing
		return nil, s.o.Leases.Release(context.WithoutCancel(ctx), name.district, item.GetCaseId(), user)
	}
	item.Holder, item.HeldUntil = lease.Holder, timestamppb.New(lease.Until)
	return &gridcasev1.TakeNextResponse{Item: item, Lease: leaseOf(lease)}, nil
}

// suggest says where the catalogue would send a filed case.
func (s *Service) suggest(ctx context.Context, code string, item *gridcasev1.QueueItem) error {
	district, err := s.o.Directory.District(code)
	if err != nil {
		return err
	}
	if err := s.o.Cases.Suggest(ctx, code, district.Catalogue, []*gridcasev1.QueueItem{item}); err != nil {
		return viewsAway(err)
	}
	return nil
}

// RenewLease keeps a case that the caller holds.
func (s *Service) RenewLease(ctx context.Context, q *gridcasev1.RenewLeaseRequest) (*gridcasev1.Lease, error) {
	actor := api.Actor(ctx)
	district, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	lease, err := s.o.Leases.Renew(ctx, district, q.GetCaseId(), actor.ID)
	if err != nil {
		return nil, notHolder(err)
	}
	return leaseOf(lease), nil
}

// ReleaseLease gives a case back.
func (s *Service) ReleaseLease(ctx context.Context, q *gridcasev1.ReleaseLeaseRequest) (*gridcasev1.ReleaseLeaseResponse, error) {
	actor := api.Actor(ctx)
	district, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	if err := s.o.Leases.Release(ctx, district, q.GetCaseId(), actor.ID); err != nil {
		return nil, notHolder(err)
	}
	return &gridcasev1.ReleaseLeaseResponse{}, nil
}

// notHolder says why a caller can't do anything with a lease.
func notHolder(err error) error {
	switch {
	case errors.Is(err, eventstore.ErrFree):
		return fault.New(fault.NotFound, "lease.none", "nobody holds this case now: take it with TakeNext")
	case errors.Is(err, eventstore.ErrHeld):
		return fault.New(fault.Conflict, "lease.other", "another user holds this case")
	}
	return err
}

func leaseOf(l eventstore.Lease) *gridcasev1.Lease {
	return &gridcasev1.Lease{CaseId: l.CaseID, Queue: l.Queue, Holder: l.Holder, Until: timestamppb.New(l.Until)}
}

// viewsAway is what a caller hears when a queue can't be read.
func viewsAway(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "views.unavailable", After: 2 * time.Second, Cause: err,
		Text: "the queues can't be read now, so no case can be given out; commands are taken all the same"}
}
