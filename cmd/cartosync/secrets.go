package main

import (
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// resolve reads the secrets that the manifests refer to. A secret that cannot be had
// is absent, and why is one of the errors: the plan says what is not compared for
// want of it, and blocks what cannot be done without it.
func (f secretFlags) resolve(env func(string) (string, bool), desired []spec.Manifest) (plan.Secrets, spec.Errors) {
	from := secret.Resolver{Env: env, Allow: f.SecretEnv, Dir: f.SecretsDir}
	secrets := plan.Secrets{}
	var missing spec.Errors
	tried := map[string]bool{}
	for _, use := range secretUses(desired) {
		if tried[use.text.String()] {
			continue
		}
		tried[use.text.String()] = true
		value, err := use.text.Resolve(from)
		if err != nil {
			missing = append(missing, &spec.Error{Pos: use.pos, Problem: err.Error()})
			continue
		}
		secrets[use.text.String()] = value
	}
	return secrets, missing
}

// A secretUse is a text that refers to secrets, and where it stands.
type secretUse struct {
	text secret.Text
	pos  spec.Position
}

func secretUses(desired []spec.Manifest) []secretUse {
	var uses []secretUse
	add := func(pos spec.Position, t secret.Text) {
		if len(t.Refs()) > 0 {
			uses = append(uses, secretUse{text: t, pos: pos})
		}
	}
	for _, m := range desired {
		for _, c := range m.Connections {
			for _, p := range c.Params {
				add(p.Pos, p.Value)
			}
		}
		for _, d := range m.Datasets {
			add(d.At("source.url"), d.Source.URL)
			if d.Source.Connector == nil {
				continue
			}
			for _, p := range d.Source.Connector.Params {
				add(p.Pos, p.Value)
			}
		}
	}
	return uses
}
