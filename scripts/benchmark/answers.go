package main

import "fmt"

// answer is what one window came to: the p99 of each read and of 'select 1' in milliseconds, and the events that came in a second.
type answer struct {
	took      []float64
	one, came float64
}

// answers are an answer a round.
type answers []answer

// median of the i-th read.
func (all answers) median(i int) float64 { return all.of(func(a answer) float64 { return a.took[i] }) }

func (all answers) of(figure func(answer) float64) float64 {
	var figures []float64
	for _, a := range all {
		figures = append(figures, figure(a))
	}
	return median(figures)
}

// row are the medians over the rounds.
func (a *asked) row(how string, all answers) row {
	var cells []cell
	for i, r := range reads {
		cells = append(cells, cell{r.name, all.median(i), "ms"})
	}
	cells = append(cells, cell{"floor: select 1", all.of(func(a answer) float64 { return a.one }), "ms"}, cell{"came in", all.of(func(a answer) float64 { return a.came }), "/s"})
	return row{fmt.Sprintf("%s cases, %s", number(float64(a.cases)), how), cells}
}
