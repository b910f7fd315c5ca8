package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// installation is the product itself, as a process of its own on loopback.
type installation struct {
	*process
	url, admin string
	ready      time.Duration // from its start
}

// install starts the product in a data directory and waits until it is ready. verb is what it runs: "up", or "serve" with its services.
func install(ctx context.Context, binary, data string, verb ...string) (*installation, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, err
	}
	token := filepath.Join(data, "operator.token")
	if err := os.WriteFile(token, []byte(operatorToken), 0o600); err != nil {
		return nil, err
	}
	api, err := freeAddress()
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := startProcess(binary, append(verb, "--data", data, "--api-addr", api, "--admin-addr", admin, "--unsafe-filesystem", "--log-level", "warn")...)
	if err != nil {
		return nil, err
	}
	i := &installation{process: p, url: "http://" + api, admin: "http://" + admin}
	if i.ready, err = p.awaitOK(ctx, i.admin+"/readyz", 5*time.Minute); err != nil {
		p.end(syscall.SIGTERM)
		return nil, err
	}
	return i, nil
}

func (i *installation) operator() *client.Client { return client.New(i.url, operatorToken) }

// open publishes the reference data of districts over the API and waits until their users are known.
func (i *installation) open(ctx context.Context, n int) error {
	desk := i.operator().Desk
	for k := range n {
		d := district(k)
		_, err := desk.PublishGrids(ctx, d.grids())
		if err == nil {
			_, err = desk.PublishCatalogue(ctx, d.catalogue())
		}
		if err == nil {
			_, err = desk.PublishCalendar(ctx, d.calendar())
		}
		if err == nil {
			_, err = desk.PublishAccess(ctx, d.people())
		}
		if err == nil {
			err = i.awaitUsers(ctx, d)
		}
		if err != nil {
			return fmt.Errorf("open district %s: %w", d.code(), client.Fault(err))
		}
	}
	return nil
}

func (i *installation) awaitUsers(ctx context.Context, d district) error {
	query := client.New(i.url, user{d, "acceptor", 0}.token()).Query
	for begun := time.Now(); ; {
		_, err := query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: d.code()})
		if err == nil || client.Fault(err).Kind != fault.Unauthenticated || time.Since(begun) > 10*time.Second {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// awaitViews waits until the views hold a position of a district's log.
func (i *installation) awaitViews(ctx context.Context, district, position string) error {
	for begun := time.Now(); time.Since(begun) < 2*time.Hour; {
		answer, err := i.operator().Query.GetGridStatus(ctx, &gridcasev1.GetGridStatusRequest{Code: district, AtLeast: []string{position}})
		if err != nil {
			return client.Fault(err)
		}
		if !answer.GetFreshness().GetStale() {
			return nil
		}
	}
	return errors.New("the views do not catch up")
}

// scrape reads the process's metrics, by name with labels.
func (i *installation) scrape(ctx context.Context) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.admin+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() // it is read to its end
	found := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok && !strings.HasPrefix(name, "#") {
			if found[name], err = strconv.ParseFloat(value, 64); err != nil {
				return nil, fmt.Errorf("read metric %s: %w", name, err)
			}
		}
	}
	return found, nil
}
