package catalogfile

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Unread is a row of a spreadsheet that could not be read, or a sheet, where Row is 0.
type Unread struct {
	Sheet  string
	Row    int    // from 1
	Column string // A, B, …; empty where it is the whole row
	Text   string // what is wrong, and what would be right
}

// String is the place and the reason: "Sheet1!D7: …".
func (u Unread) String() string {
	if u.Row == 0 {
		return fmt.Sprintf("%s: %s", u.Sheet, u.Text)
	}
	return fmt.Sprintf("%s!%s%d: %s", u.Sheet, u.Column, u.Row, u.Text)
}

// column is one of those that a table of standards has.
type column int

const (
	bigClass column = iota
	smallClass
	code
	condition
	limit
	closing
	lead
	columns
)

// headers are the words by which a column is known, the more exact ones first.
var headers = [columns][]string{
	bigClass:   {"大类名称", "大类", "问题大类", "category"},
	smallClass: {"小类名称", "小类", "问题小类", "案件类型", "类别", "名称", "class", "type", "name"},
	code:       {"小类代码", "小类编码", "类别代码", "代码", "编码", "code"},
	condition:  {"立案条件", "立案标准", "立案规范", "condition", "filing"},
	limit:      {"处置时限", "处理时限", "处置期限", "办理时限", "时限", "limit", "time"},
	closing:    {"结案条件", "结案标准", "结案规范", "close", "closing"},
	lead:       {"主责部门", "责任部门", "责任单位", "处置单位", "牵头单位", "department", "lead"},
}

// table is a sheet with its merged cells filled, and where each column is.
type table struct {
	name   string
	rows   [][]string
	header int // the header's row, from 0
	at     [columns]int
}

// readTables returns the tables of a workbook. A sheet without a header is reported.
func readTables(r io.Reader) ([]table, []Unread, error) {
	book, err := excelize.OpenReader(r)
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "catalogfile.sheet", "the file is no spreadsheet of the form .xlsx: %v", err)
	}
	defer book.Close()
	var tables []table
	var unread []Unread
	for _, name := range book.GetSheetList() {
		rows, err := filled(book, name)
		if err != nil {
			unread = append(unread, Unread{Sheet: name, Text: fmt.Sprintf("the sheet can't be read: %v", err)})
			continue
		}
		if len(rows) == 0 {
			continue
		}
		t := table{name: name, rows: rows}
		if !t.findHeader() {
			unread = append(unread, Unread{Sheet: name, Text: "no row among the first ten names the columns of class (小类), condition (立案条件) and limit (处置时限)"})
			continue
		}
		tables = append(tables, t)
	}
	return tables, unread, nil
}

// filled returns a sheet's rows with each merged cell's value in all of its cells.
func filled(book *excelize.File, sheet string) ([][]string, error) {
	rows, err := book.GetRows(sheet)
	if err != nil {
		return nil, err
	}
	merged, err := book.GetMergeCells(sheet)
	if err != nil {
		return nil, err
	}
	for _, cell := range merged {
		left, top, err := excelize.CellNameToCoordinates(cell.GetStartAxis())
		if err != nil {
			return nil, err
		}
		right, bottom, err := excelize.CellNameToCoordinates(cell.GetEndAxis())
		if err != nil {
			return nil, err
		}
		rows = fill(rows, left-1, top-1, right-1, bottom-1, cell.GetCellValue())
	}
	return rows, nil
}

// fill puts a value into a block of cells, within the rows that there are.
func fill(rows [][]string, left, top, right, bottom int, value string) [][]string {
	for y := top; y <= bottom && y < len(rows); y++ {
		for len(rows[y]) <= right && right < 64 {
			rows[y] = append(rows[y], "")
		}
		for x := left; x <= right && x < len(rows[y]); x++ {
			rows[y][x] = value
		}
	}
	return rows
}

// findHeader finds the row that names the columns.
func (t *table) findHeader() bool {
	for y := 0; y < len(t.rows) && y < 10; y++ {
		for c := range t.at {
			t.at[c] = find(t.rows[y], headers[c])
		}
		if t.at[smallClass] >= 0 && t.at[condition] >= 0 && t.at[limit] >= 0 {
			t.header = y
			return true
		}
	}
	return false
}

// find returns the cell that holds one of the words, -1 where none does.
func find(cells, words []string) int {
	for _, word := range words {
		for x, cell := range cells {
			if strings.Contains(strings.ToLower(halfWidth(cell)), word) {
				return x
			}
		}
	}
	return -1
}

// cell returns what stands in a row under a column, without blanks around it.
func (t *table) cell(y int, c column) string {
	x := t.at[c]
	if x < 0 || x >= len(t.rows[y]) {
		return ""
	}
	return strings.TrimSpace(t.rows[y][x])
}

// place is where a row's column stands, as spreadsheets call it.
func (t *table) place(y int, c column) (name string) {
	if t.at[c] >= 0 {
		name, _ = excelize.ColumnNumberToName(t.at[c] + 1) // it was found in the sheet
	}
	return name
}
