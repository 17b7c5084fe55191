package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
)

// params reads KEY=VALUE flags. Everybody on a machine can read command lines, so a
// secret is never written out there: its value is @FILE, - for standard input, or
// refers to a variable as ${env:NAME}, as any value may. Keys are lower case, since
// CARTO shows secrets under others in clear.
// Source: CartoDB/cartodb: lib/carto/connector/connection_adapter.rb.
func (a *app) params(flag string, given map[string]string) ([]carto.Param, error) {
	var all []carto.Param
	seen := map[string]bool{}
	for _, written := range slices.Sorted(maps.Keys(given)) {
		key := strings.ToLower(written)
		if seen[key] {
			return nil, usage("give it once", "--%s %s is given twice, in capitals and in small letters", flag, key)
		}
		seen[key] = true
		value, err := a.paramValue(flag, key, given[written])
		if err != nil {
			return nil, err
		}
		all = append(all, carto.Param{
			Key: key, Value: value, Secret: secret.IsSecretKey(key),
			Number: key == "port" && onlyDigits(value.Reveal()),
		})
	}
	return all, nil
}

func onlyDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && (s == "0" || s[0] != '0')
}

func (a *app) paramValue(flag, key, written string) (secret.Value, error) {
	file, fromFile := strings.CutPrefix(written, "@")
	isSecret := secret.IsSecretKey(key)
	switch {
	case isSecret && fromFile:
		return secretFile(flag, key, file)
	case isSecret && written == "-":
		return a.secretInput(flag, key)
	case isSecret && !strings.Contains(written, "${env:"):
		return secret.Value{}, usage(
			fmt.Sprintf("write --%s %s=@FILE, %s=- for standard input, or '%s=${env:NAME}'", flag, key, key, key),
			"--%s %s: a secret is not written on the command line, which everybody on this machine can read", flag, key)
	}
	return a.resolved(fmt.Sprintf("--%s %s", flag, key), written)
}

// resolved puts the variables in place that a value refers to. Whoever types the
// reference may read any variable but the account's own key.
func (a *app) resolved(what, written string) (secret.Value, error) {
	text, err := secret.Parse(written)
	if err != nil {
		return secret.Value{}, usage("", "%s: %s", what, err)
	}
	from := secret.Resolver{Env: a.env}
	for _, ref := range text.Refs() {
		if ref.Kind != secret.Env {
			return secret.Value{}, usage("write @FILE", "%s: %s is for manifests", what, ref)
		}
		from.Allow = append(from.Allow, ref.Name)
	}
	value, err := text.Resolve(from)
	if err != nil {
		return secret.Value{}, fmt.Errorf("%s: %w", what, err)
	}
	return value, nil
}

func secretFile(flag, key, path string) (secret.Value, error) {
	text, err := readSmall(path, secret.MaxFileSize)
	if err != nil {
		return secret.Value{}, fmt.Errorf("--%s %s: file %s: %w", flag, key, path, err)
	}
	return oneSecret(flag, key, string(text))
}

func (a *app) secretInput(flag, key string) (secret.Value, error) {
	text, err := io.ReadAll(io.LimitReader(a.stdin, secret.MaxFileSize+1))
	switch {
	case err != nil:
		return secret.Value{}, fmt.Errorf("--%s %s: reading standard input: %w", flag, key, err)
	case len(text) > secret.MaxFileSize:
		return secret.Value{}, fmt.Errorf("--%s %s: standard input holds more than %d bytes; give it the secret alone", flag, key, secret.MaxFileSize)
	}
	return oneSecret(flag, key, string(text))
}

// oneSecret takes off one line end, which editors add and passwords do not have.
func oneSecret(flag, key, text string) (secret.Value, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if text == "" {
		return secret.Value{}, fmt.Errorf("--%s %s: the secret is empty", flag, key)
	}
	return secret.New(text), nil
}
