package main_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gridcase/gridcase/pkg/archive/s3test"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestABucketKeepsTheArchiveThatWasThere: whatever goes wrong with a copy to S3, the archive is sound and the reason is named.
func TestABucketKeepsTheArchiveThatWasThere(t *testing.T) {
	t.Parallel()
	server := s3test.New(t)
	place, env := server.Bucket(t, "kept"), server.Env()
	r := start(t, "up", "--data", dataDir(t), "--postgres-url", pgtest.New(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	c.recorded(t)
	copyTo := func(place string, env ...string) (string, error) {
		return gridcase(t, env, "archive", place, "--url", c.queries, "--token", referencetest.OperatorToken)
	}
	sound := func(events string) {
		t.Helper()
		if out, err := gridcase(t, env, "archive", "verify", place); err != nil || !strings.Contains(out, events) {
			t.Errorf("the archive is said to be %q, %v; want %q", out, err, events)
		}
	}
	if out, err := copyTo(place, env...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, wrong := range []struct{ what, place, key, want string }{
		{"a denied key", place, "AWS_ACCESS_KEY_ID=AKIDSOMEBODY", "denies " + place},
		{"a missing bucket", "s3://nowhere/copy", "", "there is no bucket nowhere"},
	} {
		out, err := copyTo(wrong.place, append(env, wrong.key)...)
		if err == nil || !strings.Contains(out, wrong.want) || strings.Contains(out, s3test.Secret) {
			t.Errorf("%s: %v\n%s", wrong.what, err, out)
		}
	}

	c.recorded(t)
	server.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && filepath.Ext(r.URL.Path) == ".zst" {
			s3test.Tear(r)
		}
		return false
	})
	if out, err := copyTo(place, env...); err == nil || !strings.Contains(out, "broke off") {
		t.Errorf("a copy that is cut off ends with %v\n%s", err, out)
	}
	server.Before(nil)
	sound("1 events")

	first, release := held(t, server)
	slow := make(chan string, 1)
	go func() {
		out, err := copyTo(place, env...)
		slow <- fmt.Sprintf("%s (%v)", out, err)
	}()
	select {
	case <-first:
	case said := <-slow:
		t.Fatalf("a copy puts nothing: %s", said)
	}
	c.recorded(t)
	if out, err := copyTo(place, env...); err != nil {
		t.Errorf("the quicker of two copies fails: %v\n%s", err, out)
	}
	release()
	if said := <-slow; !strings.Contains(said, "another run has written this archive meanwhile") || !strings.Contains(said, "exit status") {
		t.Errorf("the slower of two copies ends with %s", said)
	}
	sound("3 events")
}

// held stops the first put from now on until release; first is closed once it stands.
func held(t *testing.T, server *s3test.Server) (first <-chan struct{}, release func()) {
	stands, on := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(on) })
	t.Cleanup(release)
	var taken atomic.Bool
	server.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && taken.CompareAndSwap(false, true) {
			close(stands)
			<-on
		}
		return false
	})
	return stands, release
}
