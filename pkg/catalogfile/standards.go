package catalogfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// ReadStandards reads the tables of filing and closing standards of a workbook as cities print them: a row a filing condition, with its
// class, limit and closing condition; merged cells count for each of their rows, and a blank class is that of the row above. What could not
// be read is returned row by row; the other rows go in. An error says that the file is no workbook.
func ReadStandards(r io.Reader) (*gridcasev1.CatalogueVersion, []Unread, error) {
	tables, unread, err := readTables(r)
	if err != nil {
		return nil, nil, err
	}
	s := standards{unread: unread, byID: map[string]*gridcasev1.CaseType{}}
	for i := range tables {
		s.table(&tables[i])
	}
	return &gridcasev1.CatalogueVersion{Types: s.types}, s.unread, nil
}

// standards are the case types as they are read.
type standards struct {
	types  []*gridcasev1.CaseType
	byID   map[string]*gridcasev1.CaseType
	unread []Unread
}

func (s *standards) table(t *table) {
	var above row
	for y := t.header + 1; y < len(t.rows); y++ {
		next := row{big: t.cell(y, bigClass), class: t.cell(y, smallClass), code: t.cell(y, code), condition: t.cell(y, condition), limit: t.cell(y, limit),
			closing: t.cell(y, closing), lead: t.cell(y, lead)}
		if next == (row{}) || next.repeatsHeader(t) {
			continue
		}
		next.inherit(above)
		above = next
		s.row(t, y, next)
	}
}

// row is one line of a table.
type row struct{ big, class, code, condition, limit, closing, lead string }

// inherit takes a blank class from the row above, with its code; where the class is the same, a blank limit and closing condition too would
// be a guess: they stay blank.
func (r *row) inherit(above row) {
	if r.class == "" {
		r.class = above.class
		if r.code == "" {
			r.code = above.code
		}
	}
	if r.big == "" {
		r.big = above.big
	}
}

// repeatsHeader tells whether the header stands here again, as on a printed page.
func (r *row) repeatsHeader(t *table) bool {
	return r.class == t.cell(t.header, smallClass) && r.condition == t.cell(t.header, condition)
}

func (s *standards) row(t *table, y int, r row) {
	bad := func(c column, text string) {
		s.unread = append(s.unread, Unread{Sheet: t.name, Row: y + 1, Column: t.place(y, c), Text: text})
	}
	switch {
	case r.class == "":
		bad(smallClass, "the row has no class, and no row above has one")
		return
	case r.condition == "" && r.limit == "":
		bad(condition, "the row has neither a condition nor a limit")
		return
	case r.condition == "":
		bad(condition, "the row has no filing condition")
		return
	case r.limit == "":
		bad(limit, "the row has no limit")
		return
	}
	parsed, urgent, err := parseLimit(r.limit)
	if err != nil {
		bad(limit, err.Error())
		return
	}
	caseType := s.caseType(r)
	name := strings.Join(strings.Fields(r.condition), " ")
	if slices.ContainsFunc(caseType.GetConditions(), func(c *gridcasev1.Condition) bool { return c.GetNameZh() == name }) {
		bad(condition, fmt.Sprintf("the class %s has this condition already", r.class))
		return
	}
	caseType.Conditions = append(caseType.Conditions, &gridcasev1.Condition{Id: fmt.Sprintf("R%d", len(caseType.GetConditions())+1), NameZh: name,
		Limit: parsed, Urgent: urgent, CloseZh: strings.Join(strings.Fields(r.closing), " "), Lead: departmentID(r.lead)})
}

// caseType returns the type of a class, made where it lacks.
func (s *standards) caseType(r row) *gridcasev1.CaseType {
	id := classID(r)
	if known := s.byID[id]; known != nil {
		return known
	}
	t := &gridcasev1.CaseType{Id: id, NameZh: r.class, NameEn: id, Photos: []*gridcasev1.PhotoRule{{Kind: "far", MinReport: 1}, {Kind: "near"}}}
	if r.code != "" {
		t.Codes = []string{halfWidth(r.code)}
	}
	s.byID[id] = t
	s.types = append(s.types, t)
	return t
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// classID is the id of a class: std and its code, or where it has none of letters and digits, a digest of its names. The same table gives the
// same ids for ever.
func classID(r row) string {
	if plain := strings.Trim(notInID.ReplaceAllString(strings.ToLower(halfWidth(r.code)), "_"), "_"); plain != "" {
		return "std." + plain[:min(len(plain), 60)]
	}
	return "std.c" + digest(r.big+"\x00"+r.class)
}

// departmentID is the id of a department that a table names in words; a name of its own form stays.
func departmentID(name string) string {
	plain := strings.Trim(strings.ReplaceAll(notInID.ReplaceAllString(strings.ToLower(halfWidth(name)), "-"), "--", "-"), "-")
	switch {
	case name == "":
		return ""
	case plain == strings.ToLower(name) && plain[0] >= 'a':
		return plain[:min(len(plain), 40)]
	}
	return "dept-" + digest(name)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:5])
}
