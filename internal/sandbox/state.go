package sandbox

import (
	"net/http"
	"slices"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// An AccountState is a condition in which an account does not answer as usual.
type AccountState string

// The states of an account. What version 4 of the API answers differs, because it looks at the key first and then treats
// the account as somebody who has logged in. The SQL API is another service, which does not know of them.
// Source: CartoDB/cartodb: app/controllers/application_controller.rb, app/controllers/carto/api/public/application_controller.rb.
const (
	Active       AccountState = ""
	Locked       AccountState = "locked"       // 404, whatever the key; v3/me answers; v4 says lockout
	Maintenance  AccountState = "maintenance"  // 404, whatever the key; v4 says maintenance_mode
	NotActivated AccountState = "notactivated" // 403 where a key is demanded and right
	Unverified   AccountState = "unverified"   // the e-mail address, for over a week: only v4 says so
)

// state is the state of the account that a request names. Members of the organization are always active.
func (c *call) state() AccountState {
	if c.target.ID != c.s.owner.ID {
		return Active
	}
	return c.s.config.State
}

// barredToVisitors is what an account answers that cannot be used, before it looks at a key.
func (c *call) barredToVisitors(to route) (reply, bool) {
	if to.access == someKey || to.ofSQL() {
		return reply{}, false
	}
	locked := c.state() == Locked && to.path != meV3Path
	return empty(http.StatusNotFound), locked || c.state() == Maintenance
}

// barredToUser is what an account answers to its key while it cannot be used. Endpoints that a key is optional for do not
// ask whether an account was activated.
func (c *call) barredToUser(to route) (reply, bool) {
	if to.access == optionalKey {
		return reply{}, false
	}
	switch state := c.state(); {
	case state == NotActivated:
		return empty(http.StatusForbidden), true
	case to.access != someKey:
		return reply{}, false
	case state == Locked:
		return with(http.StatusForbidden, fields{{"error", "lockout"}}), true
	case state == Maintenance:
		return with(http.StatusForbidden, fields{{"error", "maintenance_mode"}}), true
	case state == Unverified:
		return with(http.StatusForbidden, fields{{"error", "unverified"}}), true
	}
	return reply{}, false
}

// isViewer tells whether a user has the role that may look and not write.
func (s *Sandbox) isViewer(p store.Principal) bool {
	return p.Kind == store.User && slices.Contains(s.config.Viewers, p.Name)
}
