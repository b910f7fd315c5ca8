package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/google/uuid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/weibin"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// demoDistrict is Weibin, Baoji.
const demoDistrict = "610302"

// demoCmd is 'gridcase demo'.
type demoCmd struct {
	connection `embed:""`
	Cases      int    `help:"How many cases to play." default:"0"`
	Seed       uint64 `help:"Decides places, types and what becomes of each case; the same seed plays the same cases under new ids." default:"1"`
	Cells      int    `help:"How many unit grids the district gets when it is opened, up to 40,000." default:"2000"`
}

// Run opens the district where it isn't, then plays the cases and prints what became of them.
func (c *demoCmd) Run(ctx context.Context) error {
	t, err := readTokens(c.dataDir())
	if err != nil {
		return err
	}
	if c.Token != "" {
		t.Operator = c.Token
	}
	if t, err = openDemo(ctx, c.URL, c.dataDir(), t, c.Cells); err != nil {
		return err
	}
	if c.Cases == 0 {
		return nil
	}
	p, err := newPlay(ctx, c.URL, t)
	if err != nil {
		return err
	}
	return p.run(ctx, c.Cases, c.Seed)
}

// openDemo publishes the demo district and its users, unless the tokens at hand work already, and returns the tokens.
func openDemo(ctx context.Context, url, data string, t tokens, cells int) (tokens, error) {
	known, err := demoOpened(ctx, url, t)
	if known || err != nil {
		return t, err
	}
	operator := client.New(url, t.Operator)
	grids, err := weibin.Grids(cells, 1)
	if err != nil {
		return t, err
	}
	catalogue, err := weibin.Catalogue()
	if err != nil {
		return t, err
	}
	calendar, err := weibin.Calendar()
	if err != nil {
		return t, err
	}
	people, secrets := weibin.Users(grids, uuid.NewString, newToken)
	t.Users = nil
	for _, u := range people.GetUsers() {
		t.Users = append(t.Users, demoToken{Name: u.GetName(), Role: strings.ToLower(short(u.GetRole().String())), ID: u.GetId(), Token: secrets[u.GetName()]})
	}
	if err := writeTokens(data, t); err != nil { // before they work: a token that nobody has is of no use
		return t, err
	}
	if _, err := operator.Desk.PublishGrids(ctx, grids); err != nil {
		return t, client.Fault(err)
	}
	if _, err := operator.Desk.PublishCatalogue(ctx, catalogue); err != nil {
		return t, client.Fault(err)
	}
	if _, err := operator.Desk.PublishCalendar(ctx, calendar); err != nil {
		return t, client.Fault(err)
	}
	if _, err := operator.Desk.PublishAccess(ctx, people); err != nil {
		return t, client.Fault(err)
	}
	return t, nil
}

// demoOpened tells whether the demo's users are known to the server.
func demoOpened(ctx context.Context, url string, t tokens) (bool, error) {
	token := t.of("acceptor-1")
	if token == "" {
		return false, nil
	}
	_, err := client.New(url, token).Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: demoDistrict})
	if err == nil {
		return true, nil
	}
	if f := client.Fault(err); f.Kind != fault.Unauthenticated {
		return false, fmt.Errorf("open the demo district: %w", f)
	}
	return false, nil
}

// newToken returns 192 random bits.
func newToken() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
