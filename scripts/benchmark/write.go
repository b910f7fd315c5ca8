package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// writes is the group of one durability.
func writes(name, title string, relaxed bool, wanted []target) group {
	floor, ours, crud, store := name+": raw guarded publish", name+": gridcase", name+": CRUD tuned", name+": event store on Postgres"
	g := group{name: name, title: title, contestants: []contestant{
		{floor, rawPublish(relaxed)}, {ours, gridcaseWrites(relaxed, 1)}, {crud, crudWrites(relaxed)}, {store, storeWrites(relaxed)},
	}, targets: append([]target{
		{name: "write side over the raw guarded publish", of: ours, over: floor, least: 0.90},
		{name: "its processor time over the publish's", of: ours, over: floor, cpu: true, most: 1.15},
	}, wanted...)}
	if !relaxed {
		g.contestants = append(g.contestants, contestant{name + ": gridcase, 8 districts", gridcaseWrites(false, 8)})
	}
	return g
}

// rawPublish is the floor: the same number of messages of the same size, each guarded by the last sequence of its subject, and nothing else.
func rawPublish(relaxed bool) runner {
	return func(ctx context.Context, s size) (result, error) {
		return in(func(w *workshop) (result, error) {
			_, conn, err := w.log(relaxed)
			if err != nil {
				return result{}, err
			}
			js, err := jetstream.New(conn)
			if err == nil {
				_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: "RAW", Subjects: []string{"raw.>"}, DenyDelete: true, DenyPurge: true, AllowAtomicPublish: true, AllowDirect: true,
					RePublish: &jetstream.RePublish{Source: "raw.>", Destination: "live.raw.>", HeadersOnly: true}})
			}
			if err != nil {
				return result{}, err
			}
			cases := s.of(12000)
			m, err := measure(os.Getpid())
			if err != nil {
				return result{}, err
			}
			err = everyClient(ctx, cases, func(ctx context.Context, _ int) error { return publishCase(ctx, js) })
			if err != nil {
				return result{}, err
			}
			return m.done(cases * steps)
		})
	}
}

// publishCase publishes the messages of one case: headers and payload as long as an event's.
func publishCase(ctx context.Context, js jetstream.JetStream) error {
	id, seq, payload := uuid.Must(uuid.NewV7()).String(), uint64(0), []byte(strings.Repeat("p", 120))
	for i := range steps {
		msg := nats.NewMsg("raw.610399.2026." + id)
		msg.Data = payload
		for k := range 17 {
			msg.Header[fmt.Sprintf("gridcase-header-%02d", k)] = []string{id}
		}
		msg.Header.Set("gridcase-case-version", strconv.Itoa(i+1))
		ack, err := js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(seq))
		if err != nil {
			return err
		}
		seq = ack.Sequence
	}
	return nil
}

// gridcaseWrites is the write side in this process: rules, cache, envelope, hash chain, guard.
func gridcaseWrites(relaxed bool, districts int) runner {
	return func(ctx context.Context, s size) (result, error) {
		return in(func(w *workshop) (result, error) {
			log, _, err := w.log(relaxed)
			if err != nil {
				return result{}, err
			}
			d, err := w.desk(ctx, log, districts)
			if err != nil {
				return result{}, err
			}
			cases := s.of(12000)
			m, err := measure(os.Getpid())
			if err != nil {
				return result{}, err
			}
			if err := everyClient(ctx, cases, d.playCase); err != nil {
				return result{}, err
			}
			r, err := m.done(cases * steps)
			if err != nil {
				return result{}, err
			}
			return r, stored(ctx, log, cases*steps)
		})
	}
}

// playCase takes one case on its way.
func (d *desk) playCase(ctx context.Context, n int) error {
	district := d.districts[n%len(d.districts)]
	for _, t := range way(district) {
		if _, err := d.commands.Do(ctx, d.actors[district+t.user], t.cmd); err != nil {
			return fmt.Errorf("%T: %w", t.cmd, err)
		}
	}
	return nil
}
