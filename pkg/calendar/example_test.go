package calendar_test

import (
	"fmt"
	"time"

	"github.com/gridcase/gridcase/pkg/calendar"
)

// Four working hours from Friday evening on end on Monday morning; two urgent hours end the same night.
func ExampleCalendar_Due() {
	v, _ := calendar.BuiltIn("cn-2026")
	c, err := calendar.New(v)
	if err != nil {
		fmt.Println(err)
		return
	}
	friday := time.Date(2026, 3, 6, 17, 30, 0, 0, c.Zone())
	fmt.Println(c.Due(friday, limit(4, hour, working)).In(c.Zone()).Format("Monday 15:04"))
	fmt.Println(c.Due(friday, limit(2, hour, wall)).In(c.Zone()).Format("Monday 15:04"))
	// Output:
	// Monday 11:30
	// Friday 19:30
}
