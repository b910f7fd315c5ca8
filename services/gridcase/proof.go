package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/evidence"
)

// proofCmd is 'gridcase proof'.
type proofCmd struct {
	Make   proofMakeCmd   `cmd:"" default:"withargs" help:"Write a file that proves a case as of a signed root."`
	Verify proofVerifyCmd `cmd:"" help:"Check a proof's file. Works without a server."`
}

type proofMakeCmd struct {
	caseArgs `embed:""`
	Out      string `short:"o" help:"Where the proof goes; the standard output where none is given." placeholder:"FILE"`
	Size     uint64 `help:"Prove by the signed root of so many events, such as one that the reader holds. Default: the newest." default:"0"`
}

// Run writes the file.
func (c *proofMakeCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	ref := c.ref()
	if ref.GetCaseId() == "" || ref.GetDistrict() == "" {
		answer, err := api.Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: ref})
		if err != nil {
			return client.Fault(err)
		}
		ref.CaseId, ref.District = answer.GetCase().GetCaseId(), answer.GetCase().GetDistrict()
	}
	answer, err := api.Evidence.GetProof(ctx, &gridcasev1.GetProofRequest{District: ref.GetDistrict(), CaseId: ref.GetCaseId(), Size: c.Size})
	if err != nil {
		return client.Fault(err)
	}
	if c.Out == "" {
		_, err = os.Stdout.Write(answer.GetFile())
		return err
	}
	if err := os.WriteFile(c.Out, answer.GetFile(), 0o644); err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	return nil
}

type proofVerifyCmd struct {
	File string `arg:"" help:"The proof." type:"existingfile"`
	Key  string `help:"The public key that must have signed it, as 'gridcase roots key' prints it, or a file that holds it."`
	Root string `help:"A signed root that you hold, as 'gridcase roots' printed it: the proof must stand under this very one." placeholder:"FILE" type:"existingfile"`
}

// Run prints what is proven, or fails with what was altered.
func (c *proofVerifyCmd) Run() error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	key, err := c.key()
	if err != nil {
		return err
	}
	p, err := evidence.Verify(text, key)
	if err != nil {
		return fmt.Errorf("%s proves nothing: %w", c.File, err)
	}
	if err := c.checkRoot(p); err != nil {
		return err
	}
	return printProven(p, key != "")
}

// key is the given key, or the one in the given file.
func (c *proofVerifyCmd) key() (string, error) {
	if c.Key == "" || strings.Count(c.Key, "+") >= 2 {
		return c.Key, nil
	}
	b, err := os.ReadFile(c.Key)
	if err != nil {
		return "", fmt.Errorf("read the public key: %w", err)
	}
	return trim(b), nil
}

// checkRoot holds the proof to the root that the reader has.
func (c *proofVerifyCmd) checkRoot(p *evidence.Proven) error {
	if c.Root == "" {
		return nil
	}
	b, err := os.ReadFile(c.Root)
	if err != nil {
		return fmt.Errorf("read the root: %w", err)
	}
	held, err := evidence.OpenRoot(string(b), p.Key)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Root, err)
	}
	if held != p.Root {
		return errors.New("the proof stands under another root than the one that was given")
	}
	return nil
}

// printProven prints the case as it is proven.
func printProven(p *evidence.Proven, keyGiven bool) error {
	_, err := fmt.Printf("ok: case %s/%s had these %d events and no others when %s had %d, root %s, signed %s\n", p.Root.Log.District, p.CaseID, len(p.Events), p.Root.Log, p.Root.Size,
		p.Root.Hash, p.Root.SignedAt.Format(time.RFC3339))
	if err != nil {
		return err
	}
	if !keyGiven {
		if _, err := fmt.Printf("The file names the key %s by itself: compare it with the one that you were given, or use --key.\n", p.Key); err != nil {
			return err
		}
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "VERSION\tAT\tEVENT\tSTATE\tROLE\tPOSITION")
		for i := range p.Events {
			e := &p.Events[i]
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", e.Version, e.Time.Local().Format(time.DateTime), e.Type[strings.LastIndexByte(e.Type, '.')+1:], short(e.State.String()),
				strings.ToLower(short(e.Role.String())), p.Root.Log.At(e.Sequence))
		}
	})
}
