package live

import (
	"cmp"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

func synchronizations(wire []carto.Synchronization) []plan.Synchronization {
	all := make([]plan.Synchronization, 0, len(wire))
	for _, s := range wire {
		p := plan.Synchronization{
			ID: s.ID, DatasetID: s.DatasetID, Name: s.Name, State: string(s.State), Interval: s.Interval,
			Checksum: s.Checksum, Retried: s.Retried, ErrorCode: s.ErrorCode, ErrorMessage: s.ErrorMessage,
			TypeGuessing: s.TypeGuessing, QuotedFieldsGuessing: s.QuotedFieldsGuessing, ContentGuessing: s.ContentGuessing,
			RunAt: s.RunAt, RanAt: s.RanAt, UpdatedAt: s.UpdatedAt,
		}
		switch s.Service {
		case "", "public_url":
			// What a run fetches is the service item, once the first recurring run
			// has set it: a URL that was put without it changes nothing.
			// Source: CartoDB/cartodb: app/models/synchronization/member.rb (get_downloader).
			if p.URL = s.URL; s.Item.Form == carto.ItemPlain {
				p.URL = s.Item.Text
			}
		case "connector":
			p.Connector = connector(s.Item)
		default:
			p.Service = s.Service
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b plan.Synchronization) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func connector(item carto.ServiceItem) *plan.LiveConnector {
	if item.Connector == nil {
		return &plan.LiveConnector{Foreign: true}
	}
	return &plan.LiveConnector{
		ConnectionID: item.Connector.ConnectionID,
		Provider:     item.Connector.Provider,
		Params:       plain(item.Connector.Params),
	}
}
