package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// demoTypes are the case types that are played.
var demoTypes = []string{"roadworks.occupation", "drainage.separation", "parking.motor"}

// players is how many demo cases are played at once.
const players = 8

// play is the demo district's people at work.
type play struct {
	url    string
	tokens tokens
	cells  []*gridcasev1.GridCount
	types  []*gridcasev1.CaseType

	mu    sync.Mutex
	ended map[gridcasev1.State]int
}

func newPlay(ctx context.Context, url string, t tokens) (*play, error) {
	p := &play{url: url, tokens: t, ended: map[gridcasev1.State]int{}}
	desk := p.as("acceptor-1")
	grids, err := desk.Query.GetGridMap(ctx, &gridcasev1.GetGridMapRequest{District: demoDistrict, Outlines: true})
	if err != nil {
		return nil, client.Fault(err)
	}
	catalogue, err := desk.Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: demoDistrict})
	if err != nil {
		return nil, client.Fault(err)
	}
	p.cells = grids.GetGrids()
	for _, t := range catalogue.GetCatalogue().GetTypes() {
		if slices.Contains(demoTypes, t.GetId()) {
			p.types = append(p.types, t)
		}
	}
	if len(p.cells) == 0 || len(p.types) == 0 {
		return nil, fmt.Errorf("district %s has no unit grids or case types", demoDistrict)
	}
	return p, nil
}

// as returns the client of a demo user.
func (p *play) as(name string) *client.Client { return client.New(p.url, p.tokens.of(name)) }

// run plays the cases and prints how many ended in which state.
func (p *play) run(ctx context.Context, cases int, seed uint64) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(players)
	for i := range cases {
		g.Go(func() error {
			s := &story{play: p, dice: rand.New(rand.NewPCG(seed, uint64(i)))}
			state, err := s.tell(gctx)
			if err != nil {
				return fmt.Errorf("demo case %d: %w", i+1, err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.ended[state]++
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return p.print(cases, seed)
}

func (p *play) print(cases int, seed uint64) error {
	states := make([]gridcasev1.State, 0, len(p.ended))
	for s := range p.ended {
		states = append(states, s)
	}
	slices.Sort(states)
	fmt.Printf("%d cases of seed %d were played in district %s (synthetic unit grids):\n", cases, seed, demoDistrict)
	return table(func(t *tabwriter.Writer) {
		for _, s := range states {
			fmt.Fprintf(t, "%s\t%d\n", short(s.String()), p.ended[s])
		}
	})
}
