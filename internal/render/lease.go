package render

import (
	"fmt"
	"io"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
)

// Lease prints, on one line, what is to be known while leases are taken.
func Lease(w io.Writer, n apply.LeaseNotice) error {
	p := newPage(Options{})
	p.line(0, span{plain, leaseText(n)})
	return write(w, p.bytes(), nil)
}

func leaseText(n apply.LeaseNotice) string {
	if n.Problem == nil {
		return fmt.Sprintf("project %q is being applied by %s since %s; waiting for that to end, for %s at most",
			n.Project, n.Holder, n.Since, n.Left.Round(time.Second))
	}
	what := "the lease"
	if n.Project != "" {
		what += fmt.Sprintf(" on project %q", n.Project)
	}
	return fmt.Sprintf("warning: going on without %s that keeps two runs apart, so make sure that no other one applies it now: %v", what, n.Problem)
}
