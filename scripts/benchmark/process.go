package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is a program that the benchmark runs beside itself.
type process struct {
	cmd   *exec.Cmd
	said  *said
	ended chan struct{}
}

// said keeps the end of what a program printed, for the error when it fails.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.b.Len() > 64<<10 {
		s.b.Reset()
	}
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// startProcess runs a program; it gets SIGTERM should this one die.
func startProcess(program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), said: &said{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // ends with the program, which stop ends
		defer close(p.ended)
		_ = p.cmd.Wait() // how it ended shows by what it failed to do
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// awaitOK waits until a page answers 200, and says how long that took from now.
func (p *process) awaitOK(ctx context.Context, url string, patience time.Duration) (time.Duration, error) {
	begun := time.Now()
	for time.Since(begun) < patience {
		if ok(ctx, url) {
			return time.Since(begun), nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-p.ended:
			return 0, fmt.Errorf("%s ended:\n%s", p.cmd.Path, p.said)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return 0, fmt.Errorf("%s is not ready within %v:\n%s", p.cmd.Path, patience, p.said)
}

func ok(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return errors.Join(answer.Body.Close()) == nil && answer.StatusCode == http.StatusOK
}

// end sends a signal and waits until the program has ended.
func (p *process) end(signal syscall.Signal) {
	_ = p.cmd.Process.Signal(signal) // it may have ended by itself
	select {
	case <-p.ended:
	case <-time.After(40 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() // it was only asked for its number
	return l.Addr().String(), nil
}
