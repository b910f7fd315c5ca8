package eventstore

import (
	"strconv"
	"time"
)

// IDTime returns the UTC time inside a UUID of version 7, and whether id is one, in the canonical lower-case form.
func IDTime(id string) (time.Time, bool) {
	if len(id) != 36 || id[14] != '7' || id[19] < '8' || id[19] > 'b' || (id[19] > '9' && id[19] < 'a') {
		return time.Time{}, false
	}
	for i := range len(id) {
		c := id[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash != (c == '-') || !dash && !hex {
			return time.Time{}, false
		}
	}
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}
