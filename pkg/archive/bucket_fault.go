package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"
)

// errNoConditions: the server does not know what a put asks for; where it asks for a condition, that is what it does not know.
var errNoConditions = errors.New("the server does not implement what a file is put with (NotImplemented)")

// fault says what the server's refusal means and what would be right. It never holds a credential: a key's id stands in some answers, so none
// is repeated.
func (b *bucket) fault(err error) error {
	if err == nil {
		return nil
	}
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return b.unreachable(err)
	}
	switch answer.Code {
	case minio.NoSuchKey:
		return fs.ErrNotExist
	case minio.NoSuchBucket:
		return fmt.Errorf("there is no bucket %s at %s: make it first, or name another one (s3://BUCKET/PREFIX)", b.name, b.host())
	case minio.PreconditionFailed, "ConditionalRequestConflict":
		return ErrChanged
	case minio.NotImplemented:
		return errNoConditions
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return fmt.Errorf("%s lies in another region (%s): set %s to the bucket's", b.where(), answer.Code, envRegion)
	}
	if answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%s denies %s (%s): %s and %s must be the key of one who may list, read and write there", b.host(), b.where(), answer.Code, envKey, envSecret)
	}
	return fmt.Errorf("%s refuses %s: %s, status %d", b.host(), b.where(), answer.Code, answer.StatusCode)
}

// unreachable is a request that had no answer.
func (b *bucket) unreachable(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // without the address, which is said already
	}
	return fmt.Errorf("%s can't be reached, or broke off: %w; %s must name an S3 server", b.host(), err, envEndpoint)
}

func (b *bucket) host() string { return b.s3.EndpointURL().Host }
