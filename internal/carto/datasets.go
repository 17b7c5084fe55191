package carto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const vizPath = "/api/v1/viz"

// A Privacy says who may see a dataset. CARTO writes it in upper case and reads
// any; here it is lower case.
type Privacy string

// The privacies of a dataset; only maps can have a password.
const (
	PrivacyPublic   Privacy = "public"
	PrivacyLink     Privacy = "link"
	PrivacyPrivate  Privacy = "private"
	PrivacyPassword Privacy = "password"
)

// A Dataset is a table of the account as its canonical visualization shows it.
// What the server has as null reads "".
type Dataset struct {
	ID          string // of the visualization: what maps, URLs and permissions hang on
	Name        string
	Privacy     Privacy
	Tags        []string // order, case and duplicates as stored
	DisplayName string
	Title       string
	Description string
	License     string
	Source      string
	Attribution string
	Kind        string // geom or raster
	Locked      bool
	MapID       string

	TableID       string   // what import jobs report
	GeometryTypes []string // as PostGIS spells them: ST_Point, ...
	Size          int64    // bytes, about half of what is on disk
	Rows          int64    // the planner's estimate; negative if unknown

	Permission Permission // [Client.Datasets] and [Client.Dataset] fill it

	Maps     []DependentMap // the newest of the maps that use the dataset
	MapCount int            // how many there are

	Synchronization *Synchronization // [Client.Dataset] only

	CreatedAt time.Time
	UpdatedAt time.Time // does not move when the contents are refreshed
}

// A DependentMap is a map that uses a dataset.
type DependentMap struct {
	ID    string
	Name  string
	Owner UserRef
}

type wireDataset struct {
	ID              text                     `json:"id"`
	Name            text                     `json:"name"`
	Type            text                     `json:"type"`
	Privacy         text                     `json:"privacy"`
	Tags            texts                    `json:"tags"`
	DisplayName     text                     `json:"display_name"`
	Title           text                     `json:"title"`
	Description     text                     `json:"description"`
	License         text                     `json:"license"`
	Source          text                     `json:"source"`
	Attribution     text                     `json:"attributions"`
	Kind            text                     `json:"kind"`
	Locked          flag                     `json:"locked"`
	MapID           text                     `json:"map_id"`
	CreatedAt       instant                  `json:"created_at"`
	UpdatedAt       instant                  `json:"updated_at"`
	Table           optional[wireTable]      `json:"table"`
	Permission      optional[wirePermission] `json:"permission"`
	Synchronization optional[wireSync]       `json:"synchronization"`
	MapCount        number                   `json:"dependent_visualizations_count"`
	Maps            []struct {
		ID         text                     `json:"id"`
		Name       text                     `json:"name"`
		Permission optional[wirePermission] `json:"permission"`
	} `json:"dependent_visualizations"`
}

type wireTable struct {
	ID            text   `json:"id"`
	GeometryTypes texts  `json:"geometry_types"`
	Size          number `json:"size"`
	Rows          number `json:"row_count"`
}

func (c *Client) dataset(w wireDataset) Dataset {
	d := Dataset{
		ID: string(w.ID), Name: string(w.Name), Privacy: Privacy(strings.ToLower(string(w.Privacy))),
		Tags: w.Tags, DisplayName: string(w.DisplayName), Title: string(w.Title),
		Description: string(w.Description), License: string(w.License), Source: string(w.Source),
		Attribution: string(w.Attribution), Kind: string(w.Kind), Locked: bool(w.Locked), MapID: string(w.MapID),
		TableID: string(w.Table.value.ID), GeometryTypes: w.Table.value.GeometryTypes,
		Size: w.Table.value.Size.or(0), Rows: w.Table.value.Rows.or(-1),
		Permission: w.Permission.value.permission(),
		MapCount:   int(w.MapCount.or(int64(len(w.Maps)))),
		CreatedAt:  w.CreatedAt.Time, UpdatedAt: w.UpdatedAt.Time,
	}
	for _, m := range w.Maps {
		d.Maps = append(d.Maps, DependentMap{
			ID: string(m.ID), Name: string(m.Name), Owner: m.Permission.value.Owner.value.ref(),
		})
	}
	if w.Synchronization.ok {
		s := c.synchronization(w.Synchronization.value)
		d.Synchronization = &s
	}
	return d
}

// mapsShown is how many dependent maps are named per dataset; the count is
// always complete.
const mapsShown = 10

// Dataset reads one dataset of the account's own, by id or by name. The error is
// ErrNotFound if there is none: also if the name is that of a map, which CARTO
// answers where no dataset bears it, and if the dataset is somebody else's.
// Source: CartoDB/cartodb: app/controllers/visualizations_controller_helper.rb.
func (c *Client) Dataset(ctx context.Context, idOrName string) (Dataset, error) {
	if idOrName == "" || strings.ContainsAny(idOrName, "/\x00") {
		return Dataset{}, fmt.Errorf("%q is neither the id nor the name of a dataset: %w", idOrName, ErrNotFound)
	}
	query := url.Values{
		"show_permission":               {"true"},
		"show_stats":                    {"false"},
		"with_dependent_visualizations": {strconv.Itoa(mapsShown)},
	}
	var w wireDataset
	if err := c.read(ctx, vizPath+"/"+url.PathEscape(idOrName), query, &w); err != nil {
		return Dataset{}, foreignAsMissing(err)
	}
	d := c.dataset(w)
	if owner := d.Permission.Owner.Username; w.Type != "table" || owner != c.account.User {
		return Dataset{}, &OtherError{Asked: idOrName, ID: d.ID, Name: d.Name, Map: w.Type != "table", Owner: owner}
	}
	return d, nil
}

// DependentMaps reads every map that uses a dataset, newest first. Deleting the
// dataset deletes those of them that use nothing else and takes its layers from the
// others, whoever owns them. Source: CartoDB/cartodb: app/models/carto/user_table.rb.
func (c *Client) DependentMaps(ctx context.Context, id string) ([]DependentMap, error) {
	if err := checkID("dataset", id); err != nil {
		return nil, err
	}
	var w wireDataset
	query := url.Values{"show_stats": {"false"}, "with_dependent_visualizations": {strconv.Itoa(maxDatasets)}}
	if err := c.read(ctx, vizPath+"/"+id, query, &w); err != nil {
		return nil, foreignAsMissing(err)
	}
	d := c.dataset(w)
	if len(d.Maps) < d.MapCount {
		return nil, problem("GET", vizPath+"/"+id, fmt.Sprintf("%d of %d maps are named", len(d.Maps), d.MapCount), "try again")
	}
	return d.Maps, nil
}

// foreignAsMissing lets a visualization that the key may not see count as not
// there: with the master key that is somebody else's.
func foreignAsMissing(err error) error {
	var api *APIError
	if !errors.As(err, &api) {
		return err
	}
	foreign := api.Status == http.StatusForbidden && len(api.Messages) > 0 ||
		api.Status == http.StatusNotFound && api.mentions("of that user does not exist")
	if foreign {
		return &OtherError{Asked: path.Base(api.Path), Err: err}
	}
	return err
}

// An OtherError says that an id or a name is not that of a dataset of the account's
// own but of something else. It is ErrNotFound.
type OtherError struct {
	Asked string // the id or name
	ID    string // of what has it; "" where the server does not show it
	Name  string
	Map   bool   // it is a map
	Owner string // "" where the server does not say
	Err   error  // the server's answer, where that was an error
}

func (e *OtherError) Error() string {
	switch {
	case e.Map:
		return fmt.Sprintf("%q is a map, not a dataset", e.Asked)
	case e.Owner != "":
		return fmt.Sprintf("%q is a dataset of user %q", e.Asked, e.Owner)
	}
	return fmt.Sprintf("%q belongs to another user", e.Asked)
}

// Unwrap makes it ErrNotFound.
func (e *OtherError) Unwrap() []error { return []error{ErrNotFound, e.Err} }

// A DatasetUpdate holds what is to change; nil fields stay as they are.
type DatasetUpdate struct {
	Name        *string // one that CARTO would keep: others make it flip between two names
	Privacy     *Privacy
	Tags        *[]string
	DisplayName *string
	Title       *string
	Description *string
	License     *string
	Source      *string
	Attribution *string
}

// attributes returns the keys to send, and only those.
func (u DatasetUpdate) attributes() map[string]any {
	m := map[string]any{}
	set := func(key string, s *string) {
		if s != nil {
			m[key] = *s
		}
	}
	set("name", u.Name)
	set("display_name", u.DisplayName)
	set("title", u.Title)
	set("description", u.Description)
	set("license", u.License)
	set("source", u.Source)
	set("attributions", u.Attribution)
	if u.Privacy != nil {
		m["privacy"] = string(*u.Privacy)
	}
	if u.Tags != nil {
		m["tags"] = append([]string{}, *u.Tags...)
	}
	return m
}

// UpdateDataset changes attributes of a dataset and returns what the server made
// of it. Compare the name: a taken one becomes NAME_1 without a word. A rename
// is never repeated when its answer is lost, other changes are.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func (c *Client) UpdateDataset(ctx context.Context, id string, u DatasetUpdate) (Dataset, error) {
	if err := checkID("dataset", id); err != nil {
		return Dataset{}, err
	}
	body := u.attributes()
	body["id"] = id // the server answers 403 without it
	r := request{method: http.MethodPut, path: vizPath + "/" + id, body: body, repeat: safe}
	if u.Name != nil {
		r.repeat = byMethod
	}
	var w wireDataset
	if err := c.doJSON(ctx, r, &w); err != nil {
		return Dataset{}, err
	}
	if string(w.ID) != id {
		return Dataset{}, problem(r.method, r.path, "the answer is about another visualization", "read the dataset again")
	}
	return c.dataset(w), nil
}

// DeleteDataset deletes a dataset, its synchronization and every map, of
// everybody, whose data it was. It takes an id only, since a name could be that
// of a map. The error is ErrNotFound if it was not there to begin with, and
// [Temporary] if the table was locked.
// Source: CartoDB/cartodb: app/models/carto/user_table.rb.
func (c *Client) DeleteDataset(ctx context.Context, id string) error {
	if err := checkID("dataset", id); err != nil {
		return err
	}
	return c.delete(ctx, vizPath+"/"+id)
}

// delete sends a DELETE. When it had to be repeated, a 404 means that the first
// one did it.
func (c *Client) delete(ctx context.Context, path string) error {
	a, err := c.do(ctx, request{method: http.MethodDelete, path: path, repeat: safe})
	if a.attempts > 1 && errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// checkID keeps what is no UUID out of URLs: the server would take it for a
// name, or answer 500.
func checkID(what, id string) error {
	if !uuid.MatchString(id) {
		return fmt.Errorf("%q is not the id of a %s: %w", id, what, ErrNotFound)
	}
	return nil
}
