package eventstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Topic is one kind of reference data of a district.
type Topic string

// The topics.
const (
	Grids     Topic = "grids"
	Catalogue Topic = "catalogue"
	Calendar  Topic = "calendar"
	Access    Topic = "access"
)

// Reference is one stored part of one version of a district's reference data.
type Reference struct {
	District string
	Topic    Topic
	Seq      uint64 // in the district's reference stream
	Payload  []byte
}

// PublishReference stores the parts of one version as one, behind the topic's last sequence that the caller has seen (0: none), and
// returns the sequence of its last part. The outcomes are those of Append.
func (l *Log) PublishReference(ctx context.Context, district string, topic Topic, after uint64, parts [][]byte) (uint64, error) {
	if !l.nc.IsConnected() {
		return 0, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*l.patience)
	defer cancel()
	if err := l.open(ctx, referencePrefix+district, func() jetstream.StreamConfig { return l.referenceConfig(district) }); err != nil {
		return 0, err
	}
	msgs := make([]*nats.Msg, len(parts))
	for i, p := range parts {
		msgs[i] = nats.NewMsg(fmt.Sprintf("reference.%s.%s", district, topic))
		msgs[i].Data = p
	}
	guard(msgs[0], after)
	return l.publish(ctx, msgs)
}

func (l *Log) referenceConfig(district string) jetstream.StreamConfig {
	cfg := l.casesConfig(district, 0)
	cfg.Name, cfg.Subjects = referencePrefix+district, []string{"reference." + district + ".*"}
	cfg.Description = fmt.Sprintf("grids, catalogue, calendar and access of district %s, append-only versions", district)
	cfg.RePublish = nil
	return cfg
}

// FollowReference hands every stored part of every district to handle, in order within a district, one at a time, and calls ready once
// when all that was there at the start has been handed over. It blocks until ctx ends or handle fails.
func (l *Log) FollowReference(ctx context.Context, handle func(Reference) error, ready func()) error {
	return l.followAll(ctx, "reference.>", func(m jetstream.Msg, seq uint64) error {
		parts := strings.Split(m.Subject(), ".")
		if len(parts) != 3 {
			return fmt.Errorf("subject %q is no reference's", m.Subject())
		}
		return handle(Reference{District: parts[1], Topic: Topic(parts[2]), Seq: seq, Payload: m.Data()})
	}, ready)
}
