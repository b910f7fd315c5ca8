package parquetfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/parquetfile"
)

func drawCase(t *rapid.T) parquetfile.Case {
	name := rapid.StringMatching(`[a-z_]{0,12}`)
	c := parquetfile.Case{District: "610302", CaseID: name.Draw(t, "id"), State: name.Draw(t, "state"), Bounces: rapid.Int32().Draw(t, "bounces"), SelfFixed: rapid.Bool().Draw(t, "fixed"),
		Overdue: rapid.SliceOfN(name, 0, 3).Draw(t, "overdue")}
	if rapid.Bool().Draw(t, "placed") {
		at := rapid.Float64Range(-180, 180).Draw(t, "at")
		c.Longitude, c.Latitude = &at, &at
	}
	return c
}

func TestRowsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawCase), 0, 50).Draw(t, "rows")
		path := filepath.Join(dir, "cases.parquet")
		file, err := parquetfile.Create[parquetfile.Case](path)
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(rows)).Draw(t, "cut")
		for _, part := range [][]parquetfile.Case{rows[:cut], rows[cut:]} {
			if err := file.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := parquet.ReadFile[parquetfile.Case](path)
		if err != nil || len(got) != len(rows) || file.Rows() != len(rows) {
			t.Fatalf("%d rows, %d counted, %v, want %d", len(got), file.Rows(), err, len(rows))
		}
		for i := range rows {
			want := rows[i]
			want.ChangedAt = got[i].ChangedAt // the zero time is no moment of Parquet's
			if len(want.Overdue) == 0 {
				want.Overdue = got[i].Overdue // an absent list is an empty one
			}
			if diff := cmp.Diff(want.Overdue, got[i].Overdue); diff != "" || len(got[i].Clocks) != 0 {
				t.Fatal(diff)
			}
			want.Clocks = got[i].Clocks
			if diff := cmp.Diff(want, got[i]); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestRowGroupsAreBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cases.parquet")
	file, err := parquetfile.Create[parquetfile.Case](path)
	if err != nil {
		t.Fatal(err)
	}
	for range 45 {
		if err := file.Write(make([]parquetfile.Case, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	read, err := parquet.OpenFile(f, info.Size())
	if err != nil || len(read.RowGroups()) != 3 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d row groups, mode %v, %v", len(read.RowGroups()), info.Mode(), err)
	}
}

func TestAFileIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "cases.parquet")
	if err := os.WriteFile(path, []byte("the last export"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := parquetfile.Create[parquetfile.Case](path)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Write(make([]parquetfile.Case, 10)); err != nil {
		t.Fatal(err)
	}
	if err := file.Abandon(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if b, rerr := os.ReadFile(path); err != nil || rerr != nil || len(entries) != 1 || string(b) != "the last export" {
		t.Errorf("an export that was given up leaves %v, %v, %v", entries, err, rerr)
	}
}
