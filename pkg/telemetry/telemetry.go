// Package telemetry is what the people who run gridcase see: JSON logs, metrics, and the admin port with liveness, readiness and profiles.
// It owns the metrics' names. It never sees a personal value: nobody hands it one.
package telemetry

import (
	"fmt"
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger returns a logger that writes a JSON object a line to w, from level (debug, info, warn, error) on.
func NewLogger(level string, w io.Writer) (*zap.Logger, error) {
	least, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	cfg := zap.NewProductionEncoderConfig()
	cfg.TimeKey, cfg.EncodeTime = "time", zapcore.RFC3339NanoTimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(cfg), zapcore.Lock(zapcore.AddSync(w)), least)), nil
}
