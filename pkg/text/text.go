// Package text makes words of what people write, in Chinese and in letters, so that texts can be found by them. It owns what a word is. It
// keeps no text, and it knows no language's grammar: a row of Chinese characters is cut into all its single characters and all its pairs.
//
// Before that, a text is brought into one form: what looks alike is written alike (Unicode's NFKC: full-width letters, ligatures, the
// compatibility forms of characters), letters are lower case, and what can't be seen is gone: zero-width characters, marks of direction,
// variation selectors.
package text

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longest is the longest word of letters and digits that is kept whole, in characters; a longer one is found by its beginning.
const longest = 64

// Words returns the words by which a text is found, each once, in the order of their first place: every Chinese character, every pair of
// neighbouring ones, and every row of letters and digits.
func Words(s string) []string {
	var words []string
	cut(s, func(run []rune, han bool) {
		if !han {
			words = append(words, string(run))
			return
		}
		for i := range run {
			words = append(words, string(run[i:i+1]))
		}
		words = append(words, pairs(run)...)
	})
	return unique(words)
}

// Asked returns the words that a text must have to be found by what somebody asks for, each once: of a row of Chinese characters all pairs,
// or the character itself where it stands alone. None: there is nothing to look for.
//
// A text that holds what is asked has these words. One that has them may lack it: pairs of one row may stand apart.
func Asked(s string) []string {
	var words []string
	cut(s, func(run []rune, han bool) {
		if han && len(run) > 1 {
			words = append(words, pairs(run)...)
			return
		}
		words = append(words, string(run))
	})
	return unique(words)
}

// Plain brings a text into the one form.
func Plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, s)
	return norm.NFKC.String(strings.Map(unicode.ToLower, norm.NFKC.String(s)))
}

// hidden tells whether a character can't be seen.
func hidden(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Variation_Selector) }

// cut visits the rows of a text: of Chinese characters, or of letters and digits. Whatever else there is parts them.
func cut(s string, visit func(run []rune, han bool)) {
	runes := []rune(Plain(s))
	for len(runes) > 0 {
		kind, n := kindOf(runes[0]), 1
		for n < len(runes) && kindOf(runes[n]) == kind {
			n++
		}
		switch kind {
		case chinese:
			visit(runes[:n], true)
		case letters:
			visit(runes[:min(n, longest)], false)
		}
		runes = runes[n:]
	}
}

// What a character is.
const (
	gap = iota
	chinese
	letters
)

func kindOf(r rune) int {
	switch {
	case unicode.Is(unicode.Han, r):
		return chinese
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
		return letters
	}
	return gap
}

func pairs(run []rune) []string {
	var words []string
	for i := range len(run) - 1 {
		words = append(words, string(run[i:i+2]))
	}
	return words
}

// unique leaves out what came before.
func unique(words []string) []string {
	seen := make(map[string]bool, len(words))
	return slices.DeleteFunc(words, func(w string) bool {
		if seen[w] {
			return true
		}
		seen[w] = true
		return false
	})
}
