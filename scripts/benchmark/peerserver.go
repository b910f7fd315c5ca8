package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// servePeer is the process of a peer over HTTP. It reads the same binary requests as gridcase, looks the bearer token up by its hash,
// answers with a receipt, and has no validation, no metrics and no log. The peer "nothing" answers each request at once: the floor of
// everything that speaks HTTP.
func servePeer(ctx context.Context, key, addr, dsn string, pool int, lazy bool) error {
	work := func(context.Context, *story, *step, casework.Command) error { return nil }
	if key != "nothing" {
		connections, err := openPool(ctx, dsn, pool, lazy)
		if err != nil {
			return err
		}
		defer connections.Close()
		p, err := peers[key].on(connections)
		if err != nil {
			return err
		}
		work = func(ctx context.Context, s *story, at *step, cmd casework.Command) error {
			return p.do(ctx, 0, s, at, cmd)
		}
	}
	server := &http.Server{Addr: addr, Handler: peerHandler(work), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }() // ends with Close below
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	_ = server.Close() // whoever ends it has what he wanted
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func peerHandler(work func(context.Context, *story, *step, casework.Command) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	known := map[[sha256.Size]byte]user{}
	for role, many := range map[string]int{"acceptor": 1, "dispatcher": 1, "manager": departments, "handler": departments, "worker": unitGrids / inCommunity} {
		for n := range many {
			u := user{0, role, n}
			known[sha256.Sum256([]byte(u.token()))] = u
		}
	}
	for i := range way[:usual] {
		mux.HandleFunc("POST /gridcase.v1."+way[i].procedure, func(w http.ResponseWriter, r *http.Request) {
			token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if _, ok := known[sha256.Sum256([]byte(token))]; !ok {
				http.Error(w, "unknown token", http.StatusUnauthorized)
				return
			}
			receipt, err := take(r, &way[i], work)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/proto")
			_, _ = w.Write(receipt) // the client may be gone
		})
	}
	return mux
}

// take does a request's command and returns the receipt.
func take(r *http.Request, p *step, work func(context.Context, *story, *step, casework.Command) error) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	cmd := p.command(&story{}, nil)
	if err := proto.Unmarshal(b, cmd); err != nil {
		return nil, fmt.Errorf("read the command: %w", err)
	}
	s := &story{id: cmd.GetTarget().GetCaseId()}
	if report, ok := cmd.(*gridcasev1.ReportCase); ok {
		s.at = report.GetPoint()
		s.cell = cellOf(s.at)
	}
	if err := work(r.Context(), s, p, cmd); err != nil {
		return nil, err
	}
	return proto.Marshal(&gridcasev1.Receipt{District: cmd.GetTarget().GetDistrict(), CaseId: s.id, CommandId: cmd.GetTarget().GetCommandId(), State: p.state})
}

// cellOf finds the unit grid of a point in the first district: the lattice is regular, so a peer needs no index of outlines.
func cellOf(at *gridcasev1.GeoPoint) int {
	west, south := district(0).corner(0)
	return int((at.GetLongitude()-west)/degrees) + int((at.GetLatitude()-south)/degrees)*columns
}
