package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
)

// digestText has 8 characters for 40 bits: lower-case letters and digits alone.
var digestText = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv")

// Digests returns a digest for each word: equal words have equal ones, and without the vault's key nobody can tell which word it is of. Two
// of a million words share one by chance about as likely as not: it finds texts, it proves nothing.
func (v *Vault) Digests(words []string) []string {
	sub := hmac.New(sha256.New, v.kek[:])
	sub.Write([]byte("gridcase digests of words"))
	mac := hmac.New(sha256.New, sub.Sum(nil))
	digests := make([]string, len(words))
	for i, word := range words {
		mac.Reset()
		mac.Write([]byte(word))
		digests[i] = digestText.EncodeToString(mac.Sum(nil)[:5])
	}
	return digests
}
