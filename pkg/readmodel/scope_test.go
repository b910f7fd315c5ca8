package readmodel_test

import (
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

func TestWhoSeesACase(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	s.happens(1, report, send)
	s.happens(2, report, file, assign, signs, hand)
	q := show(t, workqueue.View{})
	q.happens(1, report, send)
	q.happens(2, report, file, assign, signs, hand)
	for _, tt := range []struct {
		name   string
		scope  access.Scope
		first  bool // sees the one that is with the worker
		second bool // sees the one that is with the department
	}{
		{"the centre sees all", access.Scope{District: "610302", All: true}, true, true},
		{"of its district alone", access.Scope{District: "610303", All: true, User: desk}, false, false},
		{"a worker sees the own grids", access.Scope{District: "610302", Areas: []string{"610302009", "610302001001"}, User: "other"}, true, true},
		{"and no others", access.Scope{District: "610302", Areas: []string{"610302001002"}, User: "other"}, false, false},
		{"a worker sees a case that waits for the own report", access.Scope{District: "610302", User: wang}, true, false},
		{"a department sees what is with it", access.Scope{District: "610302", Department: "traffic_police", User: "other"}, false, true},
		{"and not what is with another", access.Scope{District: "610302", Department: "drainage", User: "other"}, false, false},
		{"a handler sees the own case", access.Scope{District: "610302", User: li}, false, true},
		{"who reported sees it", access.Scope{District: "610302", User: desk}, true, true},
		{"a scope of nothing sees nothing", access.Scope{District: "610302"}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for n, want := range map[int]bool{1: tt.first, 2: tt.second} {
				got, err := casestatus.Cases{Pool: s.pool}.Get(t.Context(), tt.scope, &gridcasev1.CaseRef{CaseId: id(n)})
				if err != nil {
					t.Fatal(err)
				}
				if (got != nil) != want {
					t.Errorf("case %d is seen: %t, want %t", n, got != nil, want)
				}
				queue := map[int]string{1: "worker:" + wang, 2: "department:traffic_police"}[n]
				items, _, err := workqueue.Queues{Pool: q.pool}.Page(t.Context(), tt.scope, queue, "", 10)
				if err != nil {
					t.Fatal(err)
				}
				if (len(items) > 0) != want {
					t.Errorf("case %d is seen in its queue: %t, want %t", n, len(items) > 0, want)
				}
			}
		})
	}
}
