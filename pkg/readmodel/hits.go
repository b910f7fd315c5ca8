package readmodel

// Hits are cases that one view found, for the query of another that shows them: a relation with the columns hit_district and hit_case, in
// the order in which they are to be shown, over arguments numbered from 1 on. It says nothing of who may see them.
type Hits struct {
	SQL  string
	Args []any
}
