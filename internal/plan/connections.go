package plan

import (
	"cmp"
	"slices"

	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// connections plans a project's stored connections. They are ours by their
// name, which carries the project, the key and the version of the secret.
func (c *computer) connections(m spec.Manifest) []Action {
	live := map[string][]Connection{}
	for _, l := range c.in.Account.Connections {
		if project, key, _, ok := parseConnectionName(l.Name); ok && project == m.Project {
			live[key] = append(live[key], l)
		}
	}
	var actions []Action
	for _, want := range m.Connections {
		actions = append(actions, c.connection(m, want, live[want.Key]))
		delete(live, want.Key)
	}
	var keys []string
	for key := range live {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		actions = append(actions, c.strayConnections(m, key, live[key])...)
	}
	return actions
}

// connection plans one declared connection. Of several versions left by an
// interrupted run, the declared one counts, else the newest.
func (c *computer) connection(m spec.Manifest, want spec.Connection, live []Connection) Action {
	a := Action{Verb: None, Kind: KindConnection, Project: m.Project, Connection: want.Key, Pos: want.Pos}
	name := ConnectionName(m.Project, want.Key, want.SecretVersion)
	if !c.in.Account.StoredConnections {
		a.Verb = Create
		return a.blocked(ConnectionsUnavailable, "the server keeps no stored connections (before CARTO 4.45)",
			"remove the connection, or upgrade the server")
	}
	if len(live) == 0 {
		return c.createConnection(a, want, name)
	}
	l := slices.MaxFunc(live, func(x, y Connection) int {
		return cmp.Or(boolInt(x.Name == name)-boolInt(y.Name == name), cmp.Compare(version(x.Name), version(y.Name)))
	})
	a.ID, a.Seen.Connection = l.ID, &l
	if l.Name != name {
		a.LiveName = l.Name
	}
	if l.Provider != want.Provider {
		a.Verb = Update
		return a.blocked(ConflictNameTaken,
			quoted("connection %q is stored with provider %s, which cannot be changed", l.Name, l.Provider),
			"declare it under another key")
	}
	return c.updateConnection(a, want, l, name)
}

func (c *computer) createConnection(a Action, want spec.Connection, name string) Action {
	a.Verb = Create
	a.because(NotInAccount, "not in the account")
	a.change("name", nil, name)
	a.change("provider", nil, want.Provider)
	for _, p := range want.Params {
		a.Changes = append(a.Changes, paramChange(p, nil))
	}
	a.take(StepCreateConnection)
	return c.needsSecrets(a.finished(), want)
}

func (c *computer) updateConnection(a Action, want spec.Connection, l Connection, name string) Action {
	for _, p := range want.Params {
		if p.Secret {
			continue
		}
		c.compareParam(&a, want, p, l.Params[p.Key])
	}
	for _, key := range sortedKeys(l.Params) {
		dropped := l.Params[key] != "" && l.Params[key] != connectionDefault(want.Provider, key)
		if dropped && !slices.ContainsFunc(want.Params, func(p spec.Param) bool { return p.Key == key }) {
			a.change(key, l.Params[key], orNil(connectionDefault(want.Provider, key)))
		}
	}
	if len(a.Changes) > 0 {
		a.because(ParametersDiffer, "its parameters differ")
	}
	rotated := l.Name != name
	if rotated {
		a.because(SecretVersionNewer, "secret_version says that its secret changed")
		a.change("secret_version", version(l.Name), want.SecretVersion)
	}
	if len(a.Changes) == 0 {
		return a.finished()
	}
	a.does(Update)
	a.take(StepUpdateConnection)
	if rotated {
		return c.needsSecrets(a.finished(), want)
	}
	return a.finished()
}

// compareParam compares a parameter as the server does: empty is absent, and
// numbers may be text.
func (c *computer) compareParam(a *Action, want spec.Connection, p spec.Param, live string) {
	value, ok := c.resolved(p.Value)
	if !ok {
		c.plan.Notes = append(c.plan.Notes, Note{
			Severity: "warning", Code: string(SecretUnavailable), Pos: want.Pos,
			Problem: quoted("%s of connection %q is not compared", p.Key, want.Key),
			Hint:    quoted("set what %s refers to", p.Value.String()),
		})
		return
	}
	standard := connectionDefault(want.Provider, p.Key)
	if or(value.Reveal(), standard) != or(live, standard) {
		a.Changes = append(a.Changes, paramChange(p, live))
	}
}

// paramChange shows a parameter as the manifest has it. A secret's value was
// never in the manifest.
func paramChange(p spec.Param, before any) Change {
	ch := Change{Field: p.Key, Before: before, After: p.Value.String(), Sensitive: p.Secret}
	if p.Secret {
		ch.After = secret.Value{}.String()
	}
	return ch
}

// needsSecrets blocks an action that cannot be carried out without a secret
// that is not at hand.
func (c *computer) needsSecrets(a Action, want spec.Connection) Action {
	for _, p := range want.Params {
		if _, ok := c.resolved(p.Value); !ok {
			return a.blocked(SecretUnavailable, quoted("%s refers to %s, which is not set", p.Key, p.Value.String()),
				"set it where apply runs (plan needs it too, to compare)")
		}
	}
	return a
}

// guardConnections blocks the imports whose connection is not there and cannot
// be stored.
func (c *computer) guardConnections(actions []Action) {
	missing := map[string]Action{}
	for _, a := range actions {
		if a.Kind == KindConnection && a.Verb == Blocked && a.ID == "" {
			missing[a.Project+" "+a.Connection] = a
		}
	}
	for i, a := range actions {
		w := c.declared[a.Dataset]
		if a.Kind != KindDataset || w == nil || w.d.Source.Connector == nil || !usesConnection(a) {
			continue
		}
		if m, ok := missing[a.Project+" "+w.d.Source.Connector.Connection]; ok {
			actions[i] = a.blocked(m.Code, quoted("connection %q is not there: %s", m.Connection, m.Reason), m.Hint)
		}
	}
}

// usesConnection reports whether an action sends a connector to the account.
func usesConnection(a Action) bool {
	for _, s := range a.Steps {
		switch s {
		case StepStage, StepAttach, StepRefresh, StepSync:
			return true
		}
	}
	return false
}

// strayConnections plans what is ours and no longer declared.
func (c *computer) strayConnections(m spec.Manifest, key string, live []Connection) []Action {
	if !c.in.Options.Prune {
		c.plan.Notes = append(c.plan.Notes, Note{
			Severity: "info", Code: string(NoLongerDeclared), Pos: m.ProjectPos,
			Problem: quoted("connection %q belongs to project %q and is no longer declared", live[0].Name, m.Project),
			Hint:    "--prune deletes it",
		})
		return nil
	}
	var actions []Action
	for _, l := range live {
		a := Action{
			Verb: Delete, Kind: KindConnection, Project: m.Project, Connection: key, ID: l.ID, LiveName: l.Name,
			Pos: m.ProjectPos, Destroys: true, Seen: Seen{Connection: &l}, Steps: []Step{StepDeleteConnection},
		}
		a.because(NoLongerDeclared, "no longer declared")
		actions = append(actions, a)
	}
	return actions
}

// guardUsedConnections blocks the deletion of connections that a synchronization
// still uses once everything else of the plan is done. It looks at what is left
// of the actions after all other guards: a deletion that was blocked leaves its
// synchronization.
func (c *computer) guardUsedConnections(actions []Action) {
	leaving := map[string]bool{} // synchronizations that go, or get another connection
	for _, a := range actions {
		c.leavingSyncs(a, leaving)
	}
	users := map[string]string{} // by connection id: a dataset, or what else there is to name
	for _, s := range c.in.Account.Synchronizations {
		if s.Connector == nil || leaving[s.ID] {
			continue
		}
		user := or(s.Name, s.ID)
		if l := c.byID[s.DatasetID]; l != nil {
			user = l.Name
		}
		users[s.Connector.ConnectionID] = user
	}
	for i, a := range actions {
		if user := users[a.ID]; a.Kind == KindConnection && a.Verb == Delete && user != "" {
			actions[i] = a.blocked(ConnectionInUse, quoted("the synchronization of dataset %q uses it", user),
				"change or delete that synchronization first")
		}
	}
}

// leavingSyncs adds the synchronizations that an action deletes, or turns to
// another connection.
func (c *computer) leavingSyncs(a Action, leaving map[string]bool) {
	if slices.Contains(a.Steps, StepDeleteSync) {
		leaving[a.ID] = true
		return
	}
	live := c.byID[a.ID]
	if live == nil {
		return
	}
	if slices.Contains(a.Steps, StepDelete) || slices.Contains(a.Steps, StepDetach) {
		for _, s := range live.syncs {
			leaving[s.ID] = true
		}
	}
	moved := slices.ContainsFunc(a.Changes, func(ch Change) bool { return ch.Field == "source.connector" })
	if moved && slices.Contains(a.Steps, StepSync) && a.Seen.Synchronization != nil {
		leaving[a.Seen.Synchronization.ID] = true
	}
}

// connectionDefaults are what providers assume for what a connection does not
// say.
// Source: CartoDB/cartodb, lib/carto/connector/providers/fdw/odbc (2020).
var connectionDefaults = map[string]map[string]string{
	"postgres":  {"port": "5432", "sslmode": "require"},
	"mysql":     {"port": "3306"},
	"sqlserver": {"port": "1433"},
	"hive":      {"port": "10000", "database": "default"},
	"redshift":  {"port": "5439"},
}

func connectionDefault(provider, key string) string { return connectionDefaults[provider][key] }

func version(name string) int {
	_, _, v, _ := parseConnectionName(name)
	return v
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
