package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const (
	// EnvPrefix begins the names of the environment variables that every manifest may read.
	EnvPrefix = "CARTOSYNC_SECRET_"
	// DefaultDir is where secret files are looked for unless told otherwise.
	DefaultDir = "/run/secrets"
	// MaxFileSize is the largest secret file that is read, in bytes.
	MaxFileSize = 64 << 10
	// ownPrefix begins the names of our own settings, the account's master key among
	// them: a manifest must never be able to send those to a database of its choice.
	ownPrefix = "CARTO_"
)

// A Resolver reads secrets from where references point. It decides what a manifest
// may read: manifests come from pull requests, and the environment of a CI job holds
// more than their secrets.
type Resolver struct {
	// Env looks a variable up, as os.LookupEnv does. Nil means that no variable is set.
	Env func(string) (string, bool)
	// Allow lists names that may be read although they do not begin with EnvPrefix.
	// Names that begin with CARTO_ stay refused.
	Allow []string
	// Dir holds secret files; empty means DefaultDir. Nothing outside is read,
	// whatever links it holds.
	Dir string
}

// A MissingError says which reference has no value, and what to do about it.
type MissingError struct {
	Ref     Ref
	Problem string
	Hint    string
	Err     error // the cause, where there is one
}

func (e *MissingError) Error() string {
	return e.Ref.String() + ": " + e.Problem + "; " + e.Hint
}

func (e *MissingError) Unwrap() error { return e.Err }

func (r Resolver) lookup(ref Ref) (string, error) {
	if ref.Kind == File {
		return r.file(ref)
	}
	return r.env(ref)
}

func (r Resolver) env(ref Ref) (string, error) {
	missing := func(problem, hint string, args ...any) (string, error) {
		return "", &MissingError{Ref: ref, Problem: problem, Hint: fmt.Sprintf(hint, args...)}
	}
	// Windows does not tell upper from lower case in names of variables.
	if strings.HasPrefix(strings.ToUpper(ref.Name), ownPrefix) {
		return missing("variables that begin with CARTO_ are never read for a manifest", "copy the value to %sNAME", EnvPrefix)
	}
	if !strings.HasPrefix(ref.Name, EnvPrefix) && !slices.Contains(r.Allow, ref.Name) {
		return missing("the variable is not one that manifests may read",
			"rename it to %s%s or allow it with --secret-env %s", EnvPrefix, ref.Name, ref.Name)
	}
	if r.Env != nil {
		if s, ok := r.Env(ref.Name); ok && s != "" {
			return s, nil
		} else if ok {
			return missing("the environment variable is empty", "set %s to the secret", ref.Name)
		}
	}
	return missing("the environment variable is not set", "set %s to the secret", ref.Name)
}

func (r Resolver) file(ref Ref) (string, error) {
	dir := r.Dir
	if dir == "" {
		dir = DefaultDir
	}
	b, err := readSecretFile(dir, ref.Name)
	if err == nil {
		return b, nil
	}
	missing := &MissingError{Ref: ref, Problem: "the secret file cannot be read", Err: err,
		Hint: "check that it is a regular file inside " + dir}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		missing.Problem = "there is no such secret file in " + dir
		missing.Hint = "create it or name another directory with --secrets-dir"
	case errors.Is(err, fs.ErrPermission):
		missing.Hint = "give this user read access to it"
	case errors.Is(err, errTooLarge):
		missing.Problem = fmt.Sprintf("the secret file is larger than %d bytes", MaxFileSize)
		missing.Hint = "name the file that holds just the secret"
	case errors.Is(err, errEmpty):
		missing.Problem = "the secret file is empty"
		missing.Hint = "write the secret into it"
	}
	return "", missing
}

var (
	errTooLarge   = errors.New("secret file too large")
	errEmpty      = errors.New("secret file is empty")
	errNotRegular = errors.New("not a regular file")
)

// readSecretFile reads a file below dir without one trailing line break, which
// editors add and passwords do not have.
func readSecretFile(dir, name string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	// Looked at before it is opened: opening a named pipe would wait for a writer.
	info, err := root.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errNotRegular
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return "", err
	}
	if len(b) > MaxFileSize {
		return "", errTooLarge
	}
	s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if s == "" {
		return "", errEmpty
	}
	return s, nil
}
