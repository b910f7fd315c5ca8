package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/minio/minio-go/v7"
)

// scheme begins the name of a place in a bucket.
const scheme = "s3://"

// bucket keeps an archive's files in a bucket of an S3 server, below a prefix. A file's version is its ETag.
type bucket struct {
	s3           *minio.Core
	name, prefix string // the prefix is empty or ends with a slash
	unguarded    bool   // the server refused a condition
}

func (b *bucket) get(ctx context.Context, name string) (io.ReadCloser, string, error) {
	file, info, _, err := b.s3.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, "", b.fault(err)
	}
	return file, info.ETag, nil
}

// put sends the file in one request that its SHA-256 is a signed part of, and holds the place to the version over twice: by a look before,
// for servers that heed no condition, and by the condition.
func (b *bucket) put(ctx context.Context, name string, content []byte, over string) (string, error) {
	if over == whichever {
		return b.send(ctx, name, content, over)
	}
	if err := b.stands(ctx, name, over); err != nil {
		return "", err
	}
	version, err := b.send(ctx, name, content, over)
	switch {
	case errors.Is(err, ErrChanged):
		return b.ours(ctx, name, content)
	case errors.Is(err, errNoConditions):
		b.unguarded = true
		return b.send(ctx, name, content, whichever)
	}
	return version, err
}

// stands tells whether the version of a file is this one.
func (b *bucket) stands(ctx context.Context, name, version string) error {
	info, err := b.s3.StatObject(ctx, b.name, b.prefix+name, minio.StatObjectOptions{})
	if err = b.fault(err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info.ETag != version {
		return ErrChanged
	}
	return nil
}

// ours answers for a file that was refused because another version stands: it may be this one, sent before by a request whose answer was lost.
func (b *bucket) ours(ctx context.Context, name string, content []byte) (string, error) {
	there, version, err := load(ctx, b, name)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(there, content) {
		return "", ErrChanged
	}
	return version, nil
}

// send is one request. Its checksum is asked for twice: as what is signed, which every server holds the content to, and as S3's own
// checksum, which stays with the file where a server knows it.
func (b *bucket) send(ctx context.Context, name string, content []byte, over string) (string, error) {
	sum := sha256.Sum256(content)
	options := minio.PutObjectOptions{DisableContentSha256: true, // of a stream's chunks: the whole has one
		UserMetadata: map[string]string{"X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(sum[:])}}
	switch over {
	case whichever:
	case absent:
		options.SetMatchETagExcept("*")
	default:
		options.SetMatchETag(over)
	}
	sent, err := b.s3.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(content), int64(len(content)), "", hex.EncodeToString(sum[:]), options)
	return sent.ETag, b.fault(err)
}

func (b *bucket) empty(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithCancel(ctx) // the first file is enough
	defer cancel()
	for file := range b.s3.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true, MaxKeys: 1}) {
		return false, b.fault(file.Err)
	}
	return true, nil
}

// where is the place as it is given.
func (b *bucket) where() string { return strings.TrimSuffix(scheme+b.name+"/"+b.prefix, "/") }
