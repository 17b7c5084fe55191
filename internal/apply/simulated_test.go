package apply_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// A simulated account knows what a creation from a file asks of one, and keeps
// exact time: a request takes one round trip and an import its duration, to the
// nanosecond. A sandbox imports for real, which hides what the client loses.
type simulated struct {
	roundTrip time.Duration
	duration  func(name string) time.Duration
	slots     int
	others    func(since time.Duration) int // import slots that somebody else holds

	mu      sync.Mutex
	began   time.Time
	tables  map[string]*simulatedTable // by id and by name
	jobs    map[string]*simulatedJob
	refused int // uploads, for want of a slot
}

type simulatedTable struct {
	id, name, privacy string
	tags              []string
}

type simulatedJob struct {
	id    string
	table *simulatedTable
	took  time.Duration
	end   time.Time
	late  time.Duration // between its end and the client's knowing
	polls int
}

func newSimulated(roundTrip time.Duration, duration func(string) time.Duration) *simulated {
	return &simulated{
		roundTrip: roundTrip, duration: duration, slots: 3, others: func(time.Duration) int { return 0 },
		began: time.Now(), tables: map[string]*simulatedTable{}, jobs: map[string]*simulatedJob{},
	}
}

func (s *simulated) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := s.travel(r); err != nil {
		return nil, err
	}
	status, body := s.answer(r)
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	if err := s.travel(r); err != nil {
		return nil, err
	}
	s.notice(r)
	text, err := json.Marshal(body)
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(text))), Request: r,
	}, err
}

// travel is half of a round trip.
func (s *simulated) travel(r *http.Request) error {
	timer := time.NewTimer(s.roundTrip / 2)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// object is one of JSON's.
type object map[string]any

func (s *simulated) answer(r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := path.Base(r.URL.Path)
	switch kind := path.Base(path.Dir(r.URL.Path)); {
	case r.Method == http.MethodPost && at == "imports":
		return s.upload(r)
	case kind == "imports":
		return s.job(at)
	case at == "sql":
		return http.StatusOK, object{"rows": []object{{"row_count": 1, "column_name": "n", "data_type": "integer"}}, "total_rows": 1}
	case kind == "viz" && s.tables[at] == nil:
		return http.StatusNotFound, object{"errors": "Visualization does not exist"}
	case kind == "viz" && r.Method == http.MethodPut:
		return s.change(r, s.tables[at])
	case kind == "viz":
		return http.StatusOK, s.tables[at].shape()
	}
	return http.StatusNotImplemented, object{"errors": r.Method + " " + r.URL.Path + " is not simulated"}
}

func (s *simulated) upload(r *http.Request) (int, any) {
	name := uploadName(r)
	if s.others(time.Since(s.began))+s.running() >= s.slots {
		s.refused++
		return http.StatusTooManyRequests, object{"errors": object{"imports": "We're sorry but you're already using your allowed 3 import slots"}}
	}
	t := &simulatedTable{id: idOf("table", name), name: name, privacy: "PRIVATE"}
	took := s.duration(name)
	j := &simulatedJob{id: idOf("job", name), table: t, took: took, end: time.Now().Add(took)}
	s.jobs[j.id] = j
	return http.StatusOK, object{"item_queue_id": j.id, "success": true}
}

// uploadName is the name of the file part, without its extension.
func uploadName(r *http.Request) string {
	_, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, options["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return ""
		}
		if file := part.FileName(); file != "" {
			return strings.TrimSuffix(file, path.Ext(file))
		}
	}
}

// running counts the imports that have not ended.
func (s *simulated) running() int {
	n := 0
	for _, j := range s.jobs {
		if time.Now().Before(j.end) {
			n++
		}
	}
	return n
}

func (s *simulated) job(id string) (int, any) {
	j := s.jobs[id]
	j.polls++
	if time.Now().Before(j.end) {
		return http.StatusOK, object{"id": id, "state": "importing"}
	}
	s.tables[j.table.id], s.tables[j.table.name] = j.table, j.table
	return http.StatusOK, object{"id": id, "state": "complete", "success": true, "table_name": j.table.name, "table_id": j.table.id}
}

// notice measures how late an answer is that tells of an import's end.
func (s *simulated) notice(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.jobs[path.Base(r.URL.Path)]; j != nil && s.tables[j.table.id] != nil {
		j.late = time.Since(j.end)
	}
}

func (s *simulated) change(r *http.Request, t *simulatedTable) (int, any) {
	var asked struct {
		Name *string
		Tags []string
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return http.StatusBadRequest, object{"errors": []string{err.Error()}}
	}
	if asked.Name != nil {
		delete(s.tables, t.name)
		t.name = *asked.Name
		s.tables[t.name] = t
	}
	t.tags = asked.Tags
	return http.StatusOK, t.shape()
}

func (t *simulatedTable) shape() object {
	return object{
		"id": t.id, "name": t.name, "type": "table", "privacy": t.privacy, "tags": t.tags, "table": object{"id": t.id},
		"permission": object{"owner": object{"username": user}},
	}
}

// idOf is the same id for the same thing in every run, so that whatever is drawn
// from ids is, too.
func idOf(kind, name string) string { return uuid.NewSHA1(uuid.Nil, []byte(kind+name)).String() }
