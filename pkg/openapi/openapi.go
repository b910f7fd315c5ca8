// Package openapi owns the description of the API (OpenAPI 3.1), made from the contract by scripts/generate, and how it is served. It
// never describes what the contract doesn't hold.
package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the document
	"encoding/hex"
	"net/http"
	"time"
)

//go:embed openapi.json
var document []byte

// JSON returns a copy of the document.
func JSON() []byte { return bytes.Clone(document) }

// Handler serves the document to GET and HEAD, with an entity tag, so that a client that has it need not fetch it again.
func Handler() http.Handler {
	sum := sha256.Sum256(document)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(document))
	})
}
