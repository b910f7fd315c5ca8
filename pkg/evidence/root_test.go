package evidence_test

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/gridcase/gridcase/pkg/evidence"
)

func TestASignedRootIsACheckpointOfATransparencyLog(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	root := rootOf(t, write(t, 1, 2, 1), 3)
	signed, err := root.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(signed, "\n")
	if lines[0] != "gridcase/610302-2026" || lines[1] != "3" || lines[2] != root.Hash.String() || !strings.HasPrefix(lines[3], "heads 2 ") || lines[4] != "signed 2026-05-01T00:00:00Z" ||
		lines[5] != "" || !strings.HasPrefix(lines[6], "— gridcase ") {
		t.Errorf("the checkpoint is %q", signed)
	}
	verifier, err := note.NewVerifier(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open([]byte(signed), note.VerifierList(verifier)); err != nil {
		t.Errorf("the library of signed notes refuses it: %v", err)
	}
	if opened, err := evidence.OpenRoot(signed, k.Public()); err != nil || opened != root {
		t.Errorf("opened it is %v (%v), want %v", opened, err, root)
	}
}

func TestASignedTextThatIsNoRootIsRefused(t *testing.T) {
	t.Parallel()
	secret, public, err := note.GenerateKey(nil, "gridcase")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	const hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	for _, text := range []string{
		"hello\n",
		"gridcase/610302-2026\n3\n",
		"gridcase/610302-2026\n3\n" + hash + "\nheads 2 " + hash + "\nsigned yesterday\n",
		"gridcase/610302-2026\n3\n" + hash + "\nheads 2 " + hash + "\nsigned 2026-05-01T00:00:00Z\nmore\n",
		"gridcase/610302-2026\n3\nAA==\nheads 2 " + hash + "\nsigned 2026-05-01T00:00:00Z\n",
		"gridcase/610302-2026\n03\n" + hash + "\nheads 2 " + hash + "\nsigned 2026-05-01T00:00:00Z\n",
	} {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if root, err := evidence.OpenRoot(string(signed), public); err == nil {
			t.Errorf("%q is read as %v", text, root)
		}
	}
}

func TestAKeyThatIsNoneIsRefusedAndNotShown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "secret", "PRIVATE+KEY+gridcase+00000000+AAAA"} {
		if _, err := evidence.ReadKey(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q is answered by %v", text, err)
		}
	}
}

func TestEveryKeyThatIsMadeSignsWhatItsPublicPartOpens(t *testing.T) {
	t.Parallel()
	root := rootOf(t, write(t, 1), 1)
	for range 64 { // base64 holds the signs that part a key's text, now and then
		k := newKey(t)
		signed, err := root.Sign(k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.OpenRoot(signed, k.Public()); err != nil {
			t.Errorf("%s does not open what its key signed: %v", k.Public(), err)
		}
	}
}
