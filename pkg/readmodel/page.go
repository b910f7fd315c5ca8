package readmodel

import (
	"strings"
	"time"
)

// IsCaseID tells whether a text has a UUID's form: what a page names is read by PostgreSQL, which would refuse another.
func IsCaseID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && strings.Trim(s, "0123456789abcdef-") == "" && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

// IsTime tells whether a text is a time that PostgreSQL reads, too.
func IsTime(s string) bool {
	t, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && t.Year() > 0
}
