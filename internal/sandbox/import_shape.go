package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// importShape is an import as the API shows it. The key success is missing until the job has ended.
// Source: CartoDB/cartodb: app/controllers/carto/api/data_import_presenter.rb.
func importShape(j store.Job) fields {
	f := fields{
		{"id", j.ID}, {"user_id", j.UserID}, {"table_id", j.TableID}, {"data_type", j.DataType}, {"table_name", j.TableName},
		{"state", j.State}, {"error_code", j.ErrorCode}, {"queue_id", j.ID}, {"tables_created_count", j.TablesCreated},
		{"synchronization_id", j.SynchronizationID}, {"type_guessing", j.Guessing.Types}, {"quoted_fields_guessing", j.Guessing.QuotedFields},
		{"content_guessing", j.Guessing.Contents}, {"create_visualization", j.CreateMap}, {"visualization_id", j.VisualizationID},
		{"user_defined_limits", j.UserDefinedLimits}, {"get_error_text", errorText(j)}, {"display_name", displayName(j)},
	}
	if j.Ended() {
		f = append(f, field{"success", j.Success != nil && *j.Success})
	}
	f = append(f, field{"original_url", j.Source}, field{"warnings", warnings(j)}, field{"is_raster", false})
	if j.HTTPCode != nil {
		f = append(f, field{"http_response_code", fmt.Sprint(*j.HTTPCode)}, field{"http_response_code_message", http.StatusText(*j.HTTPCode)})
	}
	if j.State == store.Complete {
		f = append(f, field{"any_table_raster", false}, field{"derived_visualization_id", j.VisualizationID})
	}
	return f
}

func warnings(j store.Job) any {
	if len(j.Warnings) == 0 {
		return nil
	}
	return j.Warnings
}

// errorText explains the error code, null without one and for the one code that has no text.
func errorText(j store.Job) any {
	if j.ErrorCode == nil {
		return nil
	}
	if _, known := work.ErrorText(*j.ErrorCode); !known {
		return nil
	}
	return work.Explain(*j.ErrorCode, j.Problem)
}

// displayName is the last part of where the data came from, else the import's id.
func displayName(j store.Job) string {
	for _, source := range []*string{j.Source, j.ServiceItemID} {
		if source == nil || *source == "" {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(*source))
		if err != nil {
			return j.ID // the server cannot read it either: a connector's parameters, say
		}
		if base := path.Base(u.Path); base != "." && base != "/" {
			return base
		}
		return j.ID
	}
	return j.ID
}
