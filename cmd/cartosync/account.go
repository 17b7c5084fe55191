package main

import (
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// An access is an account and the key that belongs to it.
type access struct {
	account carto.Account
	key     secret.Value
}

// access decides which account a run speaks to and with which key. A manifest comes
// from a repository, which others write to, so it alone never decides where a key is
// sent: a key of the environment goes to the account that --account or its variable
// names, a key of the credentials file to the account that it stands beside. What a
// manifest names can only restrict that.
func (f accountFlags) access(env func(string) (string, bool), desired []spec.Manifest) (access, error) {
	declared, err := declaredAccounts(desired)
	if err != nil {
		return access{}, err
	}
	if f.Account == "" {
		return f.byManifest(env, declared)
	}
	named, err := carto.ParseAccount(f.Account)
	if err != nil {
		return access{}, usage("", "%s", err)
	}
	if err := otherAccounts(named, declared); err != nil {
		return access{}, err
	}
	key, err := f.givenKey(env)
	if err != nil || !key.IsZero() {
		return access{named, key}, err
	}
	stored, err := f.storedKey(named)
	if err == nil && stored.IsZero() {
		err = fmt.Errorf("no API key for %s; set CARTO_API_KEY to its master key, or use --api-key-file or a credentials file", named)
	}
	return access{named, stored}, err
}

// byManifest takes the account from the manifests. Only a credentials file can then
// have the key.
func (f accountFlags) byManifest(env func(string) (string, bool), declared []declaredAccount) (access, error) {
	if len(declared) == 0 {
		return access{}, errors.New("no account is named; set CARTO_ACCOUNT_URL or pass --account, or try --sandbox, which needs none")
	}
	first := declared[0]
	if err := otherAccounts(first.account, declared[1:]); err != nil {
		return access{}, err
	}
	key, err := f.storedKey(first.account)
	if err != nil || !key.IsZero() {
		return access{first.account, key}, err
	}
	problem := fmt.Sprintf("only the manifest names the account %s, and no credentials file has its key", first.account)
	hint := fmt.Sprintf("set CARTO_ACCOUNT_URL=%s and CARTO_API_KEY", first.account)
	if given, err := f.givenKey(env); err != nil || !given.IsZero() {
		problem = fmt.Sprintf("only the manifest names the account %s, and a manifest does not decide where a key is sent", first.account)
		hint = fmt.Sprintf("set CARTO_ACCOUNT_URL=%s if the key belongs to that account", first.account)
	}
	return access{}, spec.Errors{{Pos: first.pos, Problem: problem, Hint: hint}}
}

// A declaredAccount is the account that a manifest is for.
type declaredAccount struct {
	account carto.Account
	pos     spec.Position
}

func declaredAccounts(desired []spec.Manifest) ([]declaredAccount, error) {
	var all []declaredAccount
	for _, m := range desired {
		if m.Account == "" {
			continue
		}
		account, err := carto.ParseAccount(m.Account)
		if err != nil {
			return nil, spec.Errors{{Pos: m.ProjectPos, Problem: err.Error()}}
		}
		all = append(all, declaredAccount{account: account, pos: m.ProjectPos})
	}
	return all, nil
}

// otherAccounts refuses manifests that are for another account than the one named.
func otherAccounts(named carto.Account, declared []declaredAccount) error {
	var refused spec.Errors
	for _, d := range declared {
		if !d.account.Same(named) {
			refused = append(refused, &spec.Error{
				Pos:     d.pos,
				Problem: fmt.Sprintf("the manifest is for the account %s, this run for %s", d.account, named),
				Hint:    "name the manifest's account with --account or CARTO_ACCOUNT_URL and give its key, or correct the manifest",
			})
		}
	}
	if refused != nil {
		return refused
	}
	return nil
}
