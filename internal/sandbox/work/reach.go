package work

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A sandbox reaches this machine and the hosts that its operator allows, whatever requests name: manifests of strangers
// are rehearsed on it.

var errNotAllowed = errors.New("the sandbox fetches from loopback addresses and " + FilesHost + " only; allow the host with --allow-fetch")

// allowed tells whether URLs and databases of a host may be reached whatever its address is.
func (w *Worker) allowed(host string) bool {
	ip := net.ParseIP(host)
	named := slices.ContainsFunc(w.AllowFetch, func(h string) bool { return strings.EqualFold(h, host) })
	return named || ip != nil && ip.IsLoopback()
}

// databaseTimeout bounds how long a database may take to answer a connection.
const databaseTimeout = 15 * time.Second

// dialDatabase connects to a host that is allowed, or that leads to this machine. It is the address that is judged, when
// the socket is about to be connected, as a name may lead anywhere and elsewhere the next moment.
func (w *Worker) dialDatabase(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: databaseTimeout}
	if !w.allowed(host) {
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Unmap().IsLoopback() {
				return nil
			}
			return &foreignHostError{host, address}
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// foreignHostError is a database that the sandbox does not connect to.
type foreignHostError struct{ host, address string }

func (e *foreignHostError) Error() string {
	return fmt.Sprintf("%s is at %s, and the sandbox connects to this machine only; allow it by cartosync sandbox --allow-fetch %s, or let a directory stand for it with --connector postgres=DIR or in sandbox.yaml",
		e.host, e.address, e.host)
}
