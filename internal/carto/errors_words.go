package carto

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// words says why a request got no answer: the machine's own words for a lost
// connection, such as EOF, tell nothing to whoever has to do something about it.
func words(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case isUnknownHost(err) && errors.As(err, &dns):
		return fmt.Sprintf("the host %q is not known", dns.Name)
	case closed(err):
		return "the connection was closed before the answer came"
	case !errors.As(err, &op) || error(op) != err:
	case op.Op == "dial" && op.Addr != nil && errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("the connection to %s was refused", op.Addr)
	case op.Op == "dial" && op.Addr != nil && op.Timeout():
		return fmt.Sprintf("no connection to %s came about in time", op.Addr)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset before the answer came"
	}
	return err.Error()
}

// closed reports whether the other side hung up, rather than that something that is
// sent ended.
func closed(err error) bool {
	const broken = "net/http: HTTP/1.x transport connection broken: "
	text := strings.TrimPrefix(err.Error(), broken)
	return text == io.EOF.Error() || text == io.ErrUnexpectedEOF.Error()
}
