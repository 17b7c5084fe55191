package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// assignVisualization sets those attributes of a body that a request may set; all others are passed over. Tags that are no
// list, a layer that is not the map's, a time that is none cannot be assigned.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func assignVisualization(v *store.Visualization, body map[string]json.RawMessage) error {
	for key, to := range map[string]**string{"display_name": &v.DisplayName, "description": &v.Description, "title": &v.Title,
		"source": &v.Source, "license": &v.License, "attributions": &v.Attributions} {
		if raw, given := body[key]; given {
			text, isNull := plainText(raw)
			if *to = &text; isNull {
				*to = nil
			}
		}
	}
	if raw, given := body["name"]; given {
		v.Name, _ = plainText(raw)
	}
	if raw, given := body["privacy"]; given {
		v.Privacy = lowerText(raw)
	}
	if raw, given := body["kind"]; given && string(raw) != "null" {
		v.Kind, _ = plainText(raw)
	}
	if raw, given := body["locked"]; given {
		v.Locked = isTrue(raw)
	}
	if raw, given := body["version"]; given && string(raw) != "null" {
		text, _ := plainText(raw)
		v.Version = int(toInteger(text))
	}
	if raw, given := body["active_layer_id"]; given && string(raw) != "null" {
		if id, _ := plainText(raw); id != v.ActiveLayerID {
			return errUpdating
		}
	}
	if raw, given := body["tags"]; given {
		tags, err := readTags(raw)
		if err != nil {
			return err
		}
		v.Tags = tags
	}
	raw, given := body["updated_at"]
	if text, isNull := plainText(raw); given && !isNull {
		at, err := looseTime(text)
		if err != nil {
			return errUpdating
		}
		if differs := at.Sub(v.UpdatedAt).Abs() >= time.Millisecond; differs {
			v.UpdatedAt = at
		}
	}
	return nil
}

// lowerText is a string in lower case. Whatever is no string counts as nothing.
func lowerText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return strings.ToLower(text)
}

// isTrue reads a flag as the framework does: a few spellings are true, all else is false.
func isTrue(raw json.RawMessage) bool {
	text, _ := plainText(raw)
	return slices.Contains([]string{"true", "TRUE", "t", "T", "1", "on", "ON"}, text)
}

// readTags keeps order, case and duplicates; blank tags go, and null is none.
// Source: CartoDB/cartodb: app/models/carto/visualization.rb.
func readTags(raw json.RawMessage) ([]string, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, errUpdating
	}
	tags := []string{}
	for _, element := range list {
		if text, _ := plainText(element); strings.TrimSpace(text) != "" && string(element) != "false" {
			tags = append(tags, text)
		}
	}
	return tags, nil
}
