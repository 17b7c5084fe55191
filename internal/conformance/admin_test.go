package conformance

import (
	"net/http"
	"time"
)

// inject lets requests fail as the rules say, until the end of the check at the latest.
func (p *probe) inject(faults ...string) {
	p.Helper()
	p.ok("POST", p.admin+"/faults", object{"faults": faults})
	p.Cleanup(func() {
		if r, err := p.request(http.MethodDelete, p.admin+"/faults", nil); err == nil {
			if resp, err := p.http.Do(r); err == nil {
				resp.Body.Close()
			}
		}
	})
}

// advance lets time pass, and what is due in it run.
func (p *probe) advance(d time.Duration) {
	p.Helper()
	p.ok("POST", p.admin+"/clock", object{"advance": d.String()})
}

// jump lets time pass without waiting for what becomes due.
func (p *probe) jump(d time.Duration) {
	p.Helper()
	p.ok("POST", p.admin+"/clock", object{"advance": d.String(), "wait": false})
}
