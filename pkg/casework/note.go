package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// addNote records a remark in any state.
func addNote(_ *Case, _ *gridcasev1.AddNote, f *Facts) (proto.Message, error) {
	text, err := f.text("text", "a note holds a text")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.NoteAdded{Text: text}, nil
}
