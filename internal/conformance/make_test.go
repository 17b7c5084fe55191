package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// stations is a table of points.
const stations = "name,docks,lat,lon\nPlaza,12,40.4,-3.7\nRetiro,20,40.41,-3.68\n"

// post starts an import and waits for its end.
func (p *probe) post(body any) object {
	p.Helper()
	return p.ended(p.ok("POST", "/api/v1/imports", body)["item_queue_id"])
}

// upload imports a file and waits for the end.
func (p *probe) upload(file, content string, values ...string) object {
	p.Helper()
	return p.post(form{"file", file, content, values})
}

// load uploads a file that must become a dataset, which the end of the check deletes.
func (p *probe) load(file, content string, values ...string) object {
	p.Helper()
	return p.complete(p.upload(file, content, values...))
}

// complete expects an import to have succeeded.
func (p *probe) complete(job object) object {
	p.Helper()
	if job["state"] != "complete" {
		p.Fatalf("the import did not succeed: %v", job)
	}
	return job
}

// failed expects an import to have failed with a code.
func (p *probe) failed(job object, code float64) {
	p.Helper()
	p.same("the outcome", object{"state": "failure", "success": false, "error_code": code, "table_id": nil}, pick(job, "state success error_code table_id"))
}

// ended polls an import until it has ended.
func (p *probe) ended(id any) object {
	p.Helper()
	var job object
	p.until("the import ends", func() bool {
		job = p.job(id)
		return job["state"] == "complete" || job["state"] == "failure"
	})
	if table, made := job["table_id"].(string); made {
		p.dispose(table)
	}
	return job
}

func (p *probe) job(id any) object {
	p.Helper()
	return p.get("/api/v1/imports/" + id.(string))
}

// dispose deletes the dataset of a table, and its maps with it, at the end of the check.
func (p *probe) dispose(table string) {
	id, known := dig(p.get("/api/v1/tables/"+table), "table_visualization", "id").(string)
	if !known || p.made.datasets[id] {
		return
	}
	p.made.datasets[id] = true
	p.Cleanup(func() { p.remove("/api/v1/viz/"+id, p.made.datasets, id) })
}

// remove deletes what the run made; that it is gone already is as good.
func (a *account) remove(path string, of map[string]bool, id string) {
	r, err := a.request(http.MethodDelete, path, nil)
	if err != nil {
		return
	}
	resp, err := a.http.Do(r)
	if err != nil {
		return
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotFound {
		delete(of, id)
	}
}

// leaveNothing looks for what bears the run's token still, deletes it, and complains.
func (a *account) leaveNothing(t *testing.T) {
	p := &probe{T: t, account: a}
	for _, kind := range []string{"table", "derived"} {
		list, _ := p.get("/api/v1/viz?type=" + kind + "&exclude_shared=true&per_page=1000&q=" + a.token)["visualizations"].([]any)
		for _, v := range list {
			if name, _ := dig(v, "name").(string); strings.Contains(name, a.token) {
				t.Errorf("the run left %q behind", name)
				a.remove("/api/v1/viz/"+dig(v, "id").(string), a.made.datasets, "")
			}
		}
	}
	list, _ := p.get("/api/v1/synchronizations")["synchronizations"].([]any)
	for _, y := range list {
		text, _ := json.Marshal(y)
		if id, _ := dig(y, "id").(string); a.made.synchronizations[id] || strings.Contains(string(text), a.token) {
			t.Errorf("the run left a synchronization behind: %s", text)
			a.remove("/api/v1/synchronizations/"+id, a.made.synchronizations, id)
		}
	}
	for _, c := range p.stored() {
		if name, _ := dig(c, "name").(string); strings.Contains(name, a.token) || a.made.connections[dig(c, "id").(string)] {
			t.Errorf("the run left the connection %q behind", name)
			a.remove(connections+"/"+dig(c, "id").(string), a.made.connections, "")
		}
	}
}

// inventory is the ids of all that the account holds, sorted.
func (a *account) inventory(t *testing.T) []string {
	t.Helper()
	p := &probe{T: t, account: a}
	all := slices.Concat(entries(p.get(vizPath+"?types=table,derived&exclude_shared=true&per_page=1000")), p.stored())
	syncs, _ := p.get(synchronizations)["synchronizations"].([]any)
	var ids []string
	for _, o := range append(all, syncs...) {
		ids = append(ids, dig(o, "id").(string))
	}
	slices.Sort(ids)
	return ids
}

// dataset shows the dataset of an import.
func (p *probe) dataset(job object) object {
	p.Helper()
	id := dig(p.get("/api/v1/tables/"+job["table_id"].(string)), "table_visualization", "id")
	return p.viz(id)
}

func (p *probe) viz(id any) object {
	p.Helper()
	return p.get("/api/v1/viz/" + id.(string))
}

// change changes a dataset; the answer is returned.
func (p *probe) change(dataset any, values object) answer {
	p.Helper()
	id := dig(dataset, "id").(string)
	body := object{"id": id}
	for key, value := range values {
		body[key] = value
	}
	return p.send("PUT", "/api/v1/viz/"+id, body)
}

// changed changes a dataset, which must succeed.
func (p *probe) changed(dataset any, values object) object {
	p.Helper()
	got := p.change(dataset, values)
	if got.Status != http.StatusOK {
		p.Fatalf("a change of %v: %d %s", values, got.Status, got.Body)
	}
	return p.decode(got)
}

// query runs SQL and returns the rows.
func (p *probe) query(q string) []any {
	p.Helper()
	rows, _ := p.get("/api/v2/sql?" + url.Values{"q": {q}}.Encode())["rows"].([]any)
	return rows
}

// cell is the only value of a query.
func (p *probe) cell(q string) any {
	p.Helper()
	rows := p.query(q)
	if len(rows) != 1 {
		p.Fatalf("%s: %d rows", q, len(rows))
	}
	for _, v := range rows[0].(object) {
		return v
	}
	return nil
}

const synchronizations = "/api/v1/synchronizations"

// synchronize creates a synchronization, which the end of the check deletes.
func (p *probe) synchronize(body object) object {
	p.Helper()
	y := p.ok("POST", synchronizations, body)
	p.discard(y["id"].(string))
	return y
}

// discard deletes a synchronization at the end of the check.
func (p *probe) discard(id string) {
	p.made.synchronizations[id] = true
	p.Cleanup(func() { p.remove(synchronizations+"/"+id, p.made.synchronizations, id) })
}
