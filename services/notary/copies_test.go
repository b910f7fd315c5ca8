package notary_test

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestACopyThatDiffersIsNamedByServer flips a bit on the disk of one node of three, which doesn't lead the log.
func TestACopyThatDiffersIsNamedByServer(t *testing.T) {
	t.Parallel()
	cluster := natstest.Cluster(t)
	o := &office{t: t, dir: t.TempDir(), dsn: pgtest.New(t), year: thisYear()}
	t.Cleanup(o.close)
	directory := o.open(func() (*nats.Conn, func()) {
		conn := cluster.Connect(t)
		return conn, conn.Close
	}, 3)
	referencetest.Publish(t, directory)
	eventually(t, "the district is there", func() bool { return directory.Ready() == nil && len(directory.Districts()) > 0 })
	o.work(5)
	if a := o.audit(); a.GetFound() != 0 || len(a.GetCopies()) != 3 {
		t.Fatalf("the audit of equal copies says %v", a)
	}
	spoilt := (cluster.Leader(t, o.stream()) + 1) % 3
	cluster.Stop(spoilt)
	rewrite(t, o.block(cluster.StoreDir(spoilt), o.stream()), func(block []byte) []byte {
		block[recordOf(t, block, o.cases[2], 2)] ^= 0x10
		return block
	})
	cluster.Start(t, spoilt)
	eventually(t, "the node is back", func() bool {
		copies, missing, err := o.log.Copies(t.Context(), o.stream())
		for _, c := range copies {
			c.Close(t.Context())
		}
		return err == nil && len(missing) == 0
	})
	a := o.audit()
	if !says(a.GetFindings(), "copy", "server "+cluster.Name(spoilt)+" misses "+o.at(8)) || a.GetFound() != 1 {
		t.Errorf("the audit says %v", a)
	}
}
