package projector

import (
	"context"

	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/text"
	"github.com/gridcase/gridcase/pkg/vault"
)

// texts opens what was written about cases, for the view that finds cases by it.
type texts struct{ vault *vault.Vault }

// Digests are those of the words of each text.
func (t texts) Digests(ctx context.Context, tx postgres.Tx, sealed []search.Text) ([][]string, error) {
	placed := make([]vault.Placed, len(sealed))
	for i, s := range sealed {
		placed[i] = vault.Placed(s)
	}
	opened, err := t.vault.OpenAll(ctx, tx, placed)
	if err != nil {
		return nil, err
	}
	digests := make([][]string, len(opened))
	for i, o := range opened {
		if !o.Erased {
			digests[i] = t.vault.Digests(text.Words(o.Text))
		}
	}
	return digests, nil
}
