package natsd

import (
	"fmt"

	"go.uber.org/zap"
)

// serverLog hands the server's warnings and errors on; the rest is noise.
type serverLog struct{ log *zap.Logger }

func (serverLog) Noticef(string, ...any) {}
func (serverLog) Debugf(string, ...any)  {}
func (serverLog) Tracef(string, ...any)  {}

func (l serverLog) Warnf(format string, v ...any) { l.warn(format, v) }

func (l serverLog) Errorf(format string, v ...any) { l.warn(format, v) }

func (l serverLog) Fatalf(format string, v ...any) { l.warn(format, v) }

func (l serverLog) warn(format string, v []any) {
	l.log.Warn("log server", zap.String("text", fmt.Sprintf(format, v...)))
}
