package conformance

import (
	"fmt"
	"net/http"
	"time"
)

// fill uses all import slots with jobs that run until the release.
func (p *probe) fill(f *file) []any {
	p.Helper()
	var ids []any
	for range p.slots {
		ids = append(ids, p.ok("POST", imports, object{"url": f.URL})["item_queue_id"])
	}
	for range p.slots {
		<-f.waiting
	}
	return ids
}

func slots(p *probe) {
	f, release := p.slow("/"+p.name("slow.csv"), "a\n1\n")
	ids := p.fill(f)
	got := p.send("POST", imports, object{"url": f.URL})
	p.refused(got, http.StatusTooManyRequests, fmt.Sprintf(`{"errors":{"imports":"We're sorry but you're already using your allowed %d import slots"}}`, p.slots))
	p.same("Retry-After", "", got.Header.Get("Retry-After"))
	release()
	for _, id := range ids {
		p.complete(p.ended(id))
	}
	p.load(p.name("after.csv"), "a\n1\n")
}

// listFailsWaiting lets a job wait behind slow ones: the first import of a synchronization needs no slot.
func listFailsWaiting(p *probe) {
	f, release := p.slow("/"+p.name("slow.csv"), "a\n1\n")
	ids := p.fill(f)
	waiting := dig(p.synchronize(object{"url": f.URL}), "data_import", "item_queue_id").(string)
	p.advance(2 * time.Hour)
	p.same("read before", "pending", p.job(waiting)["state"])
	listed, _ := p.get(imports)["imports"].([]any)
	p.same("how many are listed", len(ids), len(listed))
	p.failed(p.job(waiting), 6671)
	release()
	for _, id := range ids {
		p.complete(p.ended(id))
	}
}

// readingFailsStuck lets a worker die, and in the end more than an hour pass: the slot of such a job is free again by then.
func readingFailsStuck(p *probe) {
	p.inject("crash@POST/api/v1/imports*1")
	id := p.ok("POST", imports, form{"file", p.name("d.csv"), "a\n1\n", nil})["item_queue_id"]
	p.until("it is importing", func() bool { return p.job(id)["state"] == "importing" })
	p.advance(2 * time.Minute)
	p.same("after two minutes", "importing", p.job(id)["state"])
	p.advance(4 * time.Minute)
	p.failed(p.job(id), 6671)
	p.advance(2 * time.Hour)
}

func listOfADay(p *probe) {
	f, release := p.slow("/"+p.name("slow.csv"), "a\n1\n")
	id := p.ok("POST", imports, object{"url": f.URL})["item_queue_id"]
	<-f.waiting
	p.advance(23 * time.Hour)
	p.same("after 23 hours", []any{id}, p.get(imports)["imports"])
	p.advance(2 * time.Hour)
	p.same("after 25 hours", []any{}, p.get(imports)["imports"])
	release()
	p.complete(p.ended(id))
}
