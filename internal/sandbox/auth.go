package sandbox

import (
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// DefaultPublicKey is the key that every account has and that may read public tables only.
// Source: CartoDB/cartodb: app/models/carto/api_key.rb.
const DefaultPublicKey = "default_public"

// basicCredential finds a Basic credential anywhere in the header: one white space, then a run of word characters. The
// characters + / = end the run, so a credential that holds them is cut short.
// Source: CartoDB/cartodb: config/initializers/warden.rb, lib/carto/http_header_authentication.rb.
var basicCredential = regexp.MustCompile(`(?i)basic\s(\w+)`)

// authenticate finds out which of the target's keys a request came with. A Basic credential wins over the api_key
// parameter, and a wrong one is not made good by a right parameter; the query wins over the body.
func (c *call) authenticate() {
	if c.target.ID == "" {
		return
	}
	if m := basicCredential.FindStringSubmatch(c.Header.Get("Authorization")); m != nil {
		user, key, _ := strings.Cut(decodeLeniently(m[1]), ":")
		key, _, _ = strings.Cut(key, ":")
		if user == c.target.Name {
			c.accept(key)
		}
		return
	}
	if keys, ok := c.query["api_key"]; ok {
		c.accept(keys[len(keys)-1])
	} else if key, ok := c.params["api_key"]; ok {
		c.accept(key.text)
	}
}

func (c *call) accept(key string) {
	c.master = c.s.isMaster(key) && c.target.ID == c.s.owner.ID
	c.anyKey = c.master || key == DefaultPublicKey
}

func (s *Sandbox) isMaster(key string) bool {
	return subtle.ConstantTimeCompare([]byte(key), []byte(s.config.APIKey)) == 1
}

// decodeLeniently decodes base64 as Ruby does: characters of no meaning are passed over, the padding may be missing.
func decodeLeniently(s string) string {
	s = strings.ReplaceAll(s, "_", "")
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}

// splitUser takes the user prefix off a path: /user/NAME, /u/NAME or one behind the other, in any install. Of two names
// the last counts.
// Source: CartoDB/cartodb: config/routes.rb.
func splitUser(path string) (user, rest string) {
	rest = path
	for _, prefix := range []string{"/user/", "/u/"} {
		if after, ok := strings.CutPrefix(rest, prefix); ok {
			name, behind, _ := strings.Cut(after, "/")
			user, rest = unescape(name), "/"+behind
		}
	}
	return user, rest
}

func unescape(segment string) string {
	if plain, err := url.PathUnescape(segment); err == nil {
		return plain
	}
	return segment
}

// resolve finds the user whom a URL means: the one in the path, the parameter user_domain of the query or the body, else
// the configured one, whatever the host is called. A name that nobody has, in any other case too, is nobody.
// Source: CartoDB/cartodb: config/initializers/carto_db.rb.
func (c *call) resolve(name string) error {
	given, named := c.param("user_domain")
	if values, ok := c.query["user_domain"]; ok {
		given.text = values[len(values)-1]
	}
	if name == "" && named {
		name = given.text
	}
	if name == c.s.owner.Name || name == "" && !named {
		c.target = c.s.owner
		return nil
	}
	return c.view(func(t *store.Tx) error {
		p, err := t.Principal(c.ctx(), store.User, name)
		if err == nil {
			c.target = p
		} else if store.IsNotFound(err) {
			err = nil
		}
		return err
	})
}
