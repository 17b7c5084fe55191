package carto

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	datasetsPage     = 500 // datasets per request; CARTO has no maximum
	datasetsParallel = 4   // pages read side by side
	datasetsRereads  = 4   // how often the list is read before giving up

	// maxDatasets is beyond every account; an answer that counts more is wrong.
	maxDatasets = 1_000_000
)

// Datasets lists the account's own datasets by name. Pages are read side by
// side, so the list is checked for entries that moved between them, and read
// again if any did.
//
// CARTO answers this request also for a wrong key, with the public datasets
// alone. The totals are missing then, and Datasets returns ErrUnauthorized.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualization_searcher.rb.
func (c *Client) Datasets(ctx context.Context) ([]Dataset, error) {
	pause := 250 * time.Millisecond
	for n := 1; ; n++ {
		found, err := c.listDatasets(ctx)
		if !errors.Is(err, errMoved) {
			return found, err
		}
		if n == datasetsRereads {
			return nil, fmt.Errorf("GET %s: the list of datasets changed %d times while it was read; wait until nobody creates, renames or deletes datasets and try again", vizPath, n)
		}
		if err := sleep(ctx, pause<<n); err != nil {
			return nil, err
		}
	}
}

// errMoved: the pages do not make up one list.
var errMoved = errors.New("the list changed while it was read")

type wireDatasets struct {
	Visualizations []wireDataset `json:"visualizations"`
	Total          number        `json:"total_entries"`
	UserTotal      number        `json:"total_user_entries"`
}

func (c *Client) listDatasets(ctx context.Context) ([]Dataset, error) {
	first, err := c.datasetsPage(ctx, 1)
	if err != nil {
		return nil, err
	}
	if !first.UserTotal.ok {
		return nil, fmt.Errorf("GET %s: the server showed public datasets only; check that CARTO_API_KEY is the master key of user %q: %w",
			vizPath, c.account.User, ErrUnauthorized)
	}
	if !first.Total.ok || first.Total.n < 0 || first.Total.n > maxDatasets {
		return nil, problem("GET", vizPath, "total_entries is missing or cannot be true", "check that the account URL points to a CARTO server's API")
	}
	total := int(first.Total.n)
	if len(first.Visualizations) != min(total, datasetsPage) {
		return nil, errMoved
	}
	pages := make([]wireDatasets, max(1, (total+datasetsPage-1)/datasetsPage))
	pages[0] = first
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(datasetsParallel)
	for i := 1; i < len(pages); i++ {
		group.Go(func() error {
			var err error
			pages[i], err = c.datasetsPage(ctx, i+1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return c.joinPages(pages, total)
}

func (c *Client) datasetsPage(ctx context.Context, page int) (wireDatasets, error) {
	var w wireDatasets
	err := c.read(ctx, vizPath, url.Values{
		"type":                          {"table"},
		"exclude_shared":                {"true"},
		"order":                         {"name"},
		"order_direction":               {"asc"},
		"page":                          {strconv.Itoa(page)},
		"per_page":                      {strconv.Itoa(datasetsPage)},
		"show_stats":                    {"false"},
		"show_liked":                    {"false"},
		"show_uses_builder_features":    {"false"},
		"show_synchronization":          {"false"},
		"with_dependent_visualizations": {strconv.Itoa(mapsShown)},
	}, &w)
	return w, err
}

// joinPages puts the pages together; errMoved if they hold an entry twice, lack
// one, or disagree about the total.
func (c *Client) joinPages(pages []wireDatasets, total int) ([]Dataset, error) {
	datasets := make([]Dataset, 0, total)
	seen := make(map[string]bool, total)
	for _, page := range pages {
		if page.Total.n != int64(total) {
			return nil, errMoved
		}
		for _, w := range page.Visualizations {
			if w.ID == "" || w.Name == "" {
				return nil, problem("GET", vizPath, "an entry has no id or no name", "check that the account URL points to a CARTO server's API")
			}
			seen[string(w.ID)] = true
			d := c.dataset(w)
			if d.Permission.Owner.Username == "" {
				return nil, problem("GET", vizPath, fmt.Sprintf("dataset %q has no owner", d.Name), "check that the account URL points to a CARTO server's API")
			}
			// A dataset of somebody else's that is shared with us is not ours.
			if w.Type == "table" && d.Permission.Owner.Username == c.account.User {
				datasets = append(datasets, d)
			}
		}
	}
	if len(seen) != total {
		return nil, errMoved
	}
	return datasets, nil
}
