package timeline

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// redact empties the entries of files that were hidden at any time. That a file was added and hidden, when and by whom stays.
func (t Timelines) redact(ctx context.Context, district, caseID string, entries []*gridcasev1.TimelineEntry) error {
	var added []*gridcasev1.AttachmentAdded
	for _, e := range entries {
		if m := e.GetEvent().GetAttachmentAdded(); m != nil {
			added = append(added, m)
		}
	}
	if len(added) == 0 {
		return nil
	}
	hidden, err := t.hidden(ctx, district, caseID)
	if err != nil {
		return err
	}
	for _, m := range added {
		if hidden[m.GetAttachment().GetSha256()] {
			m.Attachment, m.Note = nil, nil
		}
	}
	return nil
}

// hidden are the names of the case's files that were hidden.
func (t Timelines) hidden(ctx context.Context, district, caseID string) (map[string]bool, error) {
	rows, err := t.read(ctx, `district = $1 and case_id = $2::text::uuid and type = $3`, district, caseID, gridcasev1.EventType(&gridcasev1.AttachmentRedacted{}))
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{}
	for i := range rows {
		e, err := rows[i].entry()
		if err != nil {
			return nil, err
		}
		hidden[e.GetEvent().GetAttachmentRedacted().GetSha256()] = true
	}
	return hidden, nil
}
