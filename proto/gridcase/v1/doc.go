// Package gridcasev1 is the contract of gridcase: every event of a case, every command and query, and the envelope that an event wears in
// the log. It imports nothing of the house. A field once published is never renamed, retyped or reused; an event that must change gets a
// new message.
package gridcasev1
