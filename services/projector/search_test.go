package projector_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/text"
	"github.com/gridcase/gridcase/pkg/vault"
)

var (
	front = projection.Schema(search.View{})
	cases = projection.Schema(casestatus.View{}) + ".cases"
)

// all is the scope of the centre's desks.
func all(district string) access.Scope {
	return access.Scope{District: district, All: true, User: "desk"}
}

func TestACaseIsFoundByWhatWasWrittenAboutIt(t *testing.T) {
	t.Parallel()
	f := newFolded(t)
	f.fold(f.reported("610302", caseID(1), "占道停车，挡住消防通道", "解放路12号"))
	f.fold(f.reported("610302", caseID(2), "Blocked FIRE lane", ""))
	f.fold(f.reported("610302", caseID(3), "", "经二路"))
	f.fold(f.noted("610302", caseID(3), 2, "路灯不亮"))
	f.fold(f.happens("610302", caseID(4), 1, func(s map[string]*gridcasev1.Sealed) proto.Message {
		return &gridcasev1.CaseReported{CaseType: "drain.pipe", Place: &gridcasev1.Place{Grid: "610302001001001"}, ReporterName: s["reporter_name"], ReporterPhone: s["reporter_phone"],
			Fields: []*gridcasev1.Field{{Name: "plate", Value: &gridcasev1.Field_Sealed{Sealed: s["fields.plate"]}}}}
	}, vault.Value{Person: reporter, Field: "reporter_name", Text: "王小明"}, vault.Value{Person: reporter, Field: "reporter_phone", Text: "13800001234"},
		vault.Value{Person: bystander, Field: "fields.plate", Text: "陕C00000"}))
	f.fold(f.reported("610303", caseID(5), "占道停车", ""))
	f.fold(f.reported("610302", caseID(6), "停车占道", ""))
	f.fold(f.happens("610302", caseID(6), 2, func(s map[string]*gridcasev1.Sealed) proto.Message {
		return &gridcasev1.CaseSentBack{Reason: s["reason"]}
	},
		vault.Value{Person: bystander, Field: "reason", Text: "证据不足"}))
	for _, tt := range []struct {
		asked string
		want  []string
	}{
		{"占道停车", []string{caseID(1)}}, // the other one has the words in another order
		{"停车", []string{caseID(6), caseID(1)}},
		{"停", []string{caseID(6), caseID(1)}},
		{"停车 消防", []string{caseID(1)}},
		{"解放路 12", []string{caseID(1)}}, // of the address and the description
		{"停车 解放路", []string{caseID(1)}},
		{"fire", []string{caseID(2)}}, {"ＦＩＲＥ　ｌａｎｅ", []string{caseID(2)}}, {"fir", nil},
		{"路", []string{caseID(3), caseID(1)}}, {"路灯", []string{caseID(3)}}, {"经二路 不亮", []string{caseID(3)}}, // written by two persons
		{"证据", []string{caseID(6)}},
		{"王小明", nil}, {"13800001234", nil}, {"陕C00000", nil}, {"陕", nil},
	} {
		if diff := cmp.Diff(tt.want, f.find(all("610302"), tt.asked, casestatus.Filter{}, 1), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.asked, diff)
		}
	}
	if got := f.find(all("610302"), "停车", casestatus.Filter{CaseType: "drain.pipe"}, 5); len(got) > 0 {
		t.Errorf("of another type: %v", got)
	}
	if got := f.find(all("610302"), "停车", casestatus.Filter{Area: "610302002"}, 5); len(got) > 0 {
		t.Errorf("of another area: %v", got)
	}
	if n := len(rows(t, f.pool, front)); n != 5 {
		t.Errorf("%d cases have a row, want the 5 with a text", n)
	}
}

// TestEveryTextOfTheContractIsFoundOrIsKeptOut: a sealed field that is added to a command is one or the other, and whose it is.
func TestEveryTextOfTheContractIsFoundOrIsKeptOut(t *testing.T) {
	t.Parallel()
	want := map[string]gridcasev1.Person{"description": reporter, "address": reporter, "note": bystander, "reason": bystander, "text": bystander,
		"reporter_name": reporter, "reporter_phone": reporter} // the last two are kept out
	messages, seen := gridcasev1.File_gridcase_v1_commands_proto.Messages(), map[string]bool{}
	for i := range messages.Len() {
		for j := range messages.Get(i).Fields().Len() {
			fd := messages.Get(i).Fields().Get(j)
			p, _ := proto.GetExtension(fd.Options(), gridcasev1.E_Sealed).(gridcasev1.Person)
			if fd.Kind() != protoreflect.StringKind || p == gridcasev1.Person_PERSON_UNSPECIFIED {
				continue
			}
			seen[string(fd.Name())] = true
			if want[string(fd.Name())] != p {
				t.Errorf("%s is sealed for %s, want %s", fd.FullName(), p, want[string(fd.Name())])
			}
		}
	}
	if len(seen) != len(want) {
		t.Errorf("the commands have the sealed fields %v, want %v", seen, want)
	}
}

// drawn is a case and where it lies.
type drawn struct{ id, grid string }

var scraps = rapid.SampledFrom([]string{"占", "道", "停", "车", "路", "a", "b7", " ", "，"})

func drawText(t *rapid.T, label string, most int) string {
	return strings.Join(rapid.SliceOfN(scraps, 1, most).Draw(t, label), "")
}

// TestAlwaysASearchFindsWhatIsThereAndSeen draws cases with texts and notes, folds them in batches of any size, and looks for words within a
// scope: the cases that have all of them and that the scope lets see, the newest first, in pages of any size.
func TestAlwaysASearchFindsWhatIsThereAndSeen(t *testing.T) {
	t.Parallel()
	f := newFolded(t)
	district := 100000
	rapid.Check(t, func(rt *rapid.T) {
		district++
		code := fmt.Sprint(district)
		var cases []drawn
		var log []projection.Event
		for i := range rapid.IntRange(1, 8).Draw(rt, "cases") {
			k := drawn{id: caseID(1000*i + rapid.IntRange(0, 900).Draw(rt, "hours")), grid: code + rapid.SampledFrom([]string{"001001001", "001001002"}).Draw(rt, "grid")}
			e := f.reported(code, k.id, drawText(rt, "description", 6), "")
			e.Message.(*gridcasev1.CaseReported).Place.Grid, e.Grid = k.grid, k.grid
			log = append(log, e)
			for n := range rapid.IntRange(0, 2).Draw(rt, "notes") {
				note := f.noted(code, k.id, n+2, drawText(rt, "note", 4))
				note.Grid = k.grid
				log = append(log, note)
			}
			cases = append(cases, k)
		}
		for batch := range slices.Chunk(log, rapid.IntRange(1, len(log)).Draw(rt, "batch")) {
			f.fold(batch...)
		}
		asked := drawText(rt, "asked", 3)
		if len(text.Asked(asked)) == 0 {
			return
		}
		scope := all(code)
		if rapid.Bool().Draw(rt, "a part") {
			scope = access.Scope{District: code, User: "worker", Areas: []string{code + "001001001"}}
		}
		var want []string
		for _, k := range slices.Backward(cases) {
			has := wordsOf(f, code, k.id, log)
			if scope.Sees(access.Parties{Grid: k.grid}) && !slices.ContainsFunc(text.Asked(asked), func(w string) bool { return !has[w] }) {
				want = append(want, k.id)
			}
		}
		if diff := cmp.Diff(want, f.find(scope, asked, casestatus.Filter{}, rapid.IntRange(1, 4).Draw(rt, "limit")), cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("%q (-want +got):\n%s", asked, diff)
		}
	})
}

// wordsOf are the words of all that was written of a case, as the vault reveals it.
func wordsOf(f *folded, district, id string, log []projection.Event) map[string]bool {
	f.t.Helper()
	var refs []vault.Ref
	for _, e := range log {
		if e.CaseID != id {
			continue
		}
		switch m := e.Message.(type) {
		case *gridcasev1.CaseReported:
			refs = append(refs, vault.Ref{CommandID: e.CommandID, Sealed: m.GetDescription()})
		case *gridcasev1.NoteAdded:
			refs = append(refs, vault.Ref{CommandID: e.CommandID, Sealed: m.GetText()})
		}
	}
	revealed, err := f.vault.Reveal(f.t.Context(), district, id, refs)
	if err != nil {
		f.t.Fatal(err)
	}
	words := map[string]bool{}
	for _, r := range revealed {
		for _, w := range text.Words(r.Text) {
			words[w] = true
		}
	}
	return words
}

// TestARareWordIsFoundBehindManyCases: behind those that are looked through one by one, in the months that are asked first, and before them.
func TestARareWordIsFoundBehindManyCases(t *testing.T) {
	t.Parallel()
	f := newFolded(t)
	var log []projection.Event
	var want []string
	for i := range 5000 { // an hour each: seven months
		if i%1000 == 500 {
			log = append(log, f.reported("610302", caseID(i), "塌陷", ""))
			want = append([]string{caseID(i)}, want...)
		} else {
			log = append(log, f.reported("610302", caseID(i), "", ""))
		}
	}
	for batch := range slices.Chunk(log, 1000) {
		f.fold(batch...)
	}
	f.in(func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into `+front+`.texts (district, case_id, shelf, report, notes) select district, case_id, 'd610302', 'x', '' from `+cases+` on conflict do nothing`)
		return err
	})
	for _, limit := range []int{1, 2, 10} {
		if diff := cmp.Diff(want, f.find(all("610302"), "塌陷", casestatus.Filter{}, limit)); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", limit, diff)
		}
	}
}

func TestNothingThatWasWrittenStandsInTheView(t *testing.T) {
	t.Parallel()
	f := newFolded(t)
	f.fold(f.reported("610302", caseID(1), "占道停车 canary", "canary"))
	if found := strings.Join(rows(t, f.pool, front), "\n"); strings.Contains(found, "canary") || strings.Contains(found, "停") || !strings.Contains(found, "d610302m202601") {
		t.Errorf("the view holds %s", found)
	}
	other := vault.New(f.pool, vault.Key{9})
	if slices.Equal(other.Digests([]string{"停车"}), f.vault.Digests([]string{"停车"})) {
		t.Error("the digests are those of any key")
	}
}

// TestAnErasedPersonsWordsAreGoneAndStayGone: what others wrote stays, and a fold after the erasure is the same as a fold before it.
func TestAnErasedPersonsWordsAreGoneAndStayGone(t *testing.T) {
	t.Parallel()
	f := newFolded(t)
	first, second := f.reported("610302", caseID(1), "占道停车", "解放路"), f.reported("610302", caseID(2), "占道停车", "")
	remark := f.noted("610302", caseID(1), 2, "路灯不亮")
	f.fold(first, second, remark)
	f.in(func(tx pgx.Tx) error { return makeLedger(t.Context(), tx) })
	for _, e := range []projection.Event{first, second} {
		if err := f.vault.Erase(t.Context(), e.Message.(*gridcasev1.CaseReported).GetDescription().GetPersonRef(), search.Forget); err != nil {
			t.Fatal(err)
		}
	}
	for asked, want := range map[string][]string{"停车": nil, "解放": nil, "路灯": {caseID(1)}} {
		if diff := cmp.Diff(want, f.find(all("610302"), asked, casestatus.Filter{}, 5), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", asked, diff)
		}
	}
	before := rows(t, f.pool, front)
	if len(before) != 1 {
		t.Errorf("%d rows are left, want that of the case with a note", len(before))
	}
	f.in(func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), `truncate `+front+`.texts`); return err })
	f.fold(first, second)
	f.fold(remark)
	if diff := cmp.Diff(before, rows(t, f.pool, front)); diff != "" {
		t.Errorf("(-after the erasure +folded anew):\n%s", diff)
	}
}

// makeLedger enters the view's one generation, as a projector does.
func makeLedger(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `create schema projection; create table projection.generations (number int, view text, schema text); insert into projection.generations values (1, 'search', '`+front+`')`)
	return err
}

// TestAnErasureWaitsForWhoMakesSomethingOfTheTexts: what a fold under way makes of a text is there when the erasure takes it away.
func TestAnErasureWaitsForWhoMakesSomethingOfTheTexts(t *testing.T) {
	t.Parallel()
	f := newFolded(t)
	f.in(func(tx pgx.Tx) error { return makeLedger(t.Context(), tx) })
	e := f.reported("610302", caseID(1), "占道停车", "")
	erased := make(chan error, 1)
	f.in(func(tx pgx.Tx) error {
		if err := f.apply(tx, []projection.Event{e}); err != nil {
			return err
		}
		go func() {
			erased <- f.vault.Erase(context.WithoutCancel(t.Context()), e.Message.(*gridcasev1.CaseReported).GetDescription().GetPersonRef(), search.Forget)
		}()
		return awaitLock(t.Context(), f, erased)
	})
	if err := <-erased; err != nil {
		t.Fatal(err)
	}
	if left := rows(t, f.pool, front); len(left) > 0 {
		t.Errorf("%v is left of an erased person", left)
	}
}

// awaitLock waits until the erasure waits, or has ended.
func awaitLock(ctx context.Context, f *folded, erased chan error) error {
	for waits := false; !waits && len(erased) == 0; {
		if err := f.pool.QueryRow(ctx, `select exists (select from pg_locks where locktype = 'advisory' and not granted)`).Scan(&waits); err != nil {
			return err
		}
	}
	return nil
}

func TestATextThatCannotBeOpenedIsAnAlarmAndNoErasure(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, harm, code string }{
		{"the key is missing", `delete from vault.values; delete from vault.persons`, "vault.key_missing"},
		{"the value is missing", `delete from vault.values`, "vault.value_missing"},
		{"the key is damaged", `update vault.persons set wrapped_key = 'x'`, "vault.key_damaged"},
		{"the value is damaged", `update vault.values set ciphertext = 'x'`, "vault.value_damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFolded(t)
			e := f.reported("610302", caseID(1), "占道停车", "")
			for _, statement := range strings.Split(tt.harm, ";") {
				if _, err := f.pool.Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error { return f.apply(tx, []projection.Event{e}) })
			var no *projection.DataError
			if !errors.As(err, &no) || no.Code != tt.code {
				t.Errorf("%v, want a refusal %s", err, tt.code)
			}
		})
	}
}
