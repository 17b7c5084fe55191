package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// credentials are the keys of accounts:
//
//	https://acme.carto.com/u/alice: {api_key: ...}
//	carto.example.org: {api_key: ...}
//
// A line is for an account, or for all accounts of a host.
type credentials struct {
	accounts []credential
	hosts    map[string]secret.Value
}

type credential struct {
	account carto.Account
	key     secret.Value
}

// key is the key of an account, zero if the file has none.
func (c credentials) key(account carto.Account) secret.Value {
	for _, known := range c.accounts {
		if known.account.Same(account) {
			return known.key
		}
	}
	u, err := url.Parse(account.URL)
	if err != nil {
		return secret.Value{}
	}
	return c.hosts[u.Host]
}

// maxCredentials is the largest credentials file that is read, in bytes.
const maxCredentials = 1 << 20

// readCredentials reads a credentials file. It refuses one that others can read, and
// no error of it quotes a key.
func readCredentials(path string) (credentials, error) {
	info, err := os.Stat(path)
	if err != nil {
		return credentials{}, fmt.Errorf("credentials file %s: %w", path, fileError(err))
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return credentials{}, fmt.Errorf("credentials file %s can be read by others (mode %s); run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := readSmall(path, maxCredentials)
	if err != nil {
		return credentials{}, fmt.Errorf("credentials file %s: %w", path, err)
	}
	root, faults := parseMapping(path, text)
	c := credentials{hosts: map[string]secret.Value{}}
	for _, e := range root.entries {
		faults = append(faults, c.add(e)...)
	}
	if faults != nil {
		return credentials{}, faults
	}
	return c, nil
}

func (c *credentials) add(e entry) spec.Errors {
	fields, faults := e.mapping("api_key")
	if faults != nil {
		return faults
	}
	key := ""
	for _, field := range fields.entries {
		value, fault := field.text()
		if fault != nil {
			return spec.Errors{fault}
		}
		key = strings.TrimSpace(value)
	}
	if key == "" {
		return spec.Errors{e.fault("the entry has no api_key", "write {api_key: KEY} with the account's master key")}
	}
	if host, ok := hostName(e.key); ok {
		c.hosts[host] = secret.New(key)
		return nil
	}
	account, err := carto.ParseAccount(e.key)
	if err != nil {
		return spec.Errors{e.fault(err.Error(), "or write a host alone for all its accounts")}
	}
	c.accounts = append(c.accounts, credential{account: account, key: secret.New(key)})
	return nil
}

// hostName reads a host, with or without a port.
func hostName(key string) (host string, ok bool) {
	if strings.Contains(key, "/") || strings.Contains(key, "@") {
		return "", false
	}
	u, err := url.Parse("https://" + key)
	if err != nil || u.Host == "" {
		return "", false
	}
	return strings.ToLower(u.Host), true
}

// readSmall reads a regular file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fileError(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file; name one")
	case info.Size() > limit:
		return nil, fmt.Errorf("larger than %d bytes; is this the right file?", limit)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(err)
	}
	return text, nil
}
