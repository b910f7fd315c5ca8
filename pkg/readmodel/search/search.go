// Package search answers one question: in which cases do these words stand? One row a case of which something was written: digests of the
// words of its descriptions and addresses, and of its notes and reasons. A case without a text has no row and costs nothing.
//
// The view holds no text. What was written lies encrypted in the vault; the projector opens the texts of a batch in one query, in the
// batch's own transaction, cuts them into words, and keeps a keyed digest of each word, whose key lies outside the database. So neither a
// row nor a backup of it tells what was written, only how many words two cases share. A person's erasure takes the digests of what they
// wrote away, in every generation of the view (Forget), in the transaction that destroys the person's key; what is folded later leaves the
// person out. A key that is missing without an erasure parks the case in this view: that is an alarm, not an erasure.
//
// # Decisions
//
// 2026-11: digests, not words: a text in the clear would stand in the database's files and in whatever is copied of them, which holds none
// today. The price: a text can't be looked at again for the phrase. A Chinese word of three characters and more is found wherever all its
// pairs stand, which is hardly ever elsewhere; and a word of letters is found whole, not by its beginning.
//
// 2026-11: a word that was ever written about a case finds it, also where the report was amended since: so does who opens the case read it.
//
// 2026-11: pages go by the case's id, whose first half is a time: the newest cases come first without another index. Who may see a case, its
// type and its place are asked of the view of cases, in one place, so that nothing here has to change with each event. The price: who sees a
// few grids of a district only and asks for a word of nearly every text has many cases looked at before a page is full, half a second among
// 200,000 texts where a desk waits some milliseconds. BenchmarkSearch in services/projector measures it.
package search

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
)

// Text is a sealed text of an event.
type Text struct {
	District, CaseID, CommandID string
	Sealed                      *gridcasev1.Sealed
}

// Texts opens sealed texts and makes digests of words.
type Texts interface {
	// Digests returns, for each text, the digests of its words, nil where the person who wrote it was erased. Until the transaction ends
	// nobody is erased. A text that is missing though nobody was erased, or that is damaged, is an Internal fault.
	// They are there once b was exchanged.
	Digests(b *pgx.Batch, texts []Text) (digests func() ([][]string, error))
}

// View is the view.
type View struct{ Texts Texts }

// Name is "search".
func (View) Name() string { return "search" }

// Version is the shape's number.
func (View) Version() int { return 1 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold the texts of a batch.
func (v View) Fold(batch []projection.Event) projection.Fold {
	f := &fold{texts: v.Texts}
	var writing []projection.Event
	for i := range batch {
		e := &batch[i]
		for _, s := range textsOf(e) {
			writing = append(writing, *e)
			f.written = append(f.written, Text{District: e.District, CaseID: e.CaseID, CommandID: e.CommandID, Sealed: s})
		}
	}
	f.CaseFold = projection.FoldCases(table, writing)
	return f
}

type fold struct {
	projection.CaseFold[row]
	texts   Texts
	written []Text // by each event of the batch
	digests func() ([][]string, error)
}

// Read asks for the texts, and for the cases' rows.
func (f *fold) Read(x *projection.Exchange) {
	if len(f.written) > 0 {
		f.digests = f.texts.Digests(x.Batch, f.written)
		f.CaseFold.Read(x)
	}
}

// Write adds the words of the texts to their cases.
func (f *fold) Write(x *projection.Exchange) error {
	if len(f.written) == 0 {
		return nil
	}
	digests, err := f.digests()
	if err != nil {
		return refusal(err)
	}
	for i := range f.written {
		if digests[i] != nil {
			f.Rows.Of(&f.Batch[i]).write(&f.written[i], digests[i])
		}
	}
	table.Upsert(x, f.Rows.Touched())
	return nil
}

// refusal tells a text that can't be opened from a database that doesn't answer.
func refusal(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Internal {
		return &projection.DataError{Code: f.Code, Text: f.Text}
	}
	return fmt.Errorf("open texts: %w", err)
}

// row is one case.
type row struct {
	District, CaseID     string
	Shelf, Report, Notes words
	ReportRef, NotesRef  *string
}

// write adds the words of one text.
func (r *row) write(t *Text, digests []string) {
	r.District, r.CaseID = t.District, t.CaseID
	r.Shelf.add(shelf(t.District), shelf(t.District, month(t.CaseID)))
	if slices.Contains(reports, t.Sealed.GetField()) {
		r.ReportRef = &t.Sealed.PersonRef
		r.Report.add(digests...)
		return
	}
	r.NotesRef = &t.Sealed.PersonRef
	r.Notes.add(digests...)
}

// shelf is a district, or a month of it, as a word that is no digest.
func shelf(district string, month ...time.Time) string {
	word := "d" + district
	for _, m := range month {
		word += m.Format("m200601")
	}
	return word
}

// month is the one in which a case's id was made, by its first 48 bits.
func month(caseID string) time.Time {
	ms, err := strconv.ParseInt(caseID[:8]+caseID[9:13], 16, 64)
	if err != nil {
		ms = 0 // no id of version 7: on the oldest shelf
	}
	t := time.UnixMilli(ms).UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

var table = &projection.Table[row]{
	Name: "texts", Comment: "by which words each case is found; one row a case of which something was written", Key: []string{"district", "case_id"}, Edited: true, // Forget
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "shelf", Type: "tsvector not null", Comment: "the district, and the district with the month of the case's id, as words", Field: func(r *row) any { return &r.Shelf }},
		{Name: "report", Type: "tsvector not null", Comment: "keyed digests of the words that the reporter wrote: descriptions, addresses", Field: func(r *row) any { return &r.Report }},
		{Name: "notes", Type: "tsvector not null", Comment: "keyed digests of the words that others wrote: notes, reasons", Field: func(r *row) any { return &r.Notes }},
		{Name: "report_ref", Type: "uuid", Comment: "the person whose key seals the report; null where nothing of theirs is held", Field: func(r *row) any { return &r.ReportRef }},
		{Name: "notes_ref", Type: "uuid", Comment: "the person whose key seals the notes; null where nothing of theirs is held", Field: func(r *row) any { return &r.NotesRef }},
	},
	Extra: `create index if not exists texts_words on texts using gin ((` + allWords + `)) with (gin_pending_list_limit = 1024);
`,
}

// allWords is what the index holds of a row.
const allWords = "shelf || report || notes"
