package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// access is what an endpoint asks of a key.
type access int

const (
	masterKey   access = iota // 401 without the master key
	optionalKey               // answers an anonymous visitor too
	someKey                   // any key of the user
)

// A route is one endpoint. In its path, {id} stands for any segment.
type route struct {
	method, path string
	access       access
	handle       func(*call) (reply, error)
}

// ofSQL tells whether the SQL API answers, under either of its versions. It is another server, and the one whose work ends
// when its client goes away. The application finishes what it began behind its proxy: an answer that is lost tells nothing
// about whether the request took effect. Source: CartoDB/CartoDB-SQL-API: config/environments/config.js.
func (r route) ofSQL() bool {
	return strings.HasPrefix(r.path, "/api/v1/sql") || strings.HasPrefix(r.path, "/api/v2/sql")
}

// meV3Path is the one endpoint that answers for a locked account.
const meV3Path = "/api/v3/me"

// match tells whether a request's path is the route's, and which segments stand for {id}.
func (r route) match(method string, segments []string) (ids []string, ok bool) {
	want := strings.Split(r.path, "/")
	if r.method != method || len(want) != len(segments) {
		return nil, false
	}
	for i, w := range want {
		switch {
		case w == "{id}" && segments[i] != "":
			ids = append(ids, segments[i])
		case w != segments[i]:
			return nil, false
		}
	}
	return ids, true
}

// routes lists the endpoints.
// Source: CartoDB/cartodb: config/routes.rb.
func routes() []route {
	return []route{
		{"GET", "/api/v1/users/{id}", masterKey, (*call).showUser},
		{"GET", meV3Path, optionalKey, (*call).showMeV3},
		{"GET", "/api/v4/me", someKey, (*call).showMeV4},
		{"GET", "/api/v1/organization/{id}/users", masterKey, (*call).listMembers},
		{"GET", "/api/v1/organization/{id}/grantables", masterKey, (*call).listGrantables},

		{"POST", importsPath, masterKey, (*call).createImport},
		{"GET", importsPath, masterKey, (*call).listImports},
		{"GET", importsPath + "/{id}", masterKey, (*call).showImport},

		{"POST", "/api/v1/synchronizations", masterKey, (*call).createSynchronization},
		{"GET", "/api/v1/synchronizations", masterKey, (*call).listSynchronizations},
		{"GET", "/api/v1/synchronizations/{id}", masterKey, (*call).showSynchronization},
		{"PUT", "/api/v1/synchronizations/{id}", masterKey, (*call).changeSynchronization},
		{"DELETE", "/api/v1/synchronizations/{id}", masterKey, (*call).deleteSynchronization},
		{"GET", "/api/v1/synchronizations/{id}/sync_now", masterKey, (*call).synchronizationState},
		{"PUT", "/api/v1/synchronizations/{id}/sync_now", masterKey, (*call).synchronizeNow},

		{"GET", "/api/v1/viz", optionalKey, (*call).listVisualizations},
		{"POST", "/api/v1/viz", masterKey, (*call).createVisualization},
		{"GET", "/api/v1/viz/{id}", optionalKey, (*call).showVisualization},
		{"PUT", "/api/v1/viz/{id}", masterKey, (*call).changeVisualization},
		{"DELETE", "/api/v1/viz/{id}", masterKey, (*call).deleteVisualization},
		{"PUT", "/api/v1/perm/{id}", masterKey, (*call).changePermission},
		{"POST", "/api/v1/tables", masterKey, (*call).createTable},
		{"GET", "/api/v1/tables/{id}", masterKey, (*call).showTable},
		{"PUT", "/api/v1/tables/{id}", masterKey, (*call).changeTable},
		{"GET", "/api/v4/datasets", someKey, (*call).listDatasets},

		{"GET", "/api/v1/connectors", masterKey, (*call).listConnectors},
		{"GET", "/api/v1/connectors/{id}", masterKey, (*call).showConnector},
		{"GET", "/api/v1/connectors/{id}/connect", masterKey, (*call).connectConnector},
		{"GET", "/api/v1/connectors/{id}/tables", masterKey, (*call).listRemoteTables},
		{"GET", "/api/v1/connectors/{id}/projects", masterKey, (*call).listProjects},
		{"POST", "/api/v1/connectors/{id}/projects", masterKey, (*call).listProjects},
		{"GET", "/api/v1/connectors/{id}/{id}/datasets", masterKey, (*call).listProjectDatasets},
		{"GET", "/api/v1/connectors/{id}/{id}/{id}/tables", masterKey, (*call).listDatasetTables},
		{"POST", "/api/v1/connectors/{id}/dryrun", masterKey, (*call).dryRun},
		{"GET", "/api/v4/connectors", someKey, (*call).listConnectorsV4},
		{"GET", "/api/v4/connections", someKey, (*call).listConnections},
		{"POST", "/api/v4/connections", someKey, (*call).createConnection},
		{"GET", "/api/v4/connections/{id}", someKey, (*call).showConnection},
		{"PUT", "/api/v4/connections/{id}", someKey, (*call).changeConnection},
		{"DELETE", "/api/v4/connections/{id}", someKey, (*call).deleteConnection},
		{"GET", "/api/v4/connections/check_oauth/{id}", someKey, (*call).checkOAuth},
		{"GET", "/api/v4/connections/{id}/connect", someKey, (*call).checkConnection},
		{"GET", "/api/v4/connections/{id}/projects", someKey, (*call).listConnectionProjects},
		{"POST", "/api/v4/connections/{id}/dryrun", someKey, (*call).dryRunConnection},

		{"GET", "/api/v1/sql", optionalKey, (*call).sql},
		{"POST", "/api/v1/sql", optionalKey, (*call).sql},
		{"GET", "/api/v2/sql", optionalKey, (*call).sql},
		{"POST", "/api/v2/sql", optionalKey, (*call).sql},
		{"POST", "/api/v2/sql/job", optionalKey, (*call).createBatch},
		{"GET", "/api/v2/sql/job/{id}", optionalKey, (*call).showBatch},
		{"DELETE", "/api/v2/sql/job/{id}", optionalKey, (*call).cancelBatch},
		{"GET", "/api/v2/sql/copyto", optionalKey, (*call).sqlCopyTo},
		{"POST", "/api/v2/sql/copyto", optionalKey, (*call).sqlCopyTo},
		{"POST", "/api/v2/sql/copyfrom", optionalKey, (*call).sqlCopyFrom},
	}
}

// dispatch finds the endpoint of a request: user prefixes and surplus slashes do not count, nothing is redirected. HEAD is
// answered as GET is. Every page may call the version 4 of the API.
// Source: CartoDB/cartodb: app/controllers/carto/api/public/application_controller.rb.
func (s *Sandbox) dispatch(all []route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, path := splitUser(r.URL.EscapedPath())
		segments := []string{""}
		for segment := range strings.SplitSeq(path, "/") {
			if segment != "" {
				segments = append(segments, unescape(segment))
			}
		}
		if len(segments) > 2 && segments[1] == "api" && segments[2] == "v4" {
			for header, value := range map[string]string{"Origin": "*", "Methods": "*", "Headers": "Authorization, Content-Type"} {
				w.Header().Set("Access-Control-Allow-"+header, value)
			}
			if r.Method == http.MethodOptions {
				s.send(w, r, empty(http.StatusOK))
				return
			}
		}
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		for _, to := range all {
			if ids, ok := to.match(method, segments); ok {
				query, _ := parseQuery(r.URL.RawQuery, to.ofSQL()) // what cannot be read is left out
				s.serve(w, &call{Request: r, s: s, query: query, ids: ids, id: first(ids), sqlAPI: to.ofSQL()}, user, to)
				return
			}
		}
		drain(r)
		s.send(w, r, with(http.StatusNotFound, fields{{"status", "404"}, {"error", "Not Found"}}))
	})
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// drain reads what a client is still sending, as a proxy in front of the application would: a connection that is closed
// meanwhile would lose the answer.
func drain(r *http.Request) { io.Copy(io.Discard, r.Body) }

// serve authenticates a request and calls its endpoint.
func (s *Sandbox) serve(w http.ResponseWriter, c *call, user string, to route) {
	if to.ofSQL() {
		s.sqlLimit.count(w.Header(), time.Now())
	} else {
		c.Request = c.WithContext(context.WithoutCancel(c.Context()))
	}
	defer c.dropUpload()
	answer, unread, err := c.refuseUnread(user, to)
	if !unread && err == nil {
		answer, err = c.answer(user, to)
	}
	if !unread {
		drain(c.Request)
	}
	if err != nil {
		if c.ctx().Err() == nil {
			s.config.Log.Error("answer a request", "method", c.Method, "path", c.URL.Path, "error", err)
		}
		answer = failed()
	}
	s.config.Log.Debug("request", "method", c.Method, "path", c.URL.Path, "status", answer.status)
	s.send(w, c.Request, answer)
}

// answer does as the application does: the body is read before anything else, so that one that cannot be read is refused
// whoever sends it; then the account's state and the key count.
func (c *call) answer(user string, to route) (reply, error) {
	if err := c.parse(); err != nil {
		return bodyFault(err)
	}
	if err := c.resolve(user); err != nil {
		return reply{}, err
	}
	if answer, barred := c.barredToVisitors(to); barred {
		return answer, nil
	}
	c.authenticate()
	if to.access == masterKey && !c.master || to.access == someKey && !c.anyKey {
		return empty(http.StatusUnauthorized), nil
	}
	if answer, barred := c.barredToUser(to); barred {
		return answer, nil
	}
	return to.handle(c)
}

func bodyFault(err error) (reply, error) {
	if errors.Is(err, errBadRequest) {
		return badRequest(), nil
	}
	return reply{}, err
}
