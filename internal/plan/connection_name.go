package plan

import (
	"regexp"
	"strconv"
)

// Stored connections have no tags, so their name says whose they are. The key
// has no hyphen, so that the name reads back although projects may have one.
var connectionName = regexp.MustCompile(`^([a-z][a-z0-9-]{0,39})-([a-z][a-z0-9_]*)-v([1-9][0-9]{0,8})$`)

// ConnectionName is the name under which a project's connection is stored. The
// version of its secret is part of it: the server never shows a secret, so this
// is how a rotation is seen.
func ConnectionName(project, key string, version int) string {
	return project + "-" + key + "-v" + strconv.Itoa(version)
}

// parseConnectionName takes a stored connection's name apart; ok is false for
// one that is not ours.
func parseConnectionName(name string) (project, key string, version int, ok bool) {
	m := connectionName.FindStringSubmatch(name)
	if m == nil {
		return "", "", 0, false
	}
	version, err := strconv.Atoi(m[3])
	return m[1], m[2], version, err == nil
}
