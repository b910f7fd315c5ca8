package text_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/text"
)

func TestWhatWordsATextHas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, words string }{
		{"nothing", "", ""},
		{"signs alone", "……!?—— ", ""},
		{"a row of Chinese characters is cut into characters and pairs", "占道停车", "占 道 停 车 占道 道停 停车"},
		{"a sign parts them", "井盖,丢失", "井 盖 井盖 丢 失 丢失"},
		{"one character alone", "井!", "井"},
		{"letters and digits are words", "Bus stop No12b", "bus stop no12b"},
		{"letters beside Chinese", "A座3号楼", "a 座 3 号 楼 号楼"},
		{"full-width forms", "ＡＢ１２ ｶﾞ", "ab12 ガ"},
		{"a compatibility form of a character", "\uf9e1", "李"},
		{"zero-width characters and marks of direction are no gap", "占\u200b道\u202e\u2066停\ufeff车", "占 道 停 车 占道 道停 停车"},
		{"nor is a soft hyphen or a variation selector", "road\u00adworks 葛\U000e0100", "roadworks 葛"},
		{"a word that comes again", "路灯 路灯", "路 灯 路灯"},
		{"an accent, composed or not", "caf\u00e9 cafe\u0301", "café"},
		{"digits of other scripts", "٣", "٣"},
		{"the iteration mark and the circle are Chinese", "佐々〇", "佐 々 〇 佐々 々〇"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.words, strings.Join(text.Words(tt.text), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatATextMustHaveToBeFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ asked, words string }{
		{"占道停车", "占道 道停 停车"}, {"井", "井"}, {"井 盖", "井 盖"}, {"解放路 BUS", "解放 放路 bus"}, {"，。", ""},
	} {
		if diff := cmp.Diff(tt.words, strings.Join(text.Asked(tt.asked), " ")); diff != "" {
			t.Errorf("%q: %s", tt.asked, diff)
		}
	}
}

func ExampleWords() {
	fmt.Println(text.Words("井盖 No.7"))
	// Output: [井 盖 井盖 no 7]
}

var (
	signs  = rapid.SampledFrom([]string{"占", "道", "停", "车", "路", "々", "\U00020000", "a", "B", "ß", "Ａ", "7", "é", " ", "，", "-", "\u200b", "\u202e"})
	pieces = rapid.SliceOfN(signs, 0, 30)
)

// TestAlwaysATextIsFoundByItsOwnParts: any part of a text that is cut where a word ends finds it.
func TestAlwaysATextIsFoundByItsOwnParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runes := []rune(text.Plain(strings.Join(pieces.Draw(t, "text"), "")))
		from := rapid.IntRange(0, len(runes)).Draw(t, "from")
		to := rapid.IntRange(from, len(runes)).Draw(t, "to")
		for from > 0 && from < len(runes) && spelt(runes[from-1]) && spelt(runes[from]) {
			from--
		}
		for to > from && to < len(runes) && spelt(runes[to-1]) && spelt(runes[to]) {
			to++
		}
		words := text.Words(string(runes))
		for _, w := range text.Asked(string(runes[from:to])) {
			if !slices.Contains(words, w) {
				t.Fatalf("%q asks for %q, which %q has not", string(runes[from:to]), w, string(runes))
			}
		}
	})
}

// spelt tells whether a character is one of a word of letters and digits.
func spelt(r rune) bool {
	return !unicode.Is(unicode.Han, r) && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// TestAlwaysTheFormIsOne: a text in the form stays as it is, and has the words that it had.
func TestAlwaysTheFormIsOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(pieces, func(p []string) string { return strings.Join(p, "") })).Draw(t, "text")
		plain := text.Plain(s)
		if again := text.Plain(plain); again != plain {
			t.Fatalf("%q becomes %q", plain, again)
		}
		if diff := cmp.Diff(text.Words(s), text.Words(plain)); diff != "" {
			t.Fatal(diff)
		}
	})
}
