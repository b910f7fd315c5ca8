package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/vault"
)

// seed is a log that is made once and kept: a data directory of gridcase with so many cases in the first district, and the vault with what
// their reports say. All but those in flight are closed, each after nine events.
type seed struct {
	Cases    int       `json:"cases"`
	InFlight int       `json:"in_flight"`
	Events   uint64    `json:"events"`
	Made     time.Time `json:"made"`
	Format   int       `json:"format"`
	dir      string
}

// seedFormat is raised with the workload, so that older logs are made anew.
const seedFormat = 3

// seeded returns a log of the cache; it is made where it isn't there, or was made otherwise, or has grown by a fifth since by what was
// measured on it.
func (b *bench) seeded(ctx context.Context, cases, inFlight int) (*seed, error) {
	s := &seed{Cases: cases, InFlight: inFlight, dir: filepath.Join(b.cache, fmt.Sprintf("log-%d-%d", cases, inFlight))}
	if known, err := os.ReadFile(s.manifest()); err == nil {
		var old seed
		if json.Unmarshal(known, &old) == nil && old.Format == seedFormat && b.grown(ctx, s.dir) < old.Events+old.Events/5 {
			old.dir = s.dir
			return &old, nil
		}
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return nil, fmt.Errorf("clear a log of the cache: %w", err)
	}
	b.progress("making a log of %s cases, %s in flight, in %s", number(float64(cases)), number(float64(inFlight)), s.dir)
	if err := s.fill(ctx, b); err != nil {
		return nil, fmt.Errorf("make a log of %d cases: %w", cases, err)
	}
	s.Made, s.Format = time.Now(), seedFormat
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return s, os.WriteFile(s.manifest(), text, 0o644)
}

func (s *seed) manifest() string { return filepath.Join(s.dir, "seed.json") }

// grown is the number of events that a log of the cache has now; endless where it can't be opened.
func (b *bench) grown(ctx context.Context, dir string) uint64 {
	h, err := openHouse(ctx, filepath.Join(dir, "nats"), "", true)
	if err != nil {
		return 1 << 62
	}
	defer h.close()
	n, err := stored(ctx, h.log, 0, 1)
	if err != nil {
		return 1 << 62
	}
	return n
}

// fill makes the log and the vault, with the product's own rules and envelopes, lazily synced.
func (s *seed) fill(ctx context.Context, b *bench) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	db, err := startServer(ctx, postgres.ServerOptions{Dir: filepath.Join(s.dir, "postgres"), Unsafe: true})
	if err != nil {
		return err
	}
	defer b.stop(db)
	texts, err := openVault(ctx, db.DSN("postgres"), s.key())
	if err != nil {
		return err
	}
	defer texts.close()
	if err := s.write(ctx, b, texts.Vault); err != nil {
		return err
	}
	return s.texts().take(ctx, db.DSN("postgres"))
}

// key is the file with the vault's key, where the product looks for it.
func (s *seed) key() string { return filepath.Join(s.dir, "vault.key") }

// texts are the vault's rows as files, for databases of others.
func (s *seed) texts() *copies { return &copies{s.dir, vaultTables} }

// write makes the log; what the reports say goes into the vault.
func (s *seed) write(ctx context.Context, b *bench, texts *vault.Vault) error {
	h, err := openHouse(ctx, filepath.Join(s.dir, "nats"), "", true)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.open(ctx, 1); err != nil {
		return err
	}
	people, err := h.people(1)
	if err != nil {
		return err
	}
	first := newStory(0, 0)
	if err := (&writer{h.commands, people}).do(ctx, 0, first, &way[0], way[0].make(first)); err != nil { // makes the stream
		return err
	}
	stream, err := h.log.Stream(ctx, district(0).code(), time.Now().UTC().Year())
	if err != nil {
		return err
	}
	quick, err := newQuickLog(h.conn, stream.Last)
	if err != nil {
		return err
	}
	h.vault = texts
	commands, err := h.writeSide(quick, 20*s.InFlight+1000)
	if err != nil {
		return err
	}
	if err := s.tell(ctx, b, &writer{commands, people}); err != nil {
		return err
	}
	s.Events = quick.seq
	return quick.finish(ctx, h.log, stream)
}

// tell plays the cases: always one of those in flight, at random, takes its next step; one that ends makes room for a new one.
func (s *seed) tell(ctx context.Context, b *bench, who player) error {
	var begun atomic.Int64
	tellers := runtime.NumCPU()
	g, ctx := errgroup.WithContext(ctx)
	for t := range tellers {
		g.Go(func() error {
			dice := rand.New(rand.NewPCG(1, uint64(t)))
			var flying []*flight
			for {
				if len(flying) < max(1, s.InFlight/tellers) {
					n := begun.Add(1)
					if n > int64(s.Cases) {
						return nil
					}
					if n%100_000 == 0 {
						b.progress("%s cases", number(float64(n)))
					}
					flying = append(flying, &flight{story: newStory(0, uint64(n)).written()})
				}
				i := dice.IntN(len(flying))
				if err := flying[i].next(ctx, who); err != nil {
					return err
				}
				if flying[i].step == len(way) {
					flying[i] = flying[len(flying)-1]
					flying = flying[:len(flying)-1]
				}
			}
		})
	}
	return g.Wait()
}

// flight is a case on its way.
type flight struct {
	*story
	step int
}

// patientSends is how often a command is sent while the vault can't be written to: the making of a log outlasts a busy minute of the disk.
const patientSends = 20

// next takes the next step. What the vault can't keep now is sent again after a while, as clients do.
func (f *flight) next(ctx context.Context, who player) error {
	cmd := way[f.step].make(f.story)
	var err error
	for range patientSends {
		if err = who.do(ctx, 0, f.story, &way[f.step], cmd); err == nil || fault.Of(err).Code != "vault.unavailable" {
			break
		}
		select {
		case <-time.After(fault.Of(err).After):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.step++
	return err
}

// events are so many events of cases of which up to 512 are on their way at once, in an order in which they may be stored; their texts are in
// a vault.
func (b *bench) events(ctx context.Context, n int, texts *vault.Vault) ([]eventstore.Part, error) {
	inFlight := min(512, n/16+1)
	parts, err := b.model(ctx, n/len(way)+inFlight, inFlight, texts) // those that are on their way in the end are not finished
	return parts[:min(n, len(parts))], err
}

// model plays cases against a log that keeps: parts in an order in which they may be stored, whose texts are in a vault.
func (b *bench) model(ctx context.Context, cases, inFlight int, texts *vault.Vault) ([]eventstore.Part, error) {
	dir := filepath.Join(b.dir, "model")
	h, err := openHouse(ctx, dir, "", true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the run's directory goes in any case
	defer h.close()
	if err := h.open(ctx, 1); err != nil {
		return nil, err
	}
	people, err := h.people(1)
	if err != nil {
		return nil, err
	}
	keep, err := newQuickLog(nil, 0)
	if err != nil {
		return nil, err
	}
	h.vault = texts
	commands, err := h.writeSide(keep, 2*inFlight+1000)
	if err != nil {
		return nil, err
	}
	s := seed{Cases: cases, InFlight: inFlight}
	if err := s.tell(ctx, b, &writer{commands, people}); err != nil {
		return nil, err
	}
	return keep.kept, nil
}
