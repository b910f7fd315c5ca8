package natsd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// run watches over a server for the length of the test.
func run(t *testing.T, s *natsd.Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // ends with the test
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
}

// await returns when a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in 30 s it never was so: %s", what)
		}
	}
}

// smallDisk returns a disk of a few megabytes; where none can be made, it says how the test runs, and the test ends.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk can't be made here (%v: %s); as root where mounting is allowed: go test -run %s ./pkg/natsd", err, strings.TrimSpace(string(out)), t.Name())
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() }) // a failure shows when the directory is removed
	return dir
}

// fill takes the disk's last byte.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<16); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAfterAFullDiskPublishingGoesOnWithoutAPerson(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	s, err := natsd.Start(natsd.Options{Dir: filepath.Join(dir, "log"), UnsafeFilesystem: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	run(t, s)
	conn := natstest.Connect(t, s) // the same connection before and after
	js := stream(t, conn)
	block := make([]byte, 32<<10)
	var acknowledged []uint64
	publish := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		ack, err := js.Publish(ctx, "t.a", block)
		if err == nil {
			acknowledged = append(acknowledged, ack.Sequence)
		}
		return err
	}
	if err := publish(); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	if !s.FullSoon() {
		t.Error("a full disk is not said to be full")
	}
	await(t, "a full disk refuses", func() bool { return publish() != nil })
	await(t, "the server knows that it is not well", func() bool { return s.Healthy() != nil })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "publishing goes on", func() bool { return publish() == nil })
	if err := s.Healthy(); err != nil {
		t.Errorf("after healing: %v", err)
	}
	for _, seq := range acknowledged {
		if err := holds(t, js, seq); err != nil {
			t.Errorf("acknowledged message %d: %v", seq, err)
		}
	}
}

func holds(t *testing.T, js jetstream.JetStream, seq uint64) error {
	t.Helper()
	st, err := js.Stream(t.Context(), "T")
	if err != nil {
		return fmt.Errorf("look at the stream: %w", err)
	}
	_, err = st.GetMsg(t.Context(), seq)
	return err
}

func TestAServerThatCanNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "store"), nil, 0o600); err != nil { // where its directory belongs
		t.Fatal(err)
	}
	began := time.Now()
	_, err := natsd.Start(natsd.Options{Dir: dir, UnsafeFilesystem: true})
	if err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("started on a store that is a file: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to say so", took)
	}
}
