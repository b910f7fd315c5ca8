package postgres_test

import (
	"context"
	"testing"

	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
)

// TestWhatAPoolCommitsIsOnDisk sets the database's default to the contrary: the vault's texts must be there before the event that names them.
func TestWhatAPoolCommitsIsOnDisk(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Connect(context.Background(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`); err != nil {
		t.Fatal(err)
	}
	pool.Reset() // the default is that of connections to come
	var commits string
	if err := pool.QueryRow(t.Context(), `show synchronous_commit`).Scan(&commits); err != nil || commits != "on" {
		t.Errorf("synchronous_commit is %q (%v), want on", commits, err)
	}
}
