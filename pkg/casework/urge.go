package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// urgeCase presses for progress (督办).
func urgeCase(c *Case, cmd *gridcasev1.UrgeCase, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("urge"); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseUrged{Kind: cmd.GetKind(), Note: f.Sealed["note"]}, nil
}

// replyUrge answers an urging, by the department that has the case.
func replyUrge(c *Case, _ *gridcasev1.ReplyUrge, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("reply to an urging"); err != nil {
		return nil, err
	}
	if err := c.mustBeDepartment(f); err != nil {
		return nil, err
	}
	if !c.Urged {
		return nil, fault.New(fault.Conflict, "case.not_urged", "no urging waits for a reply")
	}
	note, err := f.text("note", "a reply holds a text")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.UrgeReplied{Note: note}, nil
}
