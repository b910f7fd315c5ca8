package catalogfile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/fault"
)

// workbook makes a file of sheets; merges are ranges of the first.
func workbook(t *testing.T, sheets map[string][][]string, merges ...string) *bytes.Buffer {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, rows := range sheets {
		if name != "Sheet1" {
			_, err := book.NewSheet(name)
			check(err)
		}
		for y, row := range rows {
			for x, value := range row {
				cell, err := excelize.CoordinatesToCellName(x+1, y+1)
				check(err)
				check(book.SetCellStr(name, cell, value))
			}
		}
	}
	for _, m := range merges {
		from, to, _ := strings.Cut(m, ":")
		check(book.MergeCell("Sheet1", from, to))
	}
	buffer, err := book.WriteToBuffer()
	check(err)
	return buffer
}

// conditions are what was read, one line a condition.
func conditions(v *gridcasev1.CatalogueVersion) []string {
	var lines []string
	for _, c := range v.GetTypes() {
		for _, rule := range c.GetConditions() {
			l := rule.GetLimit()
			unit := strings.ToLower(strings.TrimPrefix(l.GetUnit().String(), "LIMIT_UNIT_"))
			basis := strings.ToLower(strings.TrimPrefix(l.GetBasis().String(), "LIMIT_BASIS_"))
			lines = append(lines, strings.Join([]string{c.GetId(), c.GetNameZh(), rule.GetId(), rule.GetNameZh(), string(rune('0'+l.GetValue()/10)) + string(rune('0'+l.GetValue()%10)), unit, basis, rule.GetCloseZh()}, "|"))
		}
	}
	return lines
}

func TestATableOfStandardsIsReadWithItsMergedCellsAndBlanks(t *testing.T) {
	t.Parallel()
	book := workbook(t, map[string][][]string{"Sheet1": {
		{"城市管理案件立案、处置与结案标准"},
		{"序号", "大类", "小类名称", "小类代码", "立 案 条 件", "处置时限", "结案条件"},
		{"1", "施工管理", "施工占道", "0302", "未经许可占道施工", "1天", "制止、清除"},
		{"2", "", "", "", "存在安全隐患", "２紧急工作时", "消除隐患"},
		{},
		{"3", "街面秩序", "暴露垃圾", "0110", "暴露垃圾", "4 工作时", "清除"},
		{"序号", "大类", "小类名称", "小类代码", "立 案 条 件", "处置时限", "结案条件"},
		{"4", "突发事件", "道路破损", "0113", "破损超标", "十五个工作日内", "修复"},
		{"5", "", "路灯", "", "不亮", "半天", ""},
	}}, "A1:G1", "B3:B4", "C3:C4", "D3:D4")
	v, unread, err := catalogfile.ReadStandards(book)
	if err != nil || len(unread) > 0 {
		t.Fatal(unread, err)
	}
	got := conditions(v)
	lamp := got[len(got)-1]
	want := []string{
		"std.0302|施工占道|R1|未经许可占道施工|01|day|working|制止、清除",
		"std.0302|施工占道|R2|存在安全隐患|02|hour|wall|消除隐患",
		"std.0110|暴露垃圾|R1|暴露垃圾|04|hour|working|清除",
		"std.0113|道路破损|R1|破损超标|15|day|working|修复",
		lamp,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(lamp, "std.c") || !strings.HasSuffix(lamp, "|路灯|R1|不亮|04|hour|working|") {
		t.Errorf("a class without a code is read as %s", lamp)
	}
	if faults := catalog.Check(v); len(faults) > 0 {
		t.Errorf("what was read makes no sense: %v", faults[0])
	}
	written, err := catalogfile.Write(v)
	if err != nil {
		t.Fatal(err)
	}
	if again, found := catalogfile.Check(written); len(found) > 0 || !cmp.Equal(conditions(again), got) {
		t.Errorf("written and read again: %v, %v", found, conditions(again))
	}
}

func TestWhatCantBeReadIsReportedRowByRow(t *testing.T) {
	t.Parallel()
	book := workbook(t, map[string][][]string{
		"Sheet1": {
			{"类别", "立案条件", "处置时限", "结案条件"},
			{"", "没有类别", "1天", ""},
			{"井盖", "缺失", "尽快", "恢复"},
			{"井盖", "", "2天", "恢复"},
			{"井盖", "破损", "", "修复"},
			{"井盖", "移位", "2紧急工作时", "恢复"},
			{"井盖", "移位", "2紧急工作时", "恢复"},
			{"井盖", "异响", "0天", "恢复"},
			{"井盖"},
		},
		"说明": {{"这里没有表格"}},
	})
	v, unread, err := catalogfile.ReadStandards(book)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range unread {
		place, _, _ := strings.Cut(u.String(), ": ")
		got = append(got, place)
	}
	want := []string{"说明", "Sheet1!A2", "Sheet1!C3", "Sheet1!B4", "Sheet1!C5", "Sheet1!B7", "Sheet1!C8", "Sheet1!B9"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v\n%s", unread, diff)
	}
	if len(conditions(v)) != 1 {
		t.Errorf("the good rows are %v", conditions(v))
	}
}

func TestAFileThatIsNoWorkbookIsRefused(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "class,condition,limit\n", "PK\x03\x04 rubbish"} {
		if _, _, err := catalogfile.ReadStandards(strings.NewReader(content)); fault.Of(err).Code != "catalogfile.sheet" {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestEveryFaultOfAFileIsFoundWithItsLine(t *testing.T) {
	t.Parallel()
	_, found := catalogfile.Check([]byte(`types:
  - id: a.b
    colour: red
    fields:
      - {name: where, kind: choice}
    conditions:
      - {id: X, limit: 0 day working, closeFields: [nothing]}
      - {id: X, limit: soon}
    routes:
      - {field: nowhere, values: [a], department: Roads}
policy:
  stages:
    - {stage: handle, limit: 1 day working}
`))
	var got []string
	for _, f := range found {
		got = append(got, strings.Join([]string{string(rune('0' + f.Line/10)), string(rune('0' + f.Line%10)), f.Code}, " "))
	}
	want := []string{"0 3 catalogfile.key", "0 5 catalogue.choices", "0 7 catalogue.limit", "0 7 catalogue.close_field", "0 8 catalogfile.limit", "0 8 catalogue.condition_id", "0 8 catalogue.limit",
		"1 0 catalogue.route", "1 0 catalogue.department", "1 3 catalogue.policy_stage"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v\n%s", found, diff)
	}
}
