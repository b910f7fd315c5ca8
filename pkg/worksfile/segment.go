package worksfile

import (
	"fmt"
	"strconv"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// maxSegments is how many segments a project has at most.
const maxSegments = 200

// segmentsOf reads the column segments: a list of names and lengths, or a number of equal ones, one where it is empty.
func segmentsOf(length, text string) ([]*gridcasev1.Segment, error) {
	if strings.Contains(text, ":") {
		return listed(length, text)
	}
	metres, err := metresOf("length_m", length)
	if err != nil {
		return nil, err
	}
	count := uint64(1)
	if text != "" {
		count, err = strconv.ParseUint(text, 10, 32)
	}
	if err != nil || count == 0 || count > maxSegments || count > uint64(metres) {
		return nil, fmt.Errorf("segments: %q is neither a number of 1 to %d, each of a metre at least, nor a list such as S1:120;S2:80", text, maxSegments)
	}
	segments := make([]*gridcasev1.Segment, count)
	for i := range segments {
		share := uint64(metres)*uint64(i+1)/count - uint64(metres)*uint64(i)/count // adds up to the whole
		segments[i] = &gridcasev1.Segment{Id: fmt.Sprintf("S%d", i+1), LengthM: uint32(share)}
	}
	return segments, nil
}

func listed(length, text string) ([]*gridcasev1.Segment, error) {
	var segments []*gridcasev1.Segment
	var sum uint64
	seen := map[string]bool{}
	for item := range strings.SplitSeq(strings.Trim(text, ";"), ";") {
		name, of, _ := strings.Cut(item, ":")
		name = strings.TrimSpace(name)
		metres, err := metresOf("segments", strings.TrimSpace(of))
		if err != nil {
			return nil, err
		}
		if name == "" || seen[name] {
			return nil, fmt.Errorf("segments: each has a name of its own; %q has none", item)
		}
		seen[name] = true
		sum += uint64(metres)
		segments = append(segments, &gridcasev1.Segment{Id: name, LengthM: metres})
	}
	if len(segments) > maxSegments {
		return nil, fmt.Errorf("segments: there are at most %d", maxSegments)
	}
	if length == "" {
		return segments, nil
	}
	whole, err := metresOf("length_m", length)
	if err == nil && uint64(whole) != sum {
		err = fmt.Errorf("length_m: the segments add up to %d m", sum)
	}
	return segments, err
}

func metresOf(column, text string) (uint32, error) {
	metres, err := strconv.ParseUint(text, 10, 32)
	if err != nil || metres == 0 || metres > 100_000 {
		return 0, fmt.Errorf("%s: %q is no length of 1 to 100,000 whole metres", column, text)
	}
	return uint32(metres), nil
}
