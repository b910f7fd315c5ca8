// Package evidence shows that a log is what it was: the check of every case's and project's chain, of the versions of reference data, the
// Merkle tree over a log, its signed roots, and proofs of single cases that anybody checks without a server. It owns their formats. It is pure: it reads no log, holds no file and asks
// for no time; who calls it hands it the events.
//
// # Decisions
//
// 2026-11: a root is a checkpoint as transparency logs sign it (C2SP tlog-checkpoint), over a tree of RFC 6962 whose leaves are the hashes of
// the events in the order of the log. A second tree, over the last event of each case in the order of the cases' ids, stands in an extension
// line: without it a proof could leave out a case's last events unnoticed. Its price is a map of all cases while a log is walked, some 130
// bytes each.
package evidence

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Hash is a SHA-256: of an event, a node of a tree, a root. Its text is base64.
type Hash = tlog.Hash

// Log names one district's log of one year.
type Log struct {
	District string
	Year     int
}

// String is the log's name in positions: "610302-2026".
func (l Log) String() string { return fmt.Sprintf("%s-%04d", l.District, l.Year) }

// At is a position in the log, as the API shows it: "610302-2026:17".
func (l Log) At(seq uint64) string { return l.String() + ":" + strconv.FormatUint(seq, 10) }

// Subject is where the log holds a case.
func (l Log) Subject(caseID string) string {
	return fmt.Sprintf("cases.%s.%04d.%s", l.District, l.Year, caseID)
}

// Entry is one event as the log stores it, unread.
type Entry struct {
	Seq     uint64
	Subject string
	Headers map[string][]string
	Payload []byte
}

// Hash is the event's link in its case's chain, and its leaf in the log's tree.
func (e *Entry) Hash() Hash {
	var h Hash
	_, _ = hex.Decode(h[:], []byte(gridcasev1.Hash(e.Subject, e.Headers, e.Payload))) // it is 64 hex digits
	return h
}

// The codes of what may be wrong. They are stable.
const (
	Gap        = "gap"        // events are missing
	Event      = "event"      // an event can't be read, or is none of this log
	Chain      = "chain"      // a case's or a project's events form no chain
	Version    = "version"    // a version of reference data, or a part of one, does not follow the one before
	RootDiffer = "root"       // the log isn't the one whose root was signed
	CopyDiffer = "copy"       // servers hold different copies
	Fold       = "fold"       // the rules fold another state than the event tells
	Checkpoint = "checkpoint" // a view holds a place of the log that isn't there
	View       = "view"       // a view's rows aren't what the log says
	Quarantine = "quarantine" // a view can't go on with a case: no damage, but told
)

// Finding is one thing that is wrong.
type Finding struct {
	Code     string
	Position string // of the event, where it is about one
	Case     string // DISTRICT/ID, where it is about one
	Subject  string // in the log, where it is about a project, a topic, a log's roots or a counter
	Text     string // one line: what is wrong, and where
}

// caseKey is a case's id, short: a log holds a great many.
type caseKey [16]byte

func parseCase(id string) (k caseKey, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return k, false
	}
	digits := strings.ReplaceAll(id, "-", "")
	if len(digits) != 2*len(k) || strings.ToLower(digits) != digits {
		return k, false
	}
	_, err := hex.Decode(k[:], []byte(digits))
	return k, err == nil
}
