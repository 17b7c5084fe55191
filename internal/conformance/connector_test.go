package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
)

const connections = "/api/v4/connections"

// connectorChecks are about databases as sources, and their stored credentials.
func connectorChecks() []check {
	return []check{
		{"13.1", "providers", "`GET /api/v4/connectors` lists the providers, and whether the account may use them.", 0, listsProviders},
		{"13.2", "a connection", "A connection has a name, a connector and parameters, and its secrets read as eight asterisks.", warehouse, aConnection},
		{"13.3", "what is not there", "A connection that does not exist is a 404 that says so.", 0, noConnection},
		{"13.4", "names are taken", "A name that another connection has is refused with 422.", warehouse, connectionNames},
		{"13.5", "unknown providers", "An unknown provider is a 422 for a connection, a 400 for an import and a 500 for a synchronization.", scheduled, unknownProviders},
		{"13.6", "credentials are stored", "Credentials that come with an import are stored as a connection, once for equal ones, and nothing deletes it.", warehouse, credentialsAreStored},
		{"13.7", "import_as names the result", "`import_as` names the result of a connector, or else `table` does.", warehouse, importAs},
		{"13.8", "the rest fails later", "Bad parameters of a connector are found when the job runs.", warehouse, restFailsLater},
		{"13.9", "no source is shown", "A job of a connector shows nothing of its source.", warehouse, noSourceShown},
		{"13.10", "the source of a synchronization", "A synchronization holds the connector's parameters as JSON text, with the id of the connection.", warehouse | scheduled, sourceOfSync},
		{"13.11", "one changes it by its text", "A change of `connector` is ignored; `service_item_id` is taken as it comes.", warehouse | scheduled, changesByText},
	}
}

// connection stores credentials of the known provider, which the end of the check deletes.
func (p *probe) connection(name string) string {
	p.Helper()
	id := p.ok("POST", connections, object{"name": p.name(name), "connector": p.provider, "parameters": p.credentials()})["id"].(string)
	p.forget(id)
	return id
}

func (p *probe) forget(id string) {
	p.made.connections[id] = true
	p.Cleanup(func() { p.remove(connections+"/"+id, p.made.connections, id) })
}

func (p *probe) credentials() object {
	return object{"server": "db.example.com", "database": "public", "username": p.prefix, "password": "pass-" + p.token}
}

// stored are the account's connections.
func (p *probe) stored() []any {
	p.Helper()
	got := p.send("GET", connections, nil)
	var list []any
	if err := json.Unmarshal([]byte(got.Body), &list); err != nil {
		p.Fatalf("%d %s: %v", got.Status, got.Body, err)
	}
	return list
}

// inline are connections of the check's own credentials, which the server stored by itself.
func (p *probe) inline() []any {
	p.Helper()
	var own []any
	for _, c := range p.stored() {
		if dig(c, "parameters", "username") == p.prefix {
			own = append(own, c)
			p.forget(dig(c, "id").(string))
		}
	}
	return own
}

func listsProviders(p *probe) {
	var list []any
	if err := json.Unmarshal([]byte(p.send("GET", "/api/v4/connectors", nil).Body), &list); err != nil {
		p.Fatal(err)
	}
	for _, c := range list {
		p.keys("a connector", "type connector enabled available", c)
	}
	for _, provider := range p.get("/api/v1/connectors") {
		p.keys("a provider", "name description enabled", provider)
	}
}

func aConnection(p *probe) {
	id := p.connection("db")
	c := p.get(connections + "/" + id)
	p.keys("a connection", "id name connector type complete parameters", c)
	p.same("its values", object{"id": id, "name": p.name("db"), "connector": p.provider, "type": "db-connector", "complete": true}, pick(c, "id name connector type complete"))
	p.same("its parameters", object{"server": "db.example.com", "database": "public", "username": p.prefix, "password": "********"}, c["parameters"])
	p.refused(p.send("DELETE", connections+"/"+id, nil), http.StatusOK, "")
}

func noConnection(p *probe) {
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		p.refused(p.send(method, connections+"/"+nobody, object{"name": "x"}), http.StatusNotFound, `{"errors":"Record not found"}`)
	}
}

func connectionNames(p *probe) {
	p.connection("db")
	got := p.send("POST", connections, object{"name": p.name("db"), "connector": p.provider, "parameters": object{"server": "other.example.com", "username": p.prefix}})
	p.same("status", http.StatusUnprocessableEntity, got.Status)
	if text, _ := p.decode(got)["errors"].(string); !strings.Contains(text, "Name has already been taken") {
		p.Errorf("errors is %q", text)
	}
}

func unknownProviders(p *probe) {
	source := object{"provider": "abacus", "connection": object{"server": "x"}, "table": "t"}
	p.same("a connection", http.StatusUnprocessableEntity, p.send("POST", connections, object{"name": p.name("x"), "connector": "abacus", "parameters": object{"server": "x"}}).Status)
	got := p.send("POST", imports, object{"connector": source})
	p.same("an import", http.StatusBadRequest, got.Status)
	if text, _ := dig(p.decode(got), "errors", "imports").(string); !strings.HasPrefix(text, "Wrong 'connector: abacus' parameter value. Valid values are one of [") {
		p.Errorf("errors.imports is %q", text)
	}
	p.same("a synchronization", http.StatusInternalServerError, p.send("POST", synchronizations, object{"connector": source, "interval": 3600}).Status)
}

// from is a source with credentials in it.
func (p *probe) from(values ...any) object {
	o := object{"provider": p.provider, "connection": p.credentials(), "schema": "public", "table": "orders"}
	for i := 0; i < len(values); i += 2 {
		o[values[i].(string)] = values[i+1]
	}
	return o
}

func credentialsAreStored(p *probe) {
	for _, name := range []string{"one", "two"} {
		p.complete(p.post(object{"connector": p.from("import_as", p.name(name))}))
	}
	p.same("how many connections there are", 1, len(p.inline()))
	p.complete(p.post(object{"connector": p.from("import_as", p.name("three"), "connection", object{"server": "db.example.com", "database": "public", "username": p.prefix, "password": "changed"})}))
	p.same("with another password", 2, len(p.inline()))
}

func importAs(p *probe) {
	id := p.connection("db")
	job := p.complete(p.post(object{"connector": object{"connection_id": id, "schema": "public", "table": "orders", "import_as": p.name("Some Orders")}, "table_name": p.name("asked")}))
	p.same("its name", p.name("some_orders"), job["table_name"])
	p.same("its rows", 2.0, p.cell("SELECT count(*) FROM "+p.name("some_orders")))
	plain := p.complete(p.post(object{"connector": object{"connection_id": id, "schema": "public", "table": "orders"}}))
	if name, _ := plain["table_name"].(string); !strings.HasPrefix(name, "orders") {
		p.Errorf("without import_as it is called %q", name)
	}
}

func restFailsLater(p *probe) {
	id := p.connection("db")
	p.failed(p.post(object{"connector": object{"connection_id": id}}), 1502)
	p.failed(p.post(object{"connector": object{"connection_id": id, "sql_query": "SELECT 1"}}), 1502)
	p.failed(p.post(object{"connector": object{"connection_id": id, "schema": "public", "table": "orders", "colour": "red"}}), 1502)
}

func noSourceShown(p *probe) {
	id := p.connection("db")
	job := p.complete(p.post(object{"connector": object{"connection_id": id, "schema": "public", "table": "orders", "import_as": p.name("d")}}))
	p.same("the job", object{"data_type": "datasource", "display_name": job["id"]}, pick(job, "data_type display_name"))
	text, _ := json.Marshal(job)
	for _, secret := range []string{id, "pass-" + p.token, "orders"} {
		if strings.Contains(string(text), secret) {
			p.Errorf("it shows %q", secret)
		}
	}
}

// syncedFrom is a synchronization of the known table.
func (p *probe) syncedFrom(id string) string {
	p.Helper()
	y := p.synchronize(object{"connector": object{"connection_id": id, "schema": "public", "table": "orders", "import_as": p.name("d")}, "interval": 3600})
	p.complete(p.ended(dig(y, "data_import", "item_queue_id")))
	return y["id"].(string)
}

func sourceOfSync(p *probe) {
	id := p.connection("db")
	y := p.sync(p.syncedFrom(id))
	p.same("the synchronization", object{"service_name": "connector", "url": nil, "state": "success", "name": p.name("d")}, pick(y, "service_name url state name"))
	var source object
	text, _ := y["service_item_id"].(string)
	if err := json.Unmarshal([]byte(text), &source); err != nil {
		p.Fatalf("service_item_id is %q: %v", text, err)
	}
	p.same("its source", object{"connection_id": id, "schema": "public", "table": "orders", "import_as": p.name("d")}, source)
}

func changesByText(p *probe) {
	y := p.syncedFrom(p.connection("db"))
	before := p.sync(y)["service_item_id"]
	p.same("connector", before, p.assign(y, object{"connector": p.from()})["service_item_id"])
	p.same("service_item_id", `{"any":"text"}`, p.assign(y, object{"service_item_id": `{"any":"text"}`})["service_item_id"])
}
