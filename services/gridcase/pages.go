package main

import (
	"fmt"
	"math"
	"os"
)

// pageArgs say how much of a list is printed. The API gives it page by page.
type pageArgs struct {
	Limit int `help:"How many at most; 0: all." default:"50"`
}

// everything is for lists that are shown whole.
var everything = pageArgs{Limit: 0}

// mostOfPage is how many of a list one request may ask for.
const mostOfPage = 200

// pages asks for one page of a list after the other until its end, or as many as are wanted. read is given how many to ask for and where, and
// returns how many came and where the next page begins, empty at the end. That there are more is said.
func (a pageArgs) pages(read func(limit uint32, page string) (came int, next string, err error)) error {
	left := a.Limit
	if left == 0 {
		left = math.MaxInt
	}
	for page := ""; ; {
		came, next, err := read(uint32(min(left, mostOfPage)), page)
		if err != nil || next == "" {
			return err
		}
		if left -= came; left <= 0 {
			fmt.Fprintln(os.Stderr, "gridcase: there are more: --limit says how many are shown, --limit 0 shows all")
			return nil
		}
		page = next
	}
}
