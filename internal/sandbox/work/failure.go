package work

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A Failure is why an import failed, as CARTO's importer would say it.
type Failure struct {
	Code    int
	Problem string // what exactly happened; get_error_text shows it for code 99999
	HTTP    int    // status of the source's answer, 0 when there was none
	Early   bool   // there was no importer yet; a synchronization is not told of it
}

func (f *Failure) Error() string { return fmt.Sprintf("import error %d: %s", f.Code, f.Problem) }

// Codes of import failures.
// Source: CartoDB/cartodb: services/importer/lib/importer/exceptions.rb.
const (
	codeUpload          = 1000
	codeDownload        = 1001
	codeUnsupported     = 1002
	codeNoFile          = 1010
	codeRetrieval       = 1011
	codeDatasource      = 1012
	codeTimeout         = 1020
	codeSkipped         = 1022
	codeNotFound        = 1100
	codeUnauthorized    = 1101
	codeUnresolved      = 1102
	codePartial         = 1103
	codeConnector       = 1500
	codeDisabled        = 1501
	codeParameters      = 1502
	codeSchema          = 2012
	codeView            = 2013
	codeFileSize        = 6666
	codeRows            = 6668
	codeStuck           = 6671
	codeStorage         = 8001
	codeTables          = 8002
	codeQuery           = 8003
	codeSyncUnspecified = 9999
	codeUnknown         = 99999
)

func fail(code int, format string, args ...any) error {
	return &Failure{Code: code, Problem: fmt.Sprintf(format, args...)}
}

// failEarly is fail for what happens before there is an importer.
// Source: CartoDB/cartodb: app/models/data_import.rb (new_importer, new_importer_with_connector).
func failEarly(code int, format string, args ...any) error {
	return &Failure{Code: code, Problem: fmt.Sprintf(format, args...), Early: true}
}

// failureOf finds the failure in an error. What nobody foresaw is 99999, as on the server.
func failureOf(err error) *Failure {
	var f *Failure
	var fault *data.Fault
	var view *store.DependentViewError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &fault):
		return &Failure{Code: fault.Code, Problem: fault.Problem}
	case errors.As(err, &view):
		return &Failure{Code: codeUnknown, Problem: view.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Code: codeTimeout, Problem: err.Error()}
	}
	return &Failure{Code: codeUnknown, Problem: err.Error()}
}
