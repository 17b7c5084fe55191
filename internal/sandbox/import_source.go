package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// newJob reads the parameters of an import, in the order in which the server finds fault with them: the item id, the
// privacy, the source, and when the job is about to be stored whose it is and the collision strategy.
// Source: CartoDB/cartodb: app/controllers/api/json/imports_controller.rb, app/models/data_import.rb (validate).
func (c *call) newJob() (store.Job, error) {
	j := store.Job{
		ID: uuid.NewString(), UserID: c.target.ID, State: store.Pending,
		TableName: c.given("table_name"), Query: c.given("sql"), TableCopy: c.given("table_copy"),
		Guessing: c.guessing(), CreateMap: c.only("create_vis"),
		UserDefinedLimits: c.userDefinedLimits(),
	}
	if p, _ := c.param("service_item_id"); !p.isText() {
		return j, refuse("service_item_id field should be empty or a string")
	}
	var err error
	if j.Privacy, err = c.privacy(); err != nil {
		return j, err
	}
	if err := c.source(&j); err != nil {
		return j, err
	}
	if c.s.isViewer(c.target) {
		return j, refuse("user Viewer users can't create data imports")
	}
	j.CollisionStrategy, err = c.collisionStrategy()
	return j, err
}

// isText tells whether a parameter is missing, null or a string.
func (p param) isText() bool {
	return p.json == nil || string(p.json) == "null" || strings.HasPrefix(string(p.json), `"`)
}

// given is a parameter that is not blank.
func (c *call) given(key string) *string {
	if !c.present(key) {
		return nil
	}
	v := c.text(key)
	return &v
}

func (c *call) guessing() store.Guessing {
	return store.Guessing{Types: c.unless("type_guessing"), QuotedFields: c.unless("quoted_fields_guessing"), Contents: c.only("content_guessing")}
}

// userDefinedLimits is stored as JSON text, with a number for the one limit that the server knows.
func (c *call) userDefinedLimits() string {
	limits := map[string]any{}
	if json.Unmarshal(c.object("user_defined_limits"), &limits) != nil || limits == nil {
		limits = map[string]any{}
	}
	credits := 0
	fmt.Sscanf(fmt.Sprint(limits["twitter_credits_limit"]), "%d", &credits)
	limits["twitter_credits_limit"] = credits
	text, _ := json.Marshal(limits)
	return string(text)
}

func (c *call) collisionStrategy() (string, error) {
	p, given := c.param("collision_strategy")
	if !given || string(p.json) == "null" {
		return "", nil
	}
	if !p.isText() || p.text != "skip" && p.text != "overwrite" {
		return "", refuse("collision_strategy Invalid collision strategy")
	}
	return p.text, nil
}

// privacy is what a new dataset of the import gets, nil for the account's default.
func (c *call) privacy() (*string, error) {
	if !c.present("privacy") {
		return nil, nil
	}
	given := c.text("privacy")
	privacy := strings.ToLower(given)
	if !slices.Contains([]string{"public", "private", "link"}, privacy) {
		return nil, refuse("Unknown value '%s' for 'privacy'. Allowed values are: private, public and link", given)
	}
	if privacy != "public" && c.s.config.PublicOnly {
		return nil, refuse("Your account type (%s) does not allow to create private datasets. Check https://carto.com/pricing for more info.", accountType)
	}
	return &privacy, nil
}

// source finds where the data of an import comes from: a URL, a connector, a data library, else the upload. An import
// may have none of them: so are posted those by sql and table_copy, which win over any other source when the job runs.
func (c *call) source(j *store.Job) error {
	j.DataType = "datasource"
	service := work.PublicURL
	if c.present("service_name") {
		service = c.text("service_name")
	}
	j.ServiceName, j.ServiceItemID = &service, c.given("service_item_id")
	if j.ServiceItemID == nil {
		j.ServiceItemID = c.given("url")
	}
	none := ""
	j.Source = &none
	switch {
	case c.present("url"):
		return c.sourceURL(j)
	case c.hasObject("connector"):
		text, err := c.connectorText()
		if err != nil {
			return refuse("%s", err.Error())
		}
		connector := work.ConnectorService
		j.ServiceName, j.ServiceItemID = &connector, &text
		return nil
	case c.present("remote_visualization_id"):
		// A sandbox has no data library, and the server does not ask whether it found one.
		return refuse("undefined method `importable_by?' for nil:NilClass")
	}
	return c.sourceUpload(j)
}

func (c *call) sourceURL(j *store.Job) error {
	url := c.text("url")
	if !work.ValidURL(url) {
		return refuse("Invalid URL, cannot connect dataset: %s", url)
	}
	j.DataType, j.Source = "url", &url
	return nil
}

// sourceUpload takes the file that came with the request, if one did. A text where the server wants a file makes it
// stumble, even beside a file.
// Source: CartoDB/cartodb: app/helpers/file_upload.rb.
func (c *call) sourceUpload(j *store.Job) error {
	for _, key := range []string{"filename", "file"} {
		if p, given := c.param(key); given && string(p.json) != "null" {
			return refuse("undefined method `tempfile' for %s", inspect(p))
		}
	}
	if c.upload == nil {
		return nil
	}
	shown := c.upload.shownPath()
	j.DataType, j.Upload, j.FileName, j.Source = "file", c.upload.path, c.upload.name, &shown
	return nil
}

// inspect names a value and its class as Ruby does in its complaints.
func inspect(p param) string {
	switch text := string(p.json); {
	case p.json == nil || p.isText():
		return fmt.Sprintf("%q:String", p.text)
	case text == "true":
		return "true:TrueClass"
	case text == "false":
		return "false:FalseClass"
	case strings.HasPrefix(text, "{"):
		return text + ":ActionController::Parameters"
	case strings.HasPrefix(text, "["):
		return text + ":Array"
	default:
		return text + ":Fixnum"
	}
}

// connectorText is the connector object of a request as it is stored: with a connection's id for credentials.
func (c *call) connectorText() (string, error) {
	return c.s.worker.NormalizeConnector(c.ctx(), c.object("connector"))
}

// hasObject tells whether a parameter holds something, which an empty object or list does not.
func (c *call) hasObject(key string) bool {
	var v any
	if json.Unmarshal(c.object(key), &v) != nil {
		return false
	}
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return strings.TrimSpace(v) != ""
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return true
}

// object is a parameter that is a JSON object, or that a form sends in pieces such as connector[connection][server].
func (c *call) object(key string) json.RawMessage {
	if p, given := c.param(key); given {
		if p.json != nil {
			return p.json
		}
		text, _ := json.Marshal(p.text)
		return text
	}
	pieces := map[string]any{}
	for name, values := range c.query {
		nest(pieces, key, name, values[len(values)-1])
	}
	for name, p := range c.params {
		if _, inQuery := c.query[name]; !inQuery {
			nest(pieces, key, name, p.text)
		}
	}
	if len(pieces) == 0 {
		return nil
	}
	raw, _ := json.Marshal(pieces)
	return raw
}

// nest puts the value of a name such as key[a][b] in its place.
func nest(to map[string]any, key, name, value string) {
	rest, found := strings.CutPrefix(name, key+"[")
	rest, closed := strings.CutSuffix(rest, "]")
	if !found || !closed {
		return
	}
	path := strings.Split(rest, "][")
	for _, step := range path[:len(path)-1] {
		inner, isObject := to[step].(map[string]any)
		if !isObject {
			inner = map[string]any{}
			to[step] = inner
		}
		to = inner
	}
	to[path[len(path)-1]] = value
}
