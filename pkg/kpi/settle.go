package kpi

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// settle counts what is known of a case once everything was said.
func (c *Collector) settle(k *track) {
	for _, w := range k.open {
		if w == nil {
			continue
		}
		if k.own(w); w.Falls(c.came) {
			c.due(k, w)
		}
	}
	for _, w := range k.handled {
		c.handling(k, w)
	}
	for _, who := range k.filings {
		c.add("file_accuracy", who, number(!k.voided), 1)
	}
	for _, closing := range k.closings {
		c.add("close_on_time", closing.who, number(closing.work == nil || k.good(closing.work)), 0)
	}
}

// good tells whether a handling is in time, or held to be so: nothing was left to handle, or an appeal exempts the department.
func (k *track) good(w *work) bool {
	return w.OnTime() || !w.Done.IsZero() && w.gone || k.isExempt(w)
}

// isExempt tells whether a handling that was late, or never done, is held against nobody because an appeal was approved.
func (k *track) isExempt(w *work) bool {
	return !w.OnTime() && !w.gone && slices.Contains(k.exempt, w.dispatch)
}

// due counts one piece of work that was due in the period.
func (c *Collector) due(k *track, w *work) {
	switch w.stage {
	case gridcasev1.Stage_STAGE_VERIFY:
		c.add("verify_on_time", w.who, number(w.OnTime()), 1)
	case gridcasev1.Stage_STAGE_DISPATCH:
		c.add("dispatch_on_time", w.who, number(w.OnTime()), 1)
	case gridcasev1.Stage_STAGE_SEND_INSPECTION:
		c.add("send_inspection_on_time", w.who, number(w.OnTime()), 1)
	case gridcasev1.Stage_STAGE_INSPECT:
		c.add("inspect_on_time", w.who, number(w.OnTime()), 1)
	case gridcasev1.Stage_STAGE_CLOSE:
		c.add("close_desk_on_time", w.who, number(w.OnTime()), 1)
	case gridcasev1.Stage_STAGE_HANDLE:
		c.handling(k, w)
	}
}

// handling counts one handling that was due in the period.
func (c *Collector) handling(k *track, w *work) {
	open := w.Done.IsZero() && w.Given.IsZero()
	c.add("handle_rate", w.who, number(!w.Done.IsZero()), 1)
	c.add("handle_on_time", w.who, number(k.good(w)), 1)
	c.add("exempt_rate", w.who, number(k.isExempt(w)), 1)
	c.add("overdue_open_rate", w.who, number(open), 1)
	c.add("extension_rate", w.who, 0, 1)
	c.add("suspension_rate", w.who, 0, 1)
	by := hand{w.who.department, w.round}
	if slices.Contains(k.toClose, by) {
		return // handled again after rework: one case to be closed
	}
	k.toClose = append(k.toClose, by)
	for _, name := range []string{"rework_rate", "close_rate", "close_on_time"} {
		c.add(name, w.who, 0, 1)
	}
}
