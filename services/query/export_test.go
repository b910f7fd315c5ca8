package query

// Named is what a period's name means, for the tests.
var Named = named
