package readmodel

import (
	"fmt"

	"github.com/gridcase/gridcase/pkg/access"
)

// Visible returns the SQL condition that a case is in the scope, over columns grid, department, reporter, worker and handler, and its
// arguments, numbered from first on. It is the same rule as access.Scope.Sees.
func Visible(s access.Scope, first int) (condition string, args []any) {
	areas := s.Areas
	if areas == nil {
		areas = []string{}
	}
	n := func(i int) int { return first + i }
	condition = fmt.Sprintf(`(district = $%d and ($%d or $%d <> '' and department = $%d or $%d <> '' and $%d in (reporter, worker, handler)
		or exists (select from unnest($%d::text[]) area where starts_with(grid, area))))`, n(0), n(1), n(2), n(2), n(3), n(3), n(4))
	return condition, []any{s.District, s.All, s.Department, s.User, areas}
}
