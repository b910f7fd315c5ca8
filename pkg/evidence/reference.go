package evidence

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// versioned is one part of one version of a topic's reference data.
type versioned interface {
	proto.Message
	GetDistrict() string
	GetVersion() uint32
}

// topics are the kinds of reference data, by their names in subjects.
var topics = map[string]func() versioned{
	"grids":     func() versioned { return new(gridcasev1.GridsVersion) },
	"catalogue": func() versioned { return new(gridcasev1.CatalogueVersion) },
	"calendar":  func() versioned { return new(gridcasev1.CalendarVersion) },
	"access":    func() versioned { return new(gridcasev1.AccessVersion) },
}

// part is where a topic stands: a version, and how many of its parts there are.
type part struct {
	version, part, parts uint32
	seq                  uint64
}

// ReferenceWalk goes along a district's reference data and reports what is wrong with it: a sequence that is missing, a record that can't be
// read, a version or a part of one that does not follow the one before. Reference data has no hashes.
type ReferenceWalk struct {
	run
	district string
	stand    map[string]part // by topic
}

// NewReferenceWalk returns a walk along a district's reference data.
func NewReferenceWalk(district string, report func(Finding)) *ReferenceWalk {
	return &ReferenceWalk{run: newRun("REFERENCE_"+district, "records", report), district: district, stand: map[string]part{}}
}

// Take takes the next record.
func (w *ReferenceWalk) Take(e *Entry) {
	if !w.next(e.Seq) {
		return
	}
	topic, ours := strings.CutPrefix(e.Subject, "reference."+w.district+".")
	blank, known := topics[topic]
	if !ours || !known {
		w.fault(Event, e.Seq, e.Subject, w.at(e.Seq)+" is of no topic of this district that this build knows")
		return
	}
	v := blank()
	if proto.Unmarshal(e.Payload, v) != nil {
		w.fault(Event, e.Seq, e.Subject, fmt.Sprintf("%s is no version of %s: it can't be decoded", w.at(e.Seq), topic))
		return
	}
	if v.GetDistrict() != w.district {
		w.fault(Event, e.Seq, e.Subject, fmt.Sprintf("%s says that it is of district %q", w.at(e.Seq), v.GetDistrict()))
	}
	w.follow(topic, e, partOf(v, e.Seq))
}

// partOf is where a topic stands with v. Only areas come in parts.
func partOf(v versioned, seq uint64) part {
	p := part{version: v.GetVersion(), part: 1, parts: 1, seq: seq}
	if grids, ok := v.(*gridcasev1.GridsVersion); ok {
		p.part, p.parts = grids.GetPart(), grids.GetParts()
	}
	return p
}

// follow checks a part against the one before it of its topic.
func (w *ReferenceWalk) follow(topic string, e *Entry, now part) {
	before := w.stand[topic]
	w.stand[topic] = now
	goesOn := now.version == before.version && now.parts == before.parts && now.part == before.part+1 && now.part <= now.parts
	begins := now.version == before.version+1 && now.part == 1 && now.parts >= 1
	switch {
	case goesOn || begins && before.part == before.parts:
	case begins:
		w.lacks(topic, before)
	case before.version == 0:
		w.fault(Version, e.Seq, e.Subject, fmt.Sprintf("%s is %s, and the first in the stream", w.says(topic, now), w.at(e.Seq)))
	default:
		w.fault(Version, e.Seq, e.Subject, fmt.Sprintf("%s is %s and follows %s of %s", w.says(topic, now), w.at(e.Seq), w.says(topic, before), w.at(before.seq)))
	}
}

// says names a version, and the part where there are several.
func (w *ReferenceWalk) says(topic string, p part) string {
	if p.parts <= 1 && p.part <= 1 {
		return fmt.Sprintf("%s version %d", topic, p.version)
	}
	return fmt.Sprintf("%s version %d part %d of %d", topic, p.version, p.part, p.parts)
}

// lacks reports a version whose last parts never came.
func (w *ReferenceWalk) lacks(topic string, p part) {
	w.fault(Version, p.seq, "reference."+w.district+"."+topic, fmt.Sprintf("%s version %d ends with part %d of %d (%s)", topic, p.version, p.part, p.parts, w.at(p.seq)))
}

func (w *ReferenceWalk) fault(code string, seq uint64, subject, text string) {
	w.report(Finding{Code: code, Position: w.at(seq), Subject: subject, Text: text})
}

// End ends the walk at the last sequence that the stream's server names.
func (w *ReferenceWalk) End(last uint64) {
	w.run.End(last)
	for topic, p := range w.stand {
		if p.part < p.parts {
			w.lacks(topic, p)
		}
	}
}

// Subjects is how many topics there were.
func (w *ReferenceWalk) Subjects() uint64 { return uint64(len(w.stand)) }
