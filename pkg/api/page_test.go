package api_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
)

func self(s string) string { return s }

// TestPagesAreTheListAndNothingTwice: whatever goes meanwhile, and whatever comes, what stays is seen once, in order.
func TestPagesAreTheListAndNothingTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.StringN(1, 8, -1), self)
		list, gone := slices.Sorted(slices.Values(names.Draw(t, "list"))), []string{}
		limit := rapid.Uint32Range(1, 7).Draw(t, "limit")
		stays := slices.Clone(list)
		var seen []string
		for cursor := ""; ; {
			page, next, err := api.Page(list, self, cursor, limit)
			if err != nil || len(page) > int(limit) {
				t.Fatalf("%d of %d: %v", len(page), limit, err)
			}
			seen = append(seen, page...)
			if cursor = next; cursor == "" {
				break
			}
			if rapid.Bool().Draw(t, "one goes") {
				i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
				gone = append(gone, list[i])
				list = slices.Delete(slices.Clone(list), i, i+1)
			}
		}
		went := func(s string) bool { return slices.Contains(gone, s) }
		if got, want := slices.DeleteFunc(slices.Clone(seen), went), slices.DeleteFunc(stays, went); !slices.Equal(got, want) {
			t.Errorf("seen %q, want %q", got, want)
		}
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Errorf("seen %q", seen)
		}
	})
}

func TestAPageHasFiftyWhereNothingIsSaid(t *testing.T) {
	t.Parallel()
	var list []string
	for n := range 51 {
		list = append(list, fmt.Sprintf("%02d", n))
	}
	page, next, err := api.Page(list, self, "", 0)
	if err != nil || len(page) != 50 || next == "" {
		t.Errorf("%d, then %q, %v", len(page), next, err)
	}
	if page, next, err = api.Page(list, self, next, 0); err != nil || !slices.Equal(page, []string{"50"}) || next != "" {
		t.Errorf("%v, then %q, %v", page, next, err)
	}
	if _, _, err := api.Page(list, self, "no cursor!", 0); fault.Of(err).Code != "page.malformed" {
		t.Errorf("%v", err)
	}
}
