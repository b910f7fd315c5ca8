package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gridcase/gridcase/pkg/config"
	"github.com/gridcase/gridcase/pkg/keyring"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/notary"
)

// keysCmd is 'gridcase keys'.
type keysCmd struct {
	Export keysExportCmd `cmd:"" help:"Write the keys of this installation into one file that a passphrase opens."`
	Import keysImportCmd `cmd:"" help:"Put exported keys back, before the first start of a restored installation."`
}

// keyFiles says where the keys lie, and what opens their export. The installation need not run.
type keyFiles struct {
	Data           string `help:"Data directory of the installation." env:"GRIDCASE_DATA" placeholder:"DIR"`
	VaultKeyFile   string `name:"vault-key-file" help:"Key that wraps the keys of the vault. Default: vault.key in the data directory." env:"GRIDCASE_VAULT_KEY_FILE" placeholder:"FILE"`
	RootKeyFile    string `name:"root-key-file" help:"Key that signs the logs' roots. Default: root.key in the data directory." env:"GRIDCASE_ROOT_KEY_FILE" placeholder:"FILE"`
	PassphraseFile string `name:"passphrase-file" help:"File whose text is the passphrase; - is standard input." required:"" placeholder:"FILE"`
}

// places are where the two keys lie.
func (c *keyFiles) places() (vaultKey, rootKey keyring.Place, err error) {
	s := config.Settings{Data: c.Data, VaultKeyFile: c.VaultKeyFile, RootKeyFile: c.RootKeyFile}
	if err := s.CompleteFiles(); err != nil {
		return vaultKey, rootKey, err
	}
	vaultKey = keyring.Place{Name: "the vault's key", File: s.VaultKeyFile, Check: func(path string) error {
		_, err := vault.ReadKey(path)
		return err
	}}
	rootKey = keyring.Place{Name: "the key of the roots", File: s.RootKeyFile, Check: func(path string) error {
		_, err := notary.ReadKey(path)
		return err
	}}
	return vaultKey, rootKey, nil
}

// passphrase reads the passphrase, without the end of its line.
func (c *keyFiles) passphrase() (string, error) {
	read := func() ([]byte, error) { return os.ReadFile(c.PassphraseFile) }
	if c.PassphraseFile == "-" {
		read = func() ([]byte, error) { return io.ReadAll(os.Stdin) }
	}
	b, err := read()
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return trim(b), nil
}

type keysExportCmd struct {
	File     string `arg:"" help:"The file to write; one that exists is not overwritten."`
	keyFiles `embed:""`
}

// Run writes the export, and opens it again before it says so.
func (c *keysExportCmd) Run() error {
	vaultKey, rootKey, err := c.places()
	if err != nil {
		return err
	}
	k := keyring.Keyring{MadeAt: time.Now().UTC().Truncate(time.Second)}
	if k.Vault, err = vaultKey.Read(); err != nil {
		return err
	}
	if k.Root, err = rootKey.Read(); err != nil {
		return err
	}
	passphrase, err := c.passphrase()
	if err != nil {
		return err
	}
	sealed, err := k.Seal(keyring.Options{Passphrase: passphrase})
	if err != nil {
		return err
	}
	if _, err := keyring.Open(sealed, passphrase); err != nil {
		return err
	}
	if err := keyring.WriteNew(c.File, sealed); err != nil {
		return err
	}
	_, err = fmt.Printf("%s holds the vault's key and the key of the roots, and opens with the passphrase: keep it apart from the archive and the vault's backup, and the passphrase apart from it\n", c.File)
	return err
}

type keysImportCmd struct {
	File     string `arg:"" help:"An export of keys." type:"existingfile"`
	keyFiles `embed:""`
}

// Run puts the keys where they belong. Another key that is there stays, and is an error.
func (c *keysImportCmd) Run() error {
	vaultKey, rootKey, err := c.places()
	if err != nil {
		return err
	}
	sealed, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read the export of keys: %w", err)
	}
	passphrase, err := c.passphrase()
	if err != nil {
		return err
	}
	k, err := keyring.Open(sealed, passphrase)
	if err != nil {
		return err
	}
	if err := keyring.PutAll(keyring.Put{Place: vaultKey, Text: k.Vault}, keyring.Put{Place: rootKey, Text: k.Root}); err != nil {
		return err
	}
	_, err = fmt.Printf("the vault's key is at %s and the key of the roots at %s, as exported on %s\n", vaultKey.File, rootKey.File, k.MadeAt.Format(time.RFC3339))
	return err
}
