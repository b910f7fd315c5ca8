package api

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/gridcase/gridcase/pkg/fault"
)

// usual is how much of a list a request gets that doesn't say how much.
const usual = 50

// Page cuts a list that is in memory, in the order of its keys, to the page behind a cursor ("": from the beginning), and returns the cursor of
// the next page, empty at the end. Whatever came or went meanwhile, each page begins behind the last key of the one before.
func Page[T any](list []T, key func(T) string, cursor string, limit uint32) (page []T, next string, err error) {
	after, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, "", fault.BadPage()
	}
	if limit == 0 {
		limit = usual
	}
	if cursor != "" {
		first, found := slices.BinarySearchFunc(list, string(after), func(item T, k string) int { return strings.Compare(key(item), k) })
		if found {
			first++
		}
		list = list[first:]
	}
	if len(list) <= int(limit) {
		return list, "", nil
	}
	list = list[:limit]
	return list, base64.RawURLEncoding.EncodeToString([]byte(key(list[limit-1]))), nil
}
