package notary

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// ListStreams answers: which streams are evidence, and are to be archived?
func (n *Notary) ListStreams(ctx context.Context, _ *gridcasev1.ListStreamsRequest) (*gridcasev1.ListStreamsResponse, error) {
	kept, err := n.o.Log.Kept(ctx)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListStreamsResponse{Key: n.o.Key.Public()}
	for _, k := range kept {
		answer.Streams = append(answer.Streams, &gridcasev1.EvidenceStream{Name: k.Name, Created: timestamppb.New(k.Created), First: k.First, Last: k.Last})
	}
	return answer, nil
}

// ReadRecords reads a stream of evidence as it is stored.
func (n *Notary) ReadRecords(ctx context.Context, q *gridcasev1.ReadRecordsRequest) (*gridcasev1.ReadRecordsResponse, error) {
	limit := int(q.GetLimit())
	if limit == 0 {
		limit = 1000
	}
	stored, err := n.o.Log.Records(ctx, q.GetStream(), q.GetFrom(), limit)
	if errors.Is(err, eventstore.ErrNoStream) {
		return nil, fault.New(fault.NotFound, "stream.unknown", "there is no stream of evidence %s", q.GetStream())
	}
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ReadRecordsResponse{Records: make([]*gridcasev1.Record, len(stored))}
	for i := range stored {
		answer.Records[i] = record(&stored[i])
	}
	return answer, nil
}

// record is a stored message without what the log's server made for itself.
func record(s *eventstore.Stored) *gridcasev1.Record {
	r := &gridcasev1.Record{Sequence: s.Seq, Subject: s.Subject, Payload: s.Payload}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		if !strings.HasPrefix(name, "Nats-") {
			r.Headers = append(r.Headers, &gridcasev1.RecordHeader{Name: name, Values: s.Headers[name]})
		}
	}
	return r
}
