package query

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/live"
)

// eventWriter writes server-sent events. A write that its reader does not accept within the writer's patience fails.
type eventWriter struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	b        []byte
}

// errGone: nothing can be written to the reader any more.
var errGone = errors.New("the reader takes nothing")

// begin answers that events follow. The server's bound on how long a request may take to be read doesn't hold for a stream.
func (w *eventWriter) begin() {
	w.w.Header().Set("Content-Type", "text/event-stream")
	w.w.Header().Set("X-Accel-Buffering", "no") // a proxy in front passes on what is written
	_ = w.control.SetReadDeadline(time.Time{})  // a writer without deadlines has none
	w.retry()
}

// retry says when to come back: not all readers at the same time.
func (w *eventWriter) retry() {
	w.b = fmt.Appendf(w.b, "retry: %d\n\n", 500+rand.IntN(1500))
}

// messages writes messages, and the reader's place behind them where that is asked for, as a comment keeps the connection alive.
func (w *eventWriter) messages(messages []live.Message, at string, heartbeat bool) error {
	for _, m := range messages {
		w.b = fmt.Appendf(w.b, "id: %s\nevent: %s\ndata: %s\n\n", m.At, m.Kind, m.Data)
	}
	if heartbeat {
		w.b = append(w.b, ": heartbeat\n"...)
		if at != "" {
			w.b = fmt.Appendf(w.b, "id: %s\n", at)
		}
		w.b = append(w.b, '\n')
	}
	return w.flush()
}

// flush sends what was written. Between two of them no deadline runs: a silent stream is none that is stuck.
func (w *eventWriter) flush() error {
	if len(w.b) == 0 {
		return nil
	}
	_ = w.control.SetWriteDeadline(time.Now().Add(w.patience)) // a writer without deadlines has none
	_, err := w.w.Write(w.b)
	if err == nil {
		err = w.control.Flush()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	_ = w.control.SetWriteDeadline(time.Time{})
	w.b = w.b[:0]
	if cap(w.b) > keep {
		w.b = nil
	}
	return nil
}

// keep is how large a buffer may be to be kept for the next write.
const keep = 16 << 10

// end says why the stream ends, as a problem, and when to come back. The reader may be gone.
func (w *eventWriter) end(f *fault.Error) {
	b, err := protojson.Marshal(api.Problem(f))
	if err != nil {
		return
	}
	w.retry()
	w.b = fmt.Appendf(w.b, "event: end\ndata: %s\n\n", b)
	_ = w.flush()
}

// drop ends a stream whose reader is too slow or may not read any more.
func (l *liveRoute) drop(w *eventWriter, err error) {
	switch {
	case errors.Is(err, errGone):
		if errors.Is(err, os.ErrDeadlineExceeded) {
			l.Hub.NoteDropped()
		}
	case errors.Is(err, live.ErrSlow):
		w.end(&fault.Error{Kind: fault.Unavailable, Code: "live.slow", Text: "you read more slowly than things happen; come back with your place"})
	default:
		w.end(fault.Of(err))
	}
}
