package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// errStuck ends a consumer that delivers nothing though it has messages to deliver.
var errStuck = errors.New("consumer delivers nothing")

// watchdog finds out that a consumer has stopped delivering.
type watchdog struct {
	log      *Log
	consumer jetstream.Consumer
	floor    *uint64
	last     uint64 // deliveries at the last look
	looked   bool
}

// find fails where the broker doesn't have the consumer.
func (w *watchdog) find(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.log.patience)
	defer cancel()
	info, err := w.consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the consumer: %w", err)
	}
	*w.floor = info.AckFloor.Stream
	return nil
}

// look finds the consumer and compares it with the last look. Whoever shares the work may have got what was delivered.
func (w *watchdog) look(ctx context.Context) error {
	if err := w.find(ctx); err != nil {
		return err
	}
	info := w.consumer.CachedInfo()
	still := w.looked && info.Delivered.Consumer == w.last
	w.last, w.looked = info.Delivered.Consumer, true
	if still && info.NumPending > 0 && info.NumAckPending < maxPending {
		return errStuck
	}
	return nil
}
