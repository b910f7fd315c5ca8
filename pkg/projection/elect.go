package projection

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// leaderLock is the key of the advisory lock that the working projector's session holds.
const leaderLock = 0x67726964 // "grid"

// elect opens a session of its own and waits for the lock.
func (p *Projector) elect(ctx context.Context) (*pgx.Conn, error) {
	cfg := p.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["tcp_keepalives_idle"] = "5"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect the projector: %w", err)
	}
	if err := awaitLock(ctx, conn); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("wait for the projector's lock: %w", err)
	}
	return conn, nil
}

// awaitLock asks for the lock until it is free. One statement that waits would hold a snapshot for as long as the other one lives, and
// nothing that the views replace meanwhile could be cleaned up.
func awaitLock(ctx context.Context, conn *pgx.Conn) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		var mine bool
		if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, leaderLock).Scan(&mine); err != nil || mine {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
