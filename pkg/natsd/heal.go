package natsd

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// watchInterval is how often the server's health is looked at.
const watchInterval = time.Second

// healFloor is how many bytes must be free before a restart can help: a block of the store and what the server keeps beside it.
const healFloor = 1 << 20

// Run watches the server's health until ctx ends, and starts it again when it stays unhealthy and the disk has space: a write error, once
// latched, ends only so. A restart that does not help is tried again after 2, 4, 8 … and at last every 60 seconds.
func (s *Server) Run(ctx context.Context) error {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for ill, due := 0, firstRestart; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		err := s.Healthy()
		if err == nil {
			s.recovered(ill)
			ill, due = 0, firstRestart
			continue
		}
		if ill++; ill == 1 {
			s.log.Warn("log is unhealthy", zap.Error(err))
		}
		if ill < due || free(s.options.Dir) < healFloor {
			continue
		}
		due = min(2*ill, ill+60)
		if err := s.restart(); err != nil {
			s.log.Error("log did not restart", zap.Error(err))
		}
	}
}

// firstRestart is the number of looks in a row that find the server unhealthy before it is started again: a stream that is being made looks
// for a moment like one that could not be recovered.
const firstRestart = 2

func (s *Server) recovered(ill int) {
	if ill > 0 {
		s.log.Info("log is healthy again")
	}
}

// restart ends the running incarnation and begins the next; clients reconnect by themselves.
func (s *Server) restart() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	ns, err := s.launch()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.ns = ns
	s.mu.Unlock()
	s.log.Warn("log restarted")
	return nil
}
