package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// synchronizationShape is a synchronization as the API shows it.
// Source: CartoDB/cartodb: app/controllers/carto/api/synchronization_presenter.rb.
func synchronizationShape(y store.Synchronization) fields {
	return fields{
		{"id", y.ID}, {"name", y.Name}, {"interval", y.Interval}, {"url", y.URL}, {"state", y.State}, {"user_id", y.UserID},
		{"created_at", maybeWhen(y.CreatedAt)}, {"updated_at", maybeWhen(y.UpdatedAt)}, {"run_at", maybeWhen(y.RunAt)}, {"ran_at", maybeWhen(y.RanAt)},
		{"modified_at", maybeWhen(y.ModifiedAt)}, {"etag", y.ETag}, {"checksum", y.Checksum}, {"log_id", y.LogID},
		{"error_code", y.ErrorCode}, {"error_message", y.ErrorMessage}, {"retried_times", y.RetriedTimes},
		{"service_name", y.ServiceName}, {"service_item_id", y.ServiceItemID}, {"type_guessing", y.TypeGuessing},
		{"quoted_fields_guessing", y.QuotedFieldsGuessing}, {"content_guessing", y.ContentGuessing},
		{"visualization_id", y.VisualizationID}, {"from_external_source", y.FromExternalSource},
	}
}

// assign sets every attribute that a body names; unknown keys are passed over.
func assign(y *store.Synchronization, body map[string]json.RawMessage, now time.Time) error {
	for _, key := range attributes {
		if v, given := body[key]; given {
			if err := assignOne(y, key, v, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// assignInOrder sets the attributes in the order of the body's text, for setting interval sets run_at too, and a run_at
// behind it wins.
func assignInOrder(y *store.Synchronization, raw []byte, body map[string]json.RawMessage, now time.Time) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return err
		}
		if err := assignOne(y, key.(string), v, now); err != nil {
			return err
		}
	}
	return nil
}

// attributes are those that a new synchronization takes from its request; interval comes before run_at.
var attributes = []string{"id", "name", "interval", "url", "state", "user_id", "created_at", "updated_at", "run_at", "ran_at", "modified_at",
	"etag", "checksum", "log_id", "error_code", "error_message", "retried_times", "service_name", "service_item_id",
	"type_guessing", "quoted_fields_guessing", "content_guessing", "visualization_id", "from_external_source"}

// assignOne sets one attribute, converting loosely as the server does.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func assignOne(y *store.Synchronization, key string, raw json.RawMessage, now time.Time) error {
	texts := map[string]**string{
		"name": &y.Name, "url": &y.URL, "state": &y.State, "user_id": &y.UserID, "etag": &y.ETag, "checksum": &y.Checksum, "log_id": &y.LogID,
		"error_message": &y.ErrorMessage, "service_name": &y.ServiceName, "service_item_id": &y.ServiceItemID, "visualization_id": &y.VisualizationID,
	}
	times := map[string]**time.Time{"created_at": &y.CreatedAt, "updated_at": &y.UpdatedAt, "run_at": &y.RunAt, "ran_at": &y.RanAt, "modified_at": &y.ModifiedAt}
	flags := map[string]**bool{"type_guessing": &y.TypeGuessing, "quoted_fields_guessing": &y.QuotedFieldsGuessing,
		"content_guessing": &y.ContentGuessing, "from_external_source": &y.FromExternalSource}
	value, isNull := plainText(raw)
	switch {
	case texts[key] != nil:
		*texts[key] = nil
		if !isNull {
			*texts[key] = &value
		}
	case times[key] != nil:
		*times[key] = nil
		if isNull || value == "" {
			return nil
		}
		t, err := looseTime(value)
		*times[key] = &t
		return err
	case flags[key] != nil:
		on := value == "true"
		if *flags[key] = &on; isNull {
			*flags[key] = nil
		}
	case key == "id" && !isNull:
		y.ID = value
	case key == "interval":
		y.Interval = toInteger(value)
		at := now.Add(time.Duration(y.Interval) * time.Second)
		y.RunAt = &at
	case key == "retried_times":
		y.RetriedTimes = toInteger(value)
	case key == "error_code":
		n := toInteger(value)
		if y.ErrorCode = &n; isNull {
			y.ErrorCode = nil
		}
	}
	return nil
}

// plainText is a JSON value as text, without the quotes of a string.
func plainText(raw json.RawMessage) (text string, isNull bool) {
	if string(raw) == "null" {
		return "", true
	}
	if json.Unmarshal(raw, &text) == nil {
		return text, false
	}
	return string(raw), false
}

// toInteger reads the number that a text begins with, 0 if there is none.
func toInteger(s string) int64 {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	n, _ := strconv.ParseInt(s[:end], 10, 32)
	return n
}

func looseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly, time.RFC1123} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", s)
}
