package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
		{"visualization_id", y.VisualizationID}, {"from_external_source", false},
	}
}

// assign sets every attribute that a body names, in the order of the body's text: setting interval sets run_at too, and a
// run_at behind it wins. Unknown keys are passed over.
func assign(y *store.Synchronization, raw []byte, now time.Time) error {
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
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// assignOne sets one attribute. What does not become its type, the server's database refuses.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func assignOne(y *store.Synchronization, key string, raw json.RawMessage, now time.Time) error {
	texts := map[string]**string{
		"name": &y.Name, "url": &y.URL, "state": &y.State, "user_id": &y.UserID, "etag": &y.ETag, "checksum": &y.Checksum, "log_id": &y.LogID,
		"error_message": &y.ErrorMessage, "service_name": &y.ServiceName, "service_item_id": &y.ServiceItemID, "visualization_id": &y.VisualizationID,
	}
	times := map[string]**time.Time{"created_at": &y.CreatedAt, "updated_at": &y.UpdatedAt, "run_at": &y.RunAt, "ran_at": &y.RanAt, "modified_at": &y.ModifiedAt}
	flags := map[string]**bool{"type_guessing": &y.TypeGuessing, "quoted_fields_guessing": &y.QuotedFieldsGuessing, "content_guessing": &y.ContentGuessing}
	value, isNull := plainText(raw)
	switch {
	case texts[key] != nil:
		return assignText(texts[key], key, raw)
	case times[key] != nil:
		return assignTime(times[key], value, isNull)
	case flags[key] != nil:
		return assignFlag(flags[key], value, isNull)
	case key == "id":
		if isNull || !isUUID(value) {
			return errors.New("this is no uuid")
		}
		y.ID = value
	case key == "interval":
		return assignInterval(y, raw, now)
	case key == "retried_times":
		n, err := wholeNumber(value, isNull)
		if y.RetriedTimes = 0; n != nil {
			y.RetriedTimes = *n
		}
		return err
	case key == "error_code":
		n, err := wholeNumber(value, isNull)
		y.ErrorCode = n
		return err
	}
	return nil
}

// isID names the attributes that the database holds as UUIDs.
var isID = map[string]bool{"user_id": true, "log_id": true, "visualization_id": true}

func assignText(to **string, key string, raw json.RawMessage) error {
	value, isNull := plainText(raw)
	if *to = nil; isNull {
		return nil
	}
	if raw[0] == '{' || raw[0] == '[' || isID[key] && !isUUID(value) {
		return errors.New("the database cannot hold this")
	}
	*to = &value
	return nil
}

func assignTime(to **time.Time, value string, isNull bool) error {
	if *to = nil; isNull || value == "" {
		return nil
	}
	t, err := looseTime(value)
	*to = &t
	return err
}

func assignFlag(to **bool, value string, isNull bool) error {
	if *to = nil; isNull {
		return nil
	}
	on := slices.Contains([]string{"true", "t", "yes", "y", "on", "1"}, strings.ToLower(value))
	if !on && !slices.Contains([]string{"false", "f", "no", "n", "off", "0"}, strings.ToLower(value)) {
		return errors.New("this is neither true nor false")
	}
	*to = &on
	return nil
}

// assignInterval converts as Ruby's to_i does: a text to the number that it begins with, null to 0. Any other than null
// plans the next run anew.
func assignInterval(y *store.Synchronization, raw json.RawMessage, now time.Time) error {
	value, isNull := plainText(raw)
	switch {
	case isNull:
		y.Interval = 0
		return nil
	case raw[0] == '"':
		y.Interval = toInteger(value)
	default:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return errors.New("this is no number")
		}
		y.Interval = int64(n)
	}
	if y.Interval != int64(int32(y.Interval)) {
		return errors.New("the database cannot hold this")
	}
	at := now.Add(time.Duration(y.Interval) * time.Second)
	y.RunAt = &at
	return nil
}

func wholeNumber(value string, isNull bool) (*int64, error) {
	if isNull {
		return nil, nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return nil, errors.New("this is no whole number")
	}
	return &n, nil
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
