package evidence

import (
	"encoding/json"
	"fmt"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// format names the shape of a proof's file.
const format = "gridcase proof 1"

// file is a proof as it is written: JSON that has one form only, so that no byte of it can change unnoticed.
type file struct {
	Format     string      `json:"format"`
	Key        string      `json:"key"`        // the public key
	Checkpoint string      `json:"checkpoint"` // the signed root
	Case       string      `json:"case"`       // its id
	Events     []fileEvent `json:"events"`     // all of them, in order
	Head       fileHead    `json:"head"`       // that there are no more
}

// fileEvent is an event with its path to the root of all events.
type fileEvent struct {
	Sequence uint64            `json:"sequence"`
	Headers  map[string]string `json:"headers"`
	Payload  []byte            `json:"payload"`
	Path     []Hash            `json:"path"`
}

// fileHead is the path of the case's last event to the root of the heads.
type fileHead struct {
	Index uint64 `json:"index"`
	Path  []Hash `json:"path"`
}

func (f *file) encode() ([]byte, error) {
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode the proof: %w", err)
	}
	return append(b, '\n'), nil
}

// coveredHeaders are the headers that an event's hash holds. Only these go into a file.
func coveredHeaders(headers map[string][]string) (map[string]string, error) {
	covered := make(map[string]string, len(headers))
	for name, values := range headers {
		if !covers(name) {
			continue
		}
		if len(values) != 1 {
			return nil, fmt.Errorf("header %s stands there %d times", name, len(values))
		}
		covered[name] = values[0]
	}
	return covered, nil
}

func covers(name string) bool {
	return name != gridcasev1.HeaderTrace && !strings.HasPrefix(name, "Nats-")
}

// entry is the event as the log holds it.
func (e *fileEvent) entry(subject string) Entry {
	headers := make(map[string][]string, len(e.Headers))
	for name, value := range e.Headers {
		headers[name] = []string{value}
	}
	return Entry{Seq: e.Sequence, Subject: subject, Headers: headers, Payload: e.Payload}
}
