package natsd_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

func stream(t *testing.T, conn *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "T", Subjects: []string{"t.>"}, Discard: jetstream.DiscardNew}); err != nil {
		t.Fatal(err)
	}
	return js
}

func TestADirectoryHasOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := natsd.Start(natsd.Options{Dir: dir, UnsafeFilesystem: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := natsd.Start(natsd.Options{Dir: dir, UnsafeFilesystem: true}); err == nil || !strings.Contains(err.Error(), "another gridcase uses") {
		t.Errorf("a second server on the directory: %v", err)
	}
	first.Close()
	first.Close() // twice does no harm
	second, err := natsd.Start(natsd.Options{Dir: dir, UnsafeFilesystem: true})
	if err != nil {
		t.Fatalf("after the first one ended: %v", err)
	}
	second.Close()
}

func TestWhatWasPublishedIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for want := uint64(1); want <= 3; want++ {
		s, err := natsd.Start(natsd.Options{Dir: dir, UnsafeFilesystem: true})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := s.Connect("test")
		if err != nil {
			t.Fatal(err)
		}
		ack, err := stream(t, conn).Publish(t.Context(), "t.a", nil)
		if err != nil || ack.Sequence != want {
			t.Errorf("start %d: %v, %v", want, ack, err)
		}
		conn.Close()
		s.Close()
	}
}

func TestAnUnsuitableFileSystemIsRefused(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/dev/shm", "gridcase-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // of a directory in memory
	if _, err := natsd.Start(natsd.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "--unsafe-filesystem") {
		t.Errorf("a log in memory: %v, want a refusal that names the setting", err)
	}
}

func TestAlmostFullIsToldBeforeTheServerRefuses(t *testing.T) {
	t.Parallel()
	s, err := natsd.Start(natsd.Options{Dir: t.TempDir(), UnsafeFilesystem: true, MaxFileStore: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	js := stream(t, natstest.Connect(t, s))
	if s.FullSoon() {
		t.Fatal("an empty store is said to be almost full")
	}
	block := make([]byte, 64<<10)
	for range 100 {
		if _, err := js.Publish(context.Background(), "t.a", block); err != nil {
			t.Fatalf("the server refused before FullSoon said so: %v", err)
		}
		if s.FullSoon() {
			return
		}
	}
	t.Error("the store never was almost full")
}
