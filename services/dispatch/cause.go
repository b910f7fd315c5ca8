package dispatch

import (
	"crypto/sha256"
	"fmt"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// target names the case that a manager's command is for. The command's id follows from its cause: a UUID of version 8 from SHA-256.
func target(district, caseID string, cause ...any) *gridcasev1.Target {
	text := strings.Builder{}
	for _, part := range append([]any{district, caseID}, cause...) {
		fmt.Fprintf(&text, "%v\n", part)
	}
	sum := sha256.Sum256([]byte(text.String()))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return &gridcasev1.Target{District: district, CaseId: caseID, CommandId: fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])}
}
