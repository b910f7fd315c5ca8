package eventstore

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Project names a project of a district's works programme in the log.
type Project struct {
	District string
	Code     string
}

// ProjectOf returns the project of a code in a district: letters, digits, "-" and "_", at most 64; else an Invalid fault.
func ProjectOf(district, code string) (Project, error) {
	if !digits(district, 6) {
		return Project{}, fault.BadField("target.district", "district.malformed", "a district is 6 digits")
	}
	if !token(code) {
		return Project{}, fault.BadField("target.project_code", "project.code", "a project's code is of letters, digits, - and _, at most 64")
	}
	return Project{District: district, Code: code}, nil
}

// Subject is the project's own subject.
func (p Project) Subject() string { return "works." + p.District + "." + p.Code }

func (p Project) stream() string { return worksPrefix + p.District }

func (p Project) name(e *Event) { e.District, e.Project = p.District, p.Code }

// token tells whether a text may stand between the dots of a subject.
func token(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// AppendProject stores events of one project behind its last one, as Append does of a case.
func (l *Log) AppendProject(ctx context.Context, p Project, after uint64, events []Event) (uint64, error) {
	return l.store(ctx, p.stream(), func() jetstream.StreamConfig { return l.worksConfig(p.District) }, messages(p, after, events))
}

func (l *Log) worksConfig(district string) jetstream.StreamConfig {
	cfg := l.casesConfig(district, 0)
	cfg.Name, cfg.Subjects = worksPrefix+district, []string{"works." + district + ".*"}
	cfg.Description = fmt.Sprintf("every event of the works programme of district %s; the only truth", district)
	cfg.RePublish = nil
	return cfg
}

// LoadProject returns every event of a project, in order, up to and including the last one that the stream's leader has; ErrBroken where
// they form no chain.
func (l *Log) LoadProject(ctx context.Context, p Project) ([]Event, error) {
	return l.load(ctx, p, 0, 0, "")
}

// FollowWorks hands every event of every district's works programme to handle, in order within a district, one at a time, and calls ready
// once when all that was there at the start has been handed over. It blocks until ctx ends or handle fails.
func (l *Log) FollowWorks(ctx context.Context, handle func(Event) error, ready func()) error {
	return l.followAll(ctx, "works.>", func(m jetstream.Msg, seq uint64) error {
		e, err := readEvent(m.Subject(), m.Headers(), m.Data(), seq)
		if err != nil {
			return err
		}
		return handle(e)
	}, ready)
}
