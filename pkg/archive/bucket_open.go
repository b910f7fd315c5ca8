package archive

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The variables that name the server and who speaks to it, as Amazon's own tools have them.
const (
	envEndpoint = "AWS_ENDPOINT_URL"
	envRegion   = "AWS_REGION"
	envKey      = "AWS_ACCESS_KEY_ID"
	envSecret   = "AWS_SECRET_ACCESS_KEY"
	envSession  = "AWS_SESSION_TOKEN"
)

// amazon is the server where no other is named.
const amazon = "https://s3.amazonaws.com"

// attempts is how often a request is sent at most, with pauses of at most a second.
const attempts = 5

// byName are the clouds that serve a bucket under a host name of its own alone; Amazon's the library knows.
var byName = []string{".aliyuncs.com", ".myqcloud.com", ".volces.com"}

// newBucket is BUCKET/PREFIX on the server that the environment names. Nothing is asked of it yet.
func newBucket(place string) (*bucket, error) {
	name, prefix, _ := strings.Cut(place, "/")
	if name == "" {
		return nil, fmt.Errorf("%s%s names no bucket: s3://BUCKET/PREFIX would", scheme, place)
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	if os.Getenv(envKey) == "" || os.Getenv(envSecret) == "" {
		return nil, fmt.Errorf("%s and %s must be set, to the key of one who may list, read and write %s%s", envKey, envSecret, scheme, place)
	}
	server, given, err := endpoint()
	if err != nil {
		return nil, err
	}
	s3, err := minio.NewCore(server.Host, options(server, given))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", envEndpoint, err)
	}
	return &bucket{s3: s3, name: name, prefix: prefix}, nil
}

// endpoint is the server's address, and whether it was given.
func endpoint() (*url.URL, bool, error) {
	text := first(envEndpoint+"_S3", envEndpoint)
	given := text != ""
	if !given {
		text = amazon
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	server, err := url.Parse(text)
	if err != nil || server.Host == "" || server.User != nil || server.Scheme != "https" && server.Scheme != "http" || strings.Trim(server.Path, "/") != "" {
		return nil, false, errors.New(envEndpoint + " must be http://HOST:PORT or https://HOST:PORT, without a path or a user") // not repeated: it may hold a password
	}
	return server, given, nil
}

func options(server *url.URL, given bool) *minio.Options {
	o := &minio.Options{
		Creds:      credentials.NewStaticV4(os.Getenv(envKey), os.Getenv(envSecret), os.Getenv(envSession)),
		Secure:     server.Scheme == "https",
		Region:     first(envRegion, "AWS_DEFAULT_REGION"), // without one, Amazon is asked for the bucket's
		MaxRetries: attempts,
	}
	if !given {
		return o
	}
	if o.Region == "" {
		o.Region = "us-east-1" // what servers with one region call it
	}
	o.BucketLookup = minio.BucketLookupPath
	for _, cloud := range byName {
		if strings.HasSuffix(server.Hostname(), cloud) {
			o.BucketLookup = minio.BucketLookupDNS
		}
	}
	return o
}

// first is the first variable that is set.
func first(names ...string) string {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}
