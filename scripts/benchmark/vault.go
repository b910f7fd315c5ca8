package main

import (
	"context"

	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/vault"
)

// vaultTables are what a vault holds, those first that others refer to.
var vaultTables = []string{"vault.persons", "vault.values"}

// openedVault is a vault in a database, with connections of its own.
type openedVault struct {
	*vault.Vault
	pool *postgres.Pool
}

// openVault opens the vault of a database; its tables and its key are made where they are missing.
func openVault(ctx context.Context, dsn, keyFile string) (*openedVault, error) {
	key, err := vault.LoadKey(keyFile)
	if err != nil {
		return nil, err
	}
	pool, err := postgres.Connect(ctx, dsn, postgres.PoolOptions{Name: "benchmark"})
	if err != nil {
		return nil, err
	}
	v := &openedVault{vault.New(pool, key), pool}
	if err := v.Migrate(ctx); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *openedVault) close() { v.pool.Close() }

// hold has every database that is made from now on hold what the reports of a log say, and returns the vault by which views open it within
// their transactions.
func (d *database) hold(ctx context.Context, s *seed) (*vault.Vault, error) {
	const name = "texts"
	dsn, err := d.fresh(ctx, name)
	if err != nil {
		return nil, err
	}
	v, err := openVault(ctx, dsn, s.key())
	if err != nil {
		return nil, err
	}
	defer v.close() // nobody may be connected to what is copied
	if err := s.texts().load(ctx, dsn); err != nil {
		return nil, err
	}
	return v.settled(ctx, d, name)
}

// settled makes a vault's database the model of further ones, once the planner knows it, and returns the vault for views alone.
func (v *openedVault) settled(ctx context.Context, d *database, name string) (*vault.Vault, error) {
	if _, err := v.pool.Exec(ctx, "analyze vault.persons, vault.values"); err != nil {
		return nil, err
	}
	d.model = name
	return v.Vault, nil
}
