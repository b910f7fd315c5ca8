package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// crowd are those who watch: each has a connection of its own and tells which change it has read, and when.
type crowd struct {
	readers int
	end     context.CancelFunc
	group   sync.WaitGroup
	read    chan reading
}

// reading is one change that one of the crowd has read.
type reading struct {
	line []byte // as it came
	at   time.Time
	err  error
}

// openCrowd opens streams of a story's unit grid, community, street and district in turn, and waits until each has begun.
func openCrowd(ctx context.Context, url string, readers int, s *story) (*crowd, error) {
	d := s.district
	areas := []string{d.cell(s.cell), d.community(s.cell), d.street(s.cell), d.code()}
	ctx, end := context.WithCancel(ctx)
	c := &crowd{readers: readers, end: end, read: make(chan reading, 4*readers)}
	over := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	for n := range readers {
		c.group.Go(func() {
			c.watch(ctx, over, url+"/v1/live?area="+areas[n%len(areas)], user{d, "supervisor", n / perUser}.token())
		})
	}
	return c, c.each(ctx, func(r reading) bool { return bytes.Contains(r.line, []byte("positions")) }, func(reading) {})
}

// watch reads one stream until the crowd is closed.
func (c *crowd) watch(ctx context.Context, over *http.Client, url, token string) {
	err := c.lines(ctx, over, url, token)
	if ctx.Err() == nil {
		c.read <- reading{err: fmt.Errorf("a live stream ended: %w", err)}
	}
}

func (c *crowd) lines(ctx context.Context, over *http.Client, url, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := over.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close() // it is read as far as is of interest
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if line := lines.Bytes(); bytes.HasPrefix(line, []byte("data: ")) && !bytes.Contains(line, []byte(`"code"`)) {
			select {
			case c.read <- reading{bytes.Clone(line), time.Now(), nil}:
			case <-ctx.Done():
			}
		}
	}
	return errors.Join(lines.Err(), errors.New("at its end"))
}

// each waits until every one of the crowd has read a line that is meant.
func (c *crowd) each(ctx context.Context, meant func(reading) bool, seen func(reading)) error {
	timeout := time.After(time.Minute)
	for missing := c.readers; missing > 0; {
		select {
		case r := <-c.read:
			if r.err != nil {
				return r.err
			}
			if meant(r) {
				seen(r)
				missing--
			}
		case <-timeout:
			return fmt.Errorf("%d of %d live streams were not told within a minute", missing, c.readers)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// await waits until each has read a version of a case, and adds how long that took since it was acknowledged.
func (c *crowd) await(ctx context.Context, caseID string, version int, acked time.Time, took *histogram) error {
	id, at := []byte(caseID), fmt.Appendf(nil, `"%d"`, version)
	return c.each(ctx, func(r reading) bool { return bytes.Contains(r.line, id) && bytes.Contains(r.line, at) },
		func(r reading) { took.add(max(r.at.Sub(acked), time.Microsecond)) })
}

// close ends all streams.
func (c *crowd) close() {
	c.end()
	c.group.Wait()
}
