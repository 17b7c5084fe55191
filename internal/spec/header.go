package spec

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// header builds what stands at the top of a root manifest.
func (l *loader) header(root value) {
	if project, ok := root.get("project"); ok {
		l.manifest.Project, _ = project.text()
		l.manifest.ProjectPos = project.pos()
	}
	if account, ok := root.get("account"); ok {
		l.manifest.Account, l.manifest.AccountPos = l.account(account), account.pos()
	}
	forget, _ := root.get("forget")
	seen := map[string]Position{}
	for _, item := range forget.items() {
		name, ok := item.text()
		if !ok || name == "" {
			continue
		}
		if first, twice := seen[name]; twice {
			l.faults.add(item.pos(), fmt.Sprintf("forget names %s already at %s", quote(name), first), "remove one of the two")
			continue
		}
		seen[name] = item.pos()
		l.manifest.Forget = append(l.manifest.Forget, Forget{Name: name, Pos: item.pos()})
	}
	if defaults, ok := root.get("defaults"); ok {
		l.builder.checkTags(defaults)
		l.builder.share(entry{own: defaults})
		sync, _ := defaults.get("sync")
		if interval, ok := sync.get("interval"); ok {
			l.builder.interval(interval)
		}
	}
}

// accountPath is what may follow the host in the URL of an account.
var accountPath = regexp.MustCompile(`^(/user/[A-Za-z0-9_.-]+)?(/u/[A-Za-z0-9_.-]+)?$`)

// account checks and cleans the URL of an account.
func (l *loader) account(v value) string {
	s, ok := v.text()
	if !ok || l.faults.at(v.pos()) {
		return ""
	}
	fault := func(problem, hint string) string {
		l.faults.add(v.pos(), problem, hint)
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return fault("account is not a valid URL", "write it as https://USER.carto.com")
	case u.User != nil:
		return fault("account holds a user name or password", "remove it; the key comes from CARTO_API_KEY")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		return fault("account has a query or fragment", "write just https://USER.carto.com")
	case !strings.EqualFold(u.Scheme, "https") && !isLocal(u.Hostname()):
		return fault("account is not https, so that the key would travel in clear", "write https://")
	case !accountPath.MatchString(strings.TrimSuffix(u.Path, "/")):
		return fault(fmt.Sprintf("account has the path %s", quote(u.Path)), "write https://USER.carto.com, https://ORG.carto.com/u/USER or https://HOST/user/USER")
	}
	return strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Host) + strings.TrimSuffix(u.Path, "/")
}

// connections builds the connections of all files of a manifest.
func (l *loader) connections(parts []part) {
	places := map[string]Position{}
	for _, p := range parts {
		list, _ := p.root.get("connections")
		for _, m := range list.members() {
			if first, twice := places[m.name()]; twice {
				l.faults.add(m.keyPos(), fmt.Sprintf("connection %s is already declared at %s", quote(m.name()), first), "remove one of the two")
				continue
			}
			places[m.name()] = m.keyPos()
			c := l.builder.connection(m)
			l.builder.connections[c.Key] = c.Provider
			l.manifest.Connections = append(l.manifest.Connections, c)
		}
	}
}
