package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// wire plays over HTTP. All contestants get the same requests: the contract's procedures, bodies and bearer tokens, in binary, on
// connections that stay open.
type wire struct {
	url    string
	client *http.Client
	tokens sync.Map // header by user
	last   [][]byte // the last answer of each client
}

func newWire(url string, clients int) *wire {
	return &wire{url: url + "/gridcase.v1.", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}}, last: make([][]byte, clients)}
}

func (w *wire) do(ctx context.Context, n int, s *story, p *step, cmd casework.Command) error {
	body, err := proto.Marshal(cmd)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+p.procedure, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = http.Header{"Content-Type": {"application/proto"}, "Authorization": {w.bearer(p.by(s))}}
	answer, err := w.client.Do(request)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(answer.Body)
	if closeErr := answer.Body.Close(); err == nil {
		err = closeErr
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", answer.Status, b)
	}
	w.last[n] = b
	return err
}

func (w *wire) bearer(u user) string {
	if header, ok := w.tokens.Load(u); ok {
		return header.(string)
	}
	header := "Bearer " + u.token()
	w.tokens.Store(u, header)
	return header
}

// furthest is the last position that the clients' last commands have in each district's log.
func (w *wire) furthest() (map[string]eventstore.Position, error) {
	last := map[string]eventstore.Position{}
	for _, b := range w.last {
		if b == nil {
			continue // the window ended before this client had an answer
		}
		var receipt gridcasev1.Receipt
		if err := proto.Unmarshal(b, &receipt); err != nil {
			return nil, fmt.Errorf("read a receipt: %w", err)
		}
		at, err := eventstore.ParsePosition(receipt.GetPosition())
		if err != nil {
			return nil, err
		}
		if at.Seq > last[at.District].Seq {
			last[at.District] = at
		}
	}
	return last, nil
}

func (w *wire) close() { w.client.CloseIdleConnections() }
