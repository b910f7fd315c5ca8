package archive

import (
	"context"
	"errors"
	"io"
	"strings"
)

// store is where an archive lies. It keeps files whole, by their names.
type store interface {
	// get opens a file and names its version; fs.ErrNotExist where there is none.
	get(ctx context.Context, name string) (io.ReadCloser, string, error)
	// put writes a file that is there as a whole or not at all, and stays, and names its version. It takes the place of the version over;
	// where another one stands, ErrChanged, and nothing is written.
	put(ctx context.Context, name string, content []byte, over string) (string, error)
	// empty tells whether there is no file at all.
	empty(ctx context.Context) (bool, error)
}

// What put writes over, where it is no version.
const (
	absent    = ""  // no file stands there
	whichever = "*" // whatever stands there
)

// ErrChanged: somebody else wrote the archive meanwhile.
var ErrChanged = errors.New("another run has written this archive meanwhile: what it wrote stands, nothing of this run was added; run it again")

// at is the store that a place names: s3://BUCKET/PREFIX, or else a directory.
func at(where string) (store, error) {
	if place, ok := strings.CutPrefix(where, scheme); ok {
		return newBucket(place)
	}
	return directory(where), nil
}

// load reads a file to its end.
func load(ctx context.Context, from store, name string) ([]byte, string, error) {
	file, version, err := from.get(ctx, name)
	if err != nil {
		return nil, "", err
	}
	content, err := io.ReadAll(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return content, version, err
}
