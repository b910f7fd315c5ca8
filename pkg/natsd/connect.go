package natsd

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// Connect returns a connection inside the process. It reconnects for ever.
func (s *Server) Connect(name string) (*nats.Conn, error) {
	conn, err := nats.Connect("", append(clientOptions(name), nats.InProcessServer(s))...)
	if err != nil {
		return nil, fmt.Errorf("connect to the log: %w", err)
	}
	return conn, nil
}

// Dial returns a connection to external servers, comma-separated, with a credentials file where one is given. It reconnects for ever, and
// it starts even where none answers yet.
func Dial(urls, creds, name string) (*nats.Conn, error) {
	options := append(clientOptions(name), nats.RetryOnFailedConnect(true))
	if creds != "" {
		options = append(options, nats.UserCredentials(creds))
	}
	conn, err := nats.Connect(urls, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return conn, nil
}

// clientOptions: endless quick reconnects, nothing buffered while away (a publish then fails at once instead of being sent later), and a
// short queue for synchronous subscriptions, which makes batch reads three times cheaper.
func clientOptions(name string) []nats.Option {
	return []nats.Option{nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 100*time.Millisecond),
		nats.ReconnectBufSize(-1), nats.SyncQueueLen(512), nats.Timeout(2 * time.Second), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2)}
}

func splitAddress(address string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(p)
	}
	if err != nil {
		return "", 0, fmt.Errorf("the log's address %q is not HOST:PORT", address)
	}
	if port == 0 {
		port = -1 // the server's word for "any"
	}
	return host, port, nil
}
