package readmodel_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gridcase/gridcase/pkg/readmodel"
)

// What the column holds is read by people and by queries too: it is the JSON that the comment on the column says.
func TestClocksAreTheSameWhenTheyAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	for _, held := range []string{
		`{}`,
		`{"ACCEPT":{"due":"2026-11-23T10:15:00Z","warn_at":"2026-11-23T10:12:00.000001Z"}}`,
		`{"ACCEPT":{"due":"2026-11-23T10:15:00Z","warn_at":"2026-11-23T10:12:00Z","paused":true},` +
			`"HANDLE":{"due":"2026-11-24T18:00:00.5Z","warn_at":"2026-11-24T16:00:00Z","limit":{"value":1,"unit":3,"basis":2}}}`,
	} {
		var clocks readmodel.Clocks
		if err := clocks.Scan(held); err != nil {
			t.Fatal(err)
		}
		written, err := clocks.Value()
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal([]byte(written.(string)), &got); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if err := json.Unmarshal([]byte(held), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
