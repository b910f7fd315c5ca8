package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestTheKeysComeBack: the keys are lost, the log and the vault are not. With fresh keys gridcase refuses to run; with those that were exported
// it shows what was sealed before, and knows the roots that it signed as its own.
func TestTheKeysComeBack(t *testing.T) {
	t.Parallel()
	data, dir := dataDir(t), t.TempDir()
	phrase, keys := filepath.Join(dir, "phrase"), filepath.Join(dir, "keys.age")
	write(t, phrase, "six words that nobody ever guesses\n")
	keysOf := func(verb string, status int, says string) {
		t.Helper()
		if printed, got := shell(t, "keys", verb, keys, "--data", data, "--passphrase-file", phrase); got != status || !strings.Contains(printed, says) {
			t.Fatalf("keys %s ends with %d: %s", verb, got, printed)
		}
	}
	keysOf("export", 1, "vault.key: no such file") // nothing has run yet, and an export makes no key
	r := start(t, "up", "--data", data)
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	caseID := wholeWay(t, c)
	root := signed(t, r)
	keysOf("export", 0, "keep it apart")
	keysOf("export", 1, "is not overwritten")
	r.stop(t, syscall.SIGTERM)

	lose(t, data)
	if printed, status := shell(t, "up", "--data", data, "--unsafe-filesystem", "--api-addr", freeAddress(t), "--admin-addr", freeAddress(t)); status != 1 || !strings.Contains(printed, "the vault was made with another key") {
		t.Fatalf("with fresh keys, gridcase ends with %d: %s", status, printed)
	}
	keysOf("import", 1, "it is not replaced") // the fresh ones
	lose(t, data)
	keysOf("import", 0, "vault.key")
	keysOf("import", 0, "vault.key") // once more does nothing

	again := start(t, "up", "--data", data)
	c = city{"http://" + again.api, "http://" + again.api}
	c.open(t)
	keepsSecrets(t, c, caseID)
	if known := signed(t, again); known != root {
		t.Errorf("the root of the same log is %q, and was %q", known, root)
	}
	again.stop(t, syscall.SIGTERM)
	if strings.Contains(r.output.String()+again.output.String(), "PRIVATE") {
		t.Error("a key is logged")
	}
}

// lose deletes the keys.
func lose(t *testing.T, data string) {
	t.Helper()
	for _, name := range []string{"vault.key", "root.key"} {
		if err := os.Remove(filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// signed returns the root of this year's log.
func signed(t *testing.T, r *running) string {
	t.Helper()
	printed, status := shell(t, "roots", "sign", referencetest.District, fmt.Sprint(time.Now().UTC().Year()), "--url", "http://"+r.api, "--token", referencetest.OperatorToken)
	if status != 0 {
		t.Fatalf("roots sign ends with %d: %s", status, printed)
	}
	return printed
}
