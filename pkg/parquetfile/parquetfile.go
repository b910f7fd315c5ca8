// Package parquetfile writes events and cases as Parquet files, one row each, for whoever asks questions that no view answers. It owns the
// columns and that a file is whole or not there. It never holds more than one row group, and nothing sealed is in it: no value, no commitment
// and no person's reference.
package parquetfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// rowGroup is how many rows are held until they are written: some 20 MB of events.
const rowGroup = 20_000

// File is a Parquet file that is being written, row by row.
type File[T any] struct {
	path   string
	temp   *os.File
	writer *parquet.GenericWriter[T]
	rows   int
}

// Create begins a file. It has its name once Close has returned; one that exists is replaced then.
func Create[T any](path string) (*File[T], error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".parquet-*") // created with mode 0600
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	return &File[T]{path: path, temp: temp,
		writer: parquet.NewGenericWriter[T](temp, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(rowGroup), parquet.CreatedBy("gridcase", "1", ""))}, nil
}

// Write adds rows.
func (f *File[T]) Write(rows []T) error {
	n, err := f.writer.Write(rows)
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	f.rows += n
	return nil
}

// Rows is how many rows were written.
func (f *File[T]) Rows() int { return f.rows }

// Close ends the file, syncs it and gives it its name.
func (f *File[T]) Close() error {
	err := f.writer.Close()
	if err == nil {
		err = f.temp.Sync()
	}
	if cerr := f.temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

// Abandon deletes what was written. After Close it does nothing.
func (f *File[T]) Abandon() error {
	_ = f.temp.Close() // it may be closed
	if err := os.Remove(f.temp.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("abandon %s: %w", f.path, err)
	}
	return nil
}
