// Package s3test gives tests a real S3 server on loopback, which keeps its buckets in memory, heeds conditions, and holds what it is sent to
// its SHA-256. It never leaves this machine.
package s3test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// The key that the server knows.
const (
	Key    = "AKIDGRIDCASETEST"
	Secret = "a-secret-that-no-output-shows"
)

// Server is a running server.
type Server struct {
	URL    string
	files  gofakes3.Backend
	next   http.Handler
	server *httptest.Server
	before atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

// Start runs a server until Close.
func Start() *Server {
	s := &Server{files: s3mem.New()}
	s.next = gofakes3.New(s.files).Server()
	s.server = httptest.NewServer(s)
	s.URL = s.server.URL
	return s
}

// New is a server that ends with the test.
func New(t testing.TB) *Server {
	s := Start()
	t.Cleanup(s.Close)
	return s
}

// Close ends the server. What it keeps is gone.
func (s *Server) Close() { s.server.Close() }

// Bucket makes a bucket and returns the address of a prefix in it.
func (s *Server) Bucket(t testing.TB, name string) string {
	t.Helper()
	if err := s.files.CreateBucket(name); err != nil {
		t.Fatal(err)
	}
	return "s3://" + name + "/a/copy"
}

// Env are the variables that name the server and the key that it knows.
func (s *Server) Env() []string {
	return []string{"AWS_ENDPOINT_URL=" + s.URL, "AWS_ACCESS_KEY_ID=" + Key, "AWS_SECRET_ACCESS_KEY=" + Secret}
}

// Before has each request go through look first, in place of the one that was set before; nil: through none. A request that look says it
// has answered goes no further.
func (s *Server) Before(look func(http.ResponseWriter, *http.Request) (answered bool)) {
	if look == nil {
		s.before.Store(nil)
		return
	}
	s.before.Store(&look)
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+Key+"/") {
		Refuse(w, http.StatusForbidden, "InvalidAccessKeyId")
		return
	}
	if look := s.before.Load(); look != nil && (*look)(w, r) {
		return
	}
	if r.Method == http.MethodPut && !sound(r) {
		Refuse(w, http.StatusBadRequest, "XAmzContentSHA256Mismatch")
		return
	}
	s.next.ServeHTTP(w, r)
}

// sound holds what is put to the two checksums that it must come with.
func sound(r *http.Request) bool {
	content, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(content))
	sum := sha256.Sum256(content)
	return err == nil && r.Header.Get("X-Amz-Content-Sha256") == hex.EncodeToString(sum[:]) &&
		r.Header.Get("X-Amz-Checksum-Sha256") == base64.StdEncoding.EncodeToString(sum[:])
}

// Refuse answers as S3 refuses.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code) // who is gone needs no answer
}

// Tear reads half of what is put and breaks the connection off.
func Tear(r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2) // however far it comes
	panic(http.ErrAbortHandler)
}

// Main runs a binary's tests with the variables set to a server, for those that call the package itself.
func Main(m *testing.M, server **Server) {
	s := Start()
	for _, pair := range s.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	*server = s
	code := m.Run()
	s.Close()
	os.Exit(code)
}
