package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/config"
)

// connection is how the client verbs reach an installation.
type connection struct {
	URL   string `help:"Address of the API." default:"http://127.0.0.1:8311" env:"GRIDCASE_URL"`
	Token string `help:"Bearer token. Default: the operator's in tokens.json of the data directory." env:"GRIDCASE_TOKEN"`
	Data  string `help:"Data directory whose tokens.json is used." env:"GRIDCASE_DATA" placeholder:"DIR"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// client returns the API's client.
func (c *connection) client() (*client.Client, error) {
	token := c.Token
	if token == "" {
		t, err := readTokens(c.dataDir())
		if err != nil {
			return nil, fmt.Errorf("no --token and no GRIDCASE_TOKEN is given, and the operator's can't be read: %w", err)
		}
		token = t.Operator
	}
	return client.New(c.URL, token), nil
}

func (c *connection) dataDir() string {
	if c.Data != "" {
		return c.Data
	}
	return config.DefaultData()
}

// tokens are the bearer tokens of an installation's own machine: the operator's, and those of the demo's users.
type tokens struct {
	Operator string      `json:"operator"`
	Users    []demoToken `json:"users,omitempty"`
}

// demoToken is one demo user's token.
type demoToken struct {
	Name  string `json:"name"`
	Role  string `json:"role"`
	ID    string `json:"id"`
	Token string `json:"token"`
}

// of returns the token of a demo user.
func (t tokens) of(name string) string {
	for _, u := range t.Users {
		if u.Name == name {
			return u.Token
		}
	}
	return ""
}

func tokensFile(data string) string { return filepath.Join(data, "tokens.json") }

func readTokens(data string) (tokens, error) {
	var t tokens
	b, err := os.ReadFile(tokensFile(data))
	if err != nil {
		return t, fmt.Errorf("read tokens: %w", err)
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return t, fmt.Errorf("read tokens: %w", err)
	}
	return t, nil
}

// writeTokens replaces the file; only its owner may read it.
func writeTokens(data string, t tokens) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	return writeSecret(tokensFile(data), append(b, '\n'))
}

// writeSecret writes a file that only its owner may read, as a whole or not at all.
func writeSecret(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // created with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(f.Name()) // a no-op once it is renamed
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
