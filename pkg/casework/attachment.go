package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Attachment is a file of the case, by its content's SHA-256.
type Attachment struct {
	SHA256   string
	Redacted bool
}

// addAttachment puts a file to the case, in any state.
func addAttachment(c *Case, cmd *gridcasev1.AddAttachment, f *Facts) (proto.Message, error) {
	if _, there := c.attachment(cmd.GetAttachment().GetSha256()); there {
		return nil, fault.New(fault.Conflict, "attachment.there", "the case has this file already")
	}
	return &gridcasev1.AttachmentAdded{Attachment: cmd.GetAttachment(), Note: f.Sealed["note"]}, nil
}

func (c *Case) attachmentAdded(e *gridcasev1.AttachmentAdded) {
	c.Attachments = append(slices.Clip(c.Attachments), Attachment{SHA256: e.GetAttachment().GetSha256()})
}

// redactAttachment hides a file from everybody's view, in any state.
func redactAttachment(c *Case, cmd *gridcasev1.RedactAttachment, f *Facts) (proto.Message, error) {
	a, there := c.attachment(cmd.GetSha256())
	switch {
	case !there:
		return nil, fault.BadField("sha256", "attachment.unknown", "the case has no such file")
	case a.Redacted:
		return nil, fault.New(fault.Conflict, "attachment.redacted", "the file is hidden already")
	}
	reason, err := f.text("reason", "a hidden file needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.AttachmentRedacted{Sha256: cmd.GetSha256(), Reason: reason}, nil
}

func (c *Case) attachmentRedacted(e *gridcasev1.AttachmentRedacted) {
	c.Attachments = slices.Clone(c.Attachments)
	for i := range c.Attachments {
		c.Attachments[i].Redacted = c.Attachments[i].Redacted || c.Attachments[i].SHA256 == e.GetSha256()
	}
}

func (c *Case) attachment(sha string) (Attachment, bool) {
	i := slices.IndexFunc(c.Attachments, func(a Attachment) bool { return a.SHA256 == sha })
	if i < 0 {
		return Attachment{}, false
	}
	return c.Attachments[i], true
}
