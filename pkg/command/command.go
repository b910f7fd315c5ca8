// Package command is the write side: it loads a case, lets the rules decide, and appends what they yield, guarded by the case's last
// event. It owns idempotency by command id, the cache of folded cases and the read-back after a conflict or a time-out. It is the only
// writer of cases, and it never reads a view.
//
// # Decisions
//
// 2026-11: a stale cache entry is harmless on the way to an append, since the guard judges; on the way to a refusal it is not, so a refusal
// that was decided on a cached case is decided again on what the stream's leader has.
package command

import (
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/vault"
)

// Log is what the write side needs of the event store.
type Log interface {
	AppendTogether(ctx context.Context, parts []eventstore.Part) (uint64, error)
	Load(ctx context.Context, c eventstore.Case, after, version uint64, prev string) ([]eventstore.Event, error)
	LeaseNumbers(ctx context.Context, counter string, size uint64) (uint64, error)
}

// Permits answers which approved permits of works hold a place; an Unavailable fault where it can't tell.
type Permits interface {
	Permits(district string, at *gridcasev1.GeoPoint, when time.Time) ([]*gridcasev1.Permit, error)
}

// Options are the settings of a Service.
type Options struct {
	Log       Log
	Directory *reference.Directory
	Access    *access.Access
	Vault     *vault.Vault
	Permits   Permits
	Now       func() time.Time // the server's clock; time.Now where nil
	Cache     int              // how many folded cases are kept; 32,768 where 0: some 95 MiB, more than a district has in flight
	Logger    *zap.Logger
}

// Service takes commands. It is safe for concurrent use.
type Service struct {
	log       Log
	directory *reference.Directory
	access    *access.Access
	vault     *vault.Vault
	permits   Permits
	now       func() time.Time
	numbers   *numbers
	logger    *zap.Logger

	cases *lru.Cache[eventstore.Case, casework.Case]
	locks [1024]sync.Mutex // one command of a case at a time in this process: rivals would only conflict
	seed  maphash.Seed
}

const (
	// patience bounds a command: a caller hears "unavailable" within 3 s.
	patience = 2800 * time.Millisecond
	// tries is how often a command is decided again after a conflict.
	tries = 5
)

// New returns a write side.
func New(o Options) (*Service, error) {
	if o.Cache == 0 {
		o.Cache = 32_768
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	cases, err := lru.New[eventstore.Case, casework.Case](o.Cache)
	if err != nil {
		return nil, err
	}
	return &Service{log: o.Log, directory: o.Directory, access: o.Access, vault: o.Vault, permits: o.Permits, now: o.Now, numbers: newNumbers(o.Log),
		logger: o.Logger, cases: cases, seed: maphash.MakeSeed()}, nil
}

// Do takes a command of actor and returns its receipt when its event is stored. Sent again, with the same id, it returns the same receipt
// and stores nothing, for ever. A *fault.Error says why it was refused, or that it is to be sent again.
func (s *Service) Do(ctx context.Context, actor access.Actor, cmd casework.Command) (*gridcasev1.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := s.begin(actor, cmd)
	if err != nil {
		return nil, err
	}
	defer func() {
		if !a.sent {
			giveBack(a.numbers)
		}
	}()
	lock := &s.locks[maphash.String(s.seed, a.key.ID)%uint64(len(s.locks))]
	lock.Lock()
	defer lock.Unlock()
	for try := 0; ; try++ {
		receipt, err := s.attempt(ctx, a, try > 0)
		if !again(err) {
			return receipt, err
		}
		if try == tries || ctx.Err() != nil {
			return nil, &fault.Error{Kind: fault.Unavailable, Code: "case.contended", After: time.Second, Cause: err,
				Text: "the case is changing too fast or the log is slow; send the same command again to learn whether it is stored"}
		}
		pause(ctx, try)
	}
}

// again tells whether the case must be read anew and the command decided again.
func again(err error) bool {
	return errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrUnknown) || errors.Is(err, vault.ErrRaced)
}

// pause waits a little longer each time, with jitter, so that rivals don't meet again. The first retry comes at once: on a replicated
// stream a conflict also comes without a rival.
func pause(ctx context.Context, try int) {
	if try == 0 {
		return
	}
	wait := rand.N(time.Duration(1<<try) * 4 * time.Millisecond)
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}
