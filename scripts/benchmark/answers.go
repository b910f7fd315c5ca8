package main

import "fmt"

// answer is what one window came to: the p99 of each read and of 'select 1' in milliseconds, and the events that came in a second.
type answer struct {
	took      []float64
	one, came float64
}

// answers are an answer a round.
type answers []answer

// kind is the p99 of the i-th read.
func kind(i int) func(answer) float64 { return func(a answer) float64 { return a.took[i] } }

// one is the p99 of 'select 1'.
func one(a answer) float64 { return a.one }

// median of the i-th read.
func (all answers) median(i int) float64 { return all.of(kind(i)) }

// by is the median over the rounds of a figure by that of others in the same round.
func (all answers) by(others answers, figure func(answer) float64) float64 {
	var ratios []float64
	for round := range all {
		ratios = append(ratios, figure(all[round])/figure(others[round]))
	}
	return median(ratios)
}

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
	cells = append(cells, cell{"floor: select 1", all.of(one), "ms"}, cell{"came in", all.of(func(a answer) float64 { return a.came }), "/s"})
	return row{fmt.Sprintf("%s cases, %s", number(float64(a.cases)), how), cells}
}
