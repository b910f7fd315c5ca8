package works

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// extendPermit moves a permit's end. One that has run out is not extended: in between the works had none.
func extendPermit(p *Project, cmd *gridcasev1.ExtendPermit, f *Facts) (proto.Message, error) {
	if err := p.mustBeOpen("extend a permit"); err != nil {
		return nil, err
	}
	permit, err := p.mustBePermitted(cmd.GetNumber())
	if err != nil {
		return nil, err
	}
	if f.Now.After(permit.To) {
		return nil, fault.New(fault.Conflict, "permit.expired", "the permit has run out; works need another one")
	}
	if !cmd.GetValidTo().AsTime().After(permit.To) {
		return nil, fault.BadField("valid_to", "permit.times", "an extended permit ends later than before")
	}
	return &gridcasev1.PermitExtended{Number: cmd.GetNumber(), ValidTo: cmd.GetValidTo()}, nil
}

func (p *Project) permitExtended(e *gridcasev1.PermitExtended) {
	p.changePermit(e.GetNumber(), func(k *Permit) { k.To = e.GetValidTo().AsTime() })
}
