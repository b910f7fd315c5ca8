package eventstore

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const rootsPrefix = "ROOTS_"

// SignedRoot is a signed root of a log as it is stored.
type SignedRoot struct {
	Seq  uint64 // in the district's stream of roots
	Note string // what was signed, with its signature
}

func rootSubject(s Stream) string { return fmt.Sprintf("roots.%s.%04d", s.District, s.Year) }

// AppendRoot stores a signed root of a log behind the one that the caller has seen last, at the sequence after (0: none). The outcomes are
// those of Append.
func (l *Log) AppendRoot(ctx context.Context, s Stream, after uint64, signed string) (uint64, error) {
	m := nats.NewMsg(rootSubject(s))
	m.Data = []byte(signed)
	guard(m, after)
	return l.store(ctx, rootsPrefix+s.District, func() jetstream.StreamConfig { return l.rootsConfig(s.District) }, []*nats.Msg{m})
}

func (l *Log) rootsConfig(district string) jetstream.StreamConfig {
	cfg := l.casesConfig(district, 0)
	cfg.Name, cfg.Subjects = rootsPrefix+district, []string{"roots." + district + ".*"}
	cfg.Description = fmt.Sprintf("the signed roots of district %s's logs, append-only", district)
	cfg.RePublish = nil
	return cfg
}

// Roots returns every signed root of a log, in the order in which they were stored, up to and including the last one that the leader has.
func (l *Log) Roots(ctx context.Context, s Stream) ([]SignedRoot, error) {
	last, err := l.LastRoot(ctx, s)
	if err != nil || last == nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 4*l.patience)
	defer cancel()
	var roots []SignedRoot
	for next := uint64(1); next < last.Seq; {
		found, err := l.rootsFrom(ctx, s, next)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			break
		}
		roots = append(roots, found...)
		next = found[len(found)-1].Seq + 1
	}
	if len(roots) == 0 || roots[len(roots)-1].Seq < last.Seq { // a follower may not have it yet
		roots = append(roots, *last)
	}
	return roots, nil
}

// LastRoot returns the last signed root of a log as the leader has it; nil where there is none.
func (l *Log) LastRoot(ctx context.Context, s Stream) (*SignedRoot, error) {
	m, err := l.fromLeader(ctx, rootsPrefix+s.District, map[string]any{"last_by_subj": rootSubject(s)})
	if err != nil || m == nil {
		return nil, err
	}
	return &SignedRoot{Seq: m.Seq, Note: string(m.Data)}, nil
}

func (l *Log) rootsFrom(ctx context.Context, s Stream, from uint64) (roots []SignedRoot, err error) {
	_, err = l.batch(ctx, rootsPrefix+s.District, loadBatch, func(m *jetstream.RawStreamMsg) error {
		roots = append(roots, SignedRoot{Seq: m.Sequence, Note: string(m.Data)})
		return nil
	}, jetstreamext.GetBatchSubject(rootSubject(s)), jetstreamext.GetBatchSeq(from))
	return roots, err
}
