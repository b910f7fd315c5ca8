package works

import (
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// must refuses the verb unless the project stands in one of states.
func (p *Project) must(verb string, states ...gridcasev1.ProjectState) error {
	if slices.Contains(states, p.State) {
		return nil
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = stateName(s)
	}
	return fault.New(fault.Conflict, "project.not_"+strings.ToLower(strings.Join(names, "_or_")),
		"to %s, the project must be %s; it is %s", verb, strings.Join(names, " or "), stateName(p.State))
}

// mustBeOpen refuses the verb on a project that has ended.
func (p *Project) mustBeOpen(verb string) error {
	if !p.Ended() {
		return nil
	}
	return fault.New(fault.Conflict, "project.ended", "to %s, the project must be open; it is %s", verb, stateName(p.State))
}

// mustHave returns a segment of the project, or the refusal where it has none of that name.
func (p *Project) mustHave(segment string) (Segment, error) {
	i := p.segment(segment)
	if i < 0 {
		return Segment{}, fault.BadField("segment", "segment.unknown", "the project has no such segment")
	}
	return p.Segments[i], nil
}

func stateName(s gridcasev1.ProjectState) string {
	return strings.TrimPrefix(s.String(), "PROJECT_STATE_")
}
