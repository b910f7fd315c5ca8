package projection

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// errMadeAnew: a stream that is followed is not the one that it was.
	errMadeAnew = errors.New("the stream was made anew")
	// errWentBack: a stream that is followed ends before what was applied.
	errWentBack = errors.New("the stream went back")
	// errMoved: the checkpoints are not where this run left them, as after a failover to a standby that missed the last transactions.
	errMoved = errors.New("the checkpoints were moved")
)

// transientError is a failure of the database or the broker: the term ends and the next one goes on from the checkpoint.
type transientError struct{ error }

func (e *transientError) Unwrap() error { return e.error }

func transient(act string, err error) error {
	return &transientError{fmt.Errorf("%s: %w", act, err)}
}

// asTransient marks a failure as the database's, unless it says already what it is.
func asTransient(act string, err error) error {
	var known *transientError
	var step *stepError
	var no *refusal
	if err == nil || errors.As(err, &known) || errors.As(err, &step) || errors.As(err, &no) || errors.Is(err, errFenced) {
		return err
	}
	return transient(act, err)
}

// haltReason tells whether an error is the log's own, that no retry mends; empty: it is not.
func haltReason(err error) string {
	var transient *transientError
	var step *stepError
	if err == nil || errors.As(err, &transient) || errors.As(err, &step) || errors.Is(err, errFenced) {
		return ""
	}
	return err.Error()
}

// stepError ends Run: a test crashed the projector there.
type stepError struct{ error }

// DataError is a view's refusal of an event for what stands in it or in its case's row: no retry mends it, so the case is parked. Its text
// names fields and rules, never values.
type DataError struct {
	Code string // stable, for machines: "clocks.unreadable"
	Text string
}

// Error returns the text, behind it the code.
func (e *DataError) Error() string { return e.Text + " (" + e.Code + ")" }

// refusal is a view's no to a batch.
type refusal struct {
	unit         *unit
	code, reason string
	cause        error
}

func (r *refusal) Unwrap() error { return r.cause }

func (r *refusal) Error() string {
	return fmt.Sprintf("view %s refuses an event: %s", r.unit.generation.view.Name(), r.reason)
}

// refused returns the refusal in a view's error; nil where the view couldn't work, rather than couldn't take the data. What the database
// says may hold values, so only names are told of it.
func refused(u *unit, err error) *refusal {
	var data *DataError
	if errors.As(err, &data) {
		return &refusal{u, data.Code, data.Text, err}
	}
	var crash *panicError
	if errors.As(err, &crash) {
		return &refusal{u, "view.panic", "the view's fold ended with a " + crash.kind, err}
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !refusing(pg.Code) {
		return nil
	}
	reason := "the database refuses the row: SQLSTATE " + pg.Code
	for _, part := range [][2]string{{"table", pg.TableName}, {"column", pg.ColumnName}, {"constraint", pg.ConstraintName}} {
		if part[1] != "" {
			reason += ", " + part[0] + " " + part[1]
		}
	}
	return &refusal{u, "sql." + pg.Code, reason, err}
}

// refusing tells whether a SQLSTATE is about the data: class 22 and 23, and rows that are too large for an index (54000).
func refusing(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || code == "54000"
}

// undefined tells whether a table or schema is not there any more.
func undefined(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000")
}

// panicError is a panic in a view's fold.
type panicError struct{ kind string }

func (e *panicError) Error() string { return "the fold panicked with a " + e.kind }
