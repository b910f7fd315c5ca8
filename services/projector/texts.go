package projector

import (
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/text"
	"github.com/gridcase/gridcase/pkg/vault"
)

// texts opens what was written about cases, for the view that finds cases by it.
type texts struct{ vault *vault.Vault }

// Digests are those of the words of each text.
func (t texts) Digests(b *postgres.Batch, sealed []search.Text) func() ([][]string, error) {
	placed := make([]vault.Placed, len(sealed))
	for i, s := range sealed {
		placed[i] = vault.Placed(s)
	}
	open := t.vault.OpenAll(b, placed)
	return func() ([][]string, error) {
		opened, err := open()
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
}
