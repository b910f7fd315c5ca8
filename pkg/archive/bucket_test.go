package archive_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gridcase/gridcase/pkg/archive"
	"github.com/gridcase/gridcase/pkg/archive/s3test"
)

// The tests of this file change what the server does, or which one is named, so none runs beside another.

// putting tells whether a request puts a file whose name ends so.
func putting(r *http.Request, end string) bool {
	return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, end)
}

// TestAnUploadThatIsCutOffLeavesTheArchiveAsItWas: of a segment, and of the manifest.
func TestAnUploadThatIsCutOffLeavesTheArchiveAsItWas(t *testing.T) {
	where := server.Bucket(t, "torn")
	if err := add(t.Context(), where, 10, false); err != nil {
		t.Fatal(err)
	}
	defer server.Before(nil)
	for _, end := range []string{".zst", "manifest.json"} {
		server.Before(func(_ http.ResponseWriter, r *http.Request) bool {
			if putting(r, end) {
				s3test.Tear(r)
			}
			return false
		})
		if err := add(t.Context(), where, 20, false); err == nil || !strings.Contains(err.Error(), "broke off") {
			t.Errorf("a torn upload of %s ends with %v", end, err)
		}
		holds(t.Context(), t, where, 10)
	}
	server.Before(nil)
	if err := add(t.Context(), where, 20, false); err != nil {
		t.Fatal(err)
	}
	holds(t.Context(), t, where, 20)
}

// TestASaveWhoseAnswerIsLostIsNoSecondWriting: the request is sent again and meets what it wrote itself.
func TestASaveWhoseAnswerIsLostIsNoSecondWriting(t *testing.T) {
	where := server.Bucket(t, "lost")
	if err := add(t.Context(), where, 10, false); err != nil {
		t.Fatal(err)
	}
	defer server.Before(nil)
	lost := false
	server.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		if !putting(r, "manifest.json") || lost {
			return false
		}
		lost = true
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			t.Errorf("the manifest was refused: %s", answer.Body)
		}
		panic(http.ErrAbortHandler)
	})
	if err := add(t.Context(), where, 20, false); err != nil || !lost {
		t.Errorf("a save whose answer was lost (%v) ends with %v", lost, err)
	}
	holds(t.Context(), t, where, 20)
}

// TestAServerWithoutConditionsIsNamed: two writings in turn are still told apart, those of one instant are not.
func TestAServerWithoutConditionsIsNamed(t *testing.T) {
	where := server.Bucket(t, "unguarded")
	if err := add(t.Context(), where, 10, false); err != nil {
		t.Fatal(err)
	}
	defer server.Before(nil)
	server.Before(func(w http.ResponseWriter, r *http.Request) bool {
		conditional := r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != ""
		if r.Method == http.MethodPut && conditional {
			s3test.Refuse(w, http.StatusNotImplemented, "NotImplemented")
		}
		return r.Method == http.MethodPut && conditional
	})
	first, second := extended(t, where, 30), extended(t, where, 20)
	if err := first.Save(t.Context(), time.Unix(3, 0)); err != nil || !first.Unguarded() {
		t.Errorf("a save without conditions ends with %v, unguarded: %v", err, first.Unguarded())
	}
	if err := second.Save(t.Context(), time.Unix(4, 0)); err == nil {
		t.Error("the second writing was taken")
	}
	holds(t.Context(), t, where, 30)
}

// TestWhatIsWrongWithABucketIsSaidInALine: what is wrong, what would be right, and no credential.
func TestWhatIsWrongWithABucketIsSaidInALine(t *testing.T) {
	server.Bucket(t, "there")
	gone := s3test.Start()
	gone.Close()
	for _, c := range []struct{ what, variable, value, where, want string }{
		{"no archive there", "", "", "s3://there/copy", "there is no archive in s3://there/copy"},
		{"no bucket is named", "", "", "s3://", "names no bucket: s3://BUCKET/PREFIX would"},
		{"a bucket that is not there", "", "", "s3://nowhere/copy", "there is no bucket nowhere at 127.0.0.1:"},
		{"no key", "AWS_ACCESS_KEY_ID", "", "s3://there/copy", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set"},
		{"another's key", "AWS_ACCESS_KEY_ID", "AKIDSOMEBODY", "s3://there/copy", "denies s3://there/copy (InvalidAccessKeyId): AWS_ACCESS_KEY_ID"},
		{"nobody answers", "AWS_ENDPOINT_URL", gone.URL, "s3://there/copy", "can't be reached"},
		{"an endpoint with a path", "AWS_ENDPOINT_URL", server.URL + "/there", "s3://there/copy", "AWS_ENDPOINT_URL must be http://HOST:PORT"},
		{"an endpoint with a password", "AWS_ENDPOINT_URL", "http://u:" + s3test.Secret + "@127.0.0.1", "s3://there/copy", "AWS_ENDPOINT_URL must be http://HOST:PORT"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv(c.variable, c.value)
			}
			_, err := archive.Open(t.Context(), c.where)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("it is said %v, want %q", err, c.want)
			}
			for _, never := range []string{"\n", s3test.Secret, s3test.Key, "AKIDSOMEBODY"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q stands in %q", never, err)
				}
			}
		})
	}
}
