package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// renderProblems answers errors as problem details (RFC 9457) to whoever does not speak Connect's protocol: curl, a browser, a script.
// Connect, gRPC and gRPC-Web clients get their own form, with the same problem as its detail.
func renderProblems(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if r.Header.Get("Connect-Protocol-Version") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			next.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding") // a held-back error must be readable here
		pw := &problemWriter{ResponseWriter: w}
		next.ServeHTTP(pw, r)
		pw.finish(r)
	})
}

// problemWriter holds back an error's body, to write a problem instead.
type problemWriter struct {
	http.ResponseWriter
	status int // of the error; 0: no error
	body   bytes.Buffer
}

// WriteHeader passes on what is no error.
func (w *problemWriter) WriteHeader(status int) {
	if status < 400 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.status = status
}

// Write passes on what is no error.
func (w *problemWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		return w.ResponseWriter.Write(b)
	}
	return w.body.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *problemWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *problemWriter) finish(r *http.Request) {
	if w.status == 0 {
		return
	}
	w.Header().Del("Content-Length")
	w.Header().Del("Content-Encoding")
	p := problemIn(w.body.Bytes())
	if p == nil {
		p = Problem(plainFault(w.status, r))
	}
	WriteProblem(w.ResponseWriter, p)
}

// WriteProblem answers with a problem.
func WriteProblem(w http.ResponseWriter, p *gridcasev1.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	if after := p.GetRetryAfter(); after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(after)))
	}
	w.WriteHeader(int(p.GetStatus()))
	b, err := protojson.Marshal(p)
	if err != nil {
		return
	}
	_, _ = w.Write(append(b, '\n')) // the client may be gone
}

// problemIn returns the problem inside an error of Connect's form, nil where there is none.
func problemIn(body []byte) *gridcasev1.Problem {
	var wire struct {
		Details []struct{ Type, Value string } `json:"details"`
	}
	if json.Unmarshal(body, &wire) != nil {
		return nil
	}
	for _, d := range wire.Details {
		value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(d.Value, "="))
		p := new(gridcasev1.Problem)
		if err == nil && d.Type == string(p.ProtoReflect().Descriptor().FullName()) && proto.Unmarshal(value, p) == nil {
			return p
		}
	}
	return nil
}

// plainFault names what net/http and Connect refuse before a call exists.
func plainFault(status int, r *http.Request) *fault.Error {
	switch status {
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.Invalid, "request.content_type", "send the header Content-Type: application/json")
	case http.StatusMethodNotAllowed:
		return fault.New(fault.Invalid, "request.method", "procedures are called with POST")
	case http.StatusNotFound, http.StatusNotImplemented:
		return fault.New(fault.NotFound, "request.unknown_procedure", "there is nothing at %q", r.URL.Path)
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "request.too_large", "the request is larger than the server takes")
	case http.StatusBadRequest:
		return fault.New(fault.Invalid, "request.malformed", "the request can't be read")
	}
	return fault.New(fault.Internal, "internal", "something failed that should not; it is logged")
}
