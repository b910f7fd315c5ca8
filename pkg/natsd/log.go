package natsd

import (
	"fmt"

	"go.uber.org/zap"
)

// serverLog hands the server's warnings and errors on; the rest is noise. What keeps the server from starting goes to fatal too.
type serverLog struct {
	log   *zap.Logger
	fatal chan<- string
}

func (serverLog) Noticef(string, ...any) {}
func (serverLog) Debugf(string, ...any)  {}
func (serverLog) Tracef(string, ...any)  {}

func (l serverLog) Warnf(format string, v ...any) {
	l.log.Warn("log server warns", zap.String("text", fmt.Sprintf(format, v...)))
}

func (l serverLog) Errorf(format string, v ...any) {
	l.log.Error("log server failed at something", zap.String("text", fmt.Sprintf(format, v...)))
}

func (l serverLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default: // the first one is the cause
	}
}
