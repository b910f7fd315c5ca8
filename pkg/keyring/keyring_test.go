package keyring_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/keyring"
)

// quick makes a guess cheap: tests only.
const quick = 4

const passphrase = "correct horse battery staple"

func drawn(t *rapid.T) keyring.Keyring {
	key := rapid.StringMatching(`[0-9a-zA-Z+/=]{1,120}`)
	return keyring.Keyring{Format: keyring.Format, Vault: key.Draw(t, "vault"), Root: key.Draw(t, "root"), MadeAt: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "made"), 0).UTC()}
}

func sealed(t rapid.TB, k keyring.Keyring) []byte {
	t.Helper()
	b, err := k.Seal(keyring.Options{Passphrase: passphrase, Work: quick})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func refused(t rapid.TB, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: no fault, want %s", what, code)
	}
	if f := fault.Of(err); f.Kind != kind || f.Code != code {
		t.Fatalf("%s: %s %s (%v), want %s %s", what, f.Kind, f.Code, err, kind, code)
	}
}

func TestWhatWasSealedOpensToTheSameKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := drawn(t)
		if got, err := keyring.Open(sealed(t, k), passphrase); err != nil || got != k {
			t.Fatalf("%+v, %v, want %+v", got, err, k)
		}
	})
}

func TestAnExportTellsNothingOfItsKeys(t *testing.T) {
	t.Parallel()
	k := keyring.Keyring{Vault: "0123456789abcdef0123456789abcdef", Root: "PRIVATE+KEY+gridcase"}
	first, second := string(sealed(t, k)), string(sealed(t, k))
	if strings.Contains(first, k.Vault) || strings.Contains(first, k.Root) || strings.Contains(first, "vault_key") {
		t.Error("a key stands in the export in the clear")
	}
	if first == second {
		t.Error("two exports of the same keys are the same bytes")
	}
}

func TestAChangedByteOrALostEndIsNoticed(t *testing.T) {
	t.Parallel()
	whole := sealed(t, keyring.Keyring{Vault: "v", Root: "r"})
	rapid.Check(t, func(t *rapid.T) {
		damaged := append([]byte{}, whole...)
		at := rapid.IntRange(0, len(whole)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "truncate") {
			damaged = damaged[:at]
		} else {
			damaged[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		_, err := keyring.Open(damaged, passphrase)
		refused(t, "a damaged export", err, fault.Invalid, "keys.closed")
	})
}

func TestAnotherPassphraseOpensNothing(t *testing.T) {
	t.Parallel()
	b := sealed(t, keyring.Keyring{Vault: "v", Root: "r"})
	_, err := keyring.Open(b, passphrase+" ")
	refused(t, "another passphrase", err, fault.Invalid, "keys.closed")
	_, err = keyring.Open(b, "")
	refused(t, "no passphrase", err, fault.Invalid, "keys.passphrase")
}

func TestAPassphraseThatCanBeGuessedIsRefused(t *testing.T) {
	t.Parallel()
	for _, short := range []string{"", "elf letters", strings.Repeat("网", 11)} {
		_, err := keyring.Keyring{}.Seal(keyring.Options{Passphrase: short, Work: quick})
		refused(t, short, err, fault.Invalid, "keys.passphrase")
	}
	if _, err := (keyring.Keyring{}).Seal(keyring.Options{Passphrase: strings.Repeat("网", 12), Work: quick}); err != nil {
		t.Errorf("twelve characters: %v", err)
	}
}

// ageFile is a file of age that some other program wrote.
func ageFile(t *testing.T, plain string, work int) []byte {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(work)
	var b strings.Builder
	w, err := age.Encrypt(&b, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func TestAnExportOfAnotherFormIsRefused(t *testing.T) {
	t.Parallel()
	for what, plain := range map[string]string{"a later form": `{"format": 2}`, "no form": `{}`, "no JSON": "a letter", "nothing": ""} {
		_, err := keyring.Open(ageFile(t, plain, quick), passphrase)
		refused(t, what, err, fault.Invalid, "keys.format")
	}
}

func TestAnExportIsReadableWithoutGridcase(t *testing.T) {
	t.Parallel()
	k := keyring.Keyring{Vault: "aa", Root: "bb"}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(strings.NewReader(string(sealed(t, k))), identity)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.NewDecoder(r).Decode(&got); err != nil || got["vault_key"] != "aa" || got["root_key"] != "bb" || got["format"] != float64(1) {
		t.Errorf("%v, %v", got, err)
	}
}
