package catalogfile_test

import (
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/fault"
)

const policyYAML = `policy:
  reworkFloorPercent: 50
  stages:
    - {stage: sign, limit: 10 minute wall}
`

func TestAPolicyAloneIsReadFromYAML(t *testing.T) {
	t.Parallel()
	p, err := catalogfile.ReadPolicy([]byte(policyYAML))
	if err != nil || p.GetReworkFloorPercent() != 50 || len(p.GetStages()) != 1 || p.GetStages()[0].GetStage() != gridcasev1.Stage_STAGE_SIGN || p.GetStages()[0].GetLimit().GetValue() != 10 {
		t.Errorf("%v, %v", p, err)
	}
}

func TestAFaultOfAPolicyNamesTheLineAndTheField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ old, new, line, field, code string }{
		{"stage: sign", "stage: handle", "line 4", "policy.stages[0].stage", "catalogue.policy_stage"},
		{"stage: sign", "stage: nap", "line 4", "policy.stages[0].stage", "catalogfile.value"},
		{"reworkFloorPercent", "reworkCeiling", "line 2", "policy", "catalogfile.key"},
		{"policy:", "types:", "line 1", "", "catalogfile.malformed"},
		{policyYAML, "", "line 1", "", "catalogfile.malformed"},
	} {
		_, err := catalogfile.ReadPolicy([]byte(strings.Replace(policyYAML, tt.old, tt.new, 1)))
		if f := fault.Of(err); f.Code != tt.code || f.Field != tt.field || !strings.HasPrefix(f.Text, tt.line+": ") {
			t.Errorf("%s instead of %s: %s of field %q: %s", tt.new, tt.old, f.Code, f.Field, f.Text)
		}
	}
}
