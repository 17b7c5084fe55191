package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
)

// maxKeyFile is the largest key file that is read, in bytes.
const maxKeyFile = 4 << 10

// givenKey is the key of this run: of --api-key-file, else of CARTO_API_KEY. There is
// no flag with the key itself, since everybody on the machine sees a command line.
func (f accountFlags) givenKey(env func(string) (string, bool)) (secret.Value, error) {
	if f.APIKeyFile == "" {
		key, _ := env("CARTO_API_KEY")
		return secret.New(strings.TrimSpace(key)), nil
	}
	text, err := readSmall(f.APIKeyFile, maxKeyFile)
	if err != nil {
		return secret.Value{}, fmt.Errorf("--api-key-file %s: %w", f.APIKeyFile, err)
	}
	key := secret.New(strings.TrimSpace(string(text)))
	if key.IsZero() {
		return secret.Value{}, fmt.Errorf("--api-key-file %s: the file is empty; write the account's master key into it", f.APIKeyFile)
	}
	return key, nil
}

// storedKey is the key that the credentials file has for an account; zero if there is
// none. Only a file that was asked for must exist.
func (f accountFlags) storedKey(account carto.Account) (secret.Value, error) {
	path, asked := f.Credentials, f.Credentials != ""
	if !asked {
		path = defaultCredentials()
	}
	c, err := readCredentials(path)
	if !asked && errors.Is(err, fs.ErrNotExist) {
		return secret.Value{}, nil
	}
	if err != nil {
		return secret.Value{}, err
	}
	return c.key(account), nil
}

// defaultCredentials is the credentials file of the user, "" where there is no place
// for one.
func defaultCredentials() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "cartosync", "credentials.yaml")
}
