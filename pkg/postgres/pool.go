package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool is a pool of connections, under this name for those who only hand it on.
type Pool = pgxpool.Pool

// Tx is a transaction under way, by a name that a service may use.
type Tx = pgx.Tx

// Batch is what is asked of the database at once, by a name that a service may use.
type Batch = pgx.Batch

// PoolOptions are the settings of a pool.
type PoolOptions struct {
	Name    string        // shown in pg_stat_activity
	Conns   int32         // at most; 16 where 0
	Timeout time.Duration // of a statement; 5 s where 0
}

// Connect returns a pool. What its connections commit is on disk, whatever the server's default, unless the address or a transaction says
// otherwise. It opens no connection yet, so the database may still be away.
func Connect(ctx context.Context, dsn string, o PoolOptions) (*Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	if o.Conns == 0 {
		o.Conns = 16
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	cfg.MaxConns = o.Conns
	cfg.ConnConfig.ConnectTimeout = 3 * time.Second
	cfg.ConnConfig.RuntimeParams["application_name"] = "gridcase " + o.Name
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(o.Timeout.Milliseconds())
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if cfg.ConnConfig.RuntimeParams["synchronous_commit"] == "" {
		cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database's pool: %w", err)
	}
	return pool, nil
}
