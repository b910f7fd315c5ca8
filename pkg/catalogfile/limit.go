package catalogfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// tradeLimit is how cities print a limit: a number, "urgent", "working", a unit.
var tradeLimit = regexp.MustCompile(`^(\d+|[一二三四五六七八九十两半]+)(个)?(紧急)?(工作)?(分钟|小时|时|天|日)(内|以内|之内)?$`)

// parseLimit reads a limit as the trade prints it: 1紧急工作时 is an hour of wall clock, 4小时 and 4工作时 are four working hours, 2天 and 15工作日 are
// working days. What is not written so is an error.
func parseLimit(text string) (*gridcasev1.Limit, bool, error) {
	m := tradeLimit.FindStringSubmatch(halfWidth(text))
	if m == nil {
		return nil, false, fmt.Errorf("%q is no limit such as 1紧急工作时, 4小时 or 2天", text)
	}
	unit, basis := gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
	switch m[5] {
	case "分钟":
		unit, basis = gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL
	case "天", "日":
		unit = gridcasev1.LimitUnit_LIMIT_UNIT_DAY
	}
	urgent := m[3] != ""
	if urgent {
		basis = gridcasev1.LimitBasis_LIMIT_BASIS_WALL
	}
	value, unit, err := amount(m[1], unit)
	if err != nil {
		return nil, false, fmt.Errorf("%q: %w", text, err)
	}
	return &gridcasev1.Limit{Value: value, Unit: unit, Basis: basis}, urgent, nil
}

// amount reads a number in Arabic or Chinese digits. A half is a number of the next smaller unit; half a working day is four hours.
func amount(text string, unit gridcasev1.LimitUnit) (uint32, gridcasev1.LimitUnit, error) {
	if text == "半" {
		switch unit {
		case gridcasev1.LimitUnit_LIMIT_UNIT_DAY:
			return 4, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, nil
		case gridcasev1.LimitUnit_LIMIT_UNIT_HOUR:
			return 30, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, nil
		}
	}
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		if n == 0 || n > 36525 {
			return 0, unit, fmt.Errorf("a limit lies between 1 and 36525")
		}
		return uint32(n), unit, nil
	}
	n, ok := chineseNumber(text)
	if !ok {
		return 0, unit, fmt.Errorf("%s is no number up to ninety-nine", text)
	}
	return n, unit, nil
}

// chineseNumber reads 一 to 九十九.
func chineseNumber(text string) (uint32, bool) {
	digits := map[string]uint32{"": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
	tens, ones, hasTen := strings.Cut(text, "十")
	if !hasTen {
		n, ok := digits[text]
		return n, ok && n > 0
	}
	t, ok1 := digits[tens]
	o, ok2 := digits[ones]
	if tens == "" {
		t = 1
	}
	return 10*t + o, ok1 && ok2
}

// halfWidth turns full-width forms into ASCII and leaves out blanks.
func halfWidth(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		case r == ' ' || r == 0x3000 || r == 0xa0 || r == '\t' || r == '\n' || r == '\r':
			return -1
		}
		return r
	}, text)
}
