package main

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// comment returns the comment before d as one line of text a paragraph.
func comment(d protoreflect.Descriptor) string {
	raw := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	var paragraphs []string
	for paragraph := range strings.SplitSeq(raw, "\n\n") {
		if text := strings.Join(strings.Fields(paragraph), " "); text != "" {
			paragraphs = append(paragraphs, text)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// firstSentence returns text up to its first full stop or question mark that ends a sentence.
func firstSentence(text string) string {
	for i, r := range text {
		ends := r == '.' || r == '?'
		if ends && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\n') {
			return text[:i+1]
		}
	}
	return text
}
