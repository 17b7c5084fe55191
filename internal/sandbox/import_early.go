package sandbox

import (
	"errors"
	"net/http"
	"strings"
)

// importsPath is the one endpoint that is sent big bodies.
const importsPath = "/api/v1/imports"

// refuseUnread answers an upload before its body is sent, if the client waits to be asked for the body and nothing in it
// could make the answer another one: a key in the header or the query that is wrong, a full set of import slots, or a
// parameter of the query. So a client that is told to come back later does not send a big file in vain.
func (c *call) refuseUnread(user string, to route) (answer reply, unread bool, err error) {
	if to.method != http.MethodPost || to.path != importsPath || !strings.EqualFold(c.Header.Get("Expect"), "100-continue") {
		return reply{}, false, nil
	}
	if err := c.resolve(user); err != nil {
		return reply{}, false, err
	}
	if answer, barred := c.barredToVisitors(to); barred {
		return answer, true, nil
	}
	if _, inQuery := c.query["api_key"]; !inQuery && !basicCredential.MatchString(c.Header.Get("Authorization")) {
		return reply{}, false, nil // the key may be in the body
	}
	if c.authenticate(); !c.master {
		return empty(http.StatusUnauthorized), true, nil
	}
	if answer, barred := c.barredToUser(to); barred {
		return answer, true, nil
	}
	err = c.anySlot()
	if err == nil {
		_, err = c.privacy()
	}
	if err == nil {
		_, err = c.collisionStrategy()
	}
	if no := (*refused)(nil); errors.As(err, &no) {
		return no.reply(), true, nil
	}
	return reply{}, false, err
}
