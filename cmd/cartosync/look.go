package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// A source is a file that a manifest names.
type source struct {
	manifest spec.Manifest
	dataset  spec.Dataset
}

// look looks at every file that the manifests name, side by side, or remembers what it
// saw when it last did. Files that cannot be read are reported all at once, each where
// the manifest names it.
func look(ctx context.Context, desired []spec.Manifest, parallel int, cache *lookCache) (map[string]data.Look, error) {
	sources := fileSources(desired)
	looks, faults := make([]data.Look, len(sources)), make([]*spec.Error, len(sources))
	if parallel == 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(parallel, len(sources)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(sources)); i = next.Add(1) - 1 {
				looks[i], faults[i] = sources[i].look(ctx, cache)
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	byName := make(map[string]data.Look, len(sources))
	var unreadable spec.Errors
	for i, s := range sources {
		byName[s.dataset.Name] = looks[i]
		if faults[i] != nil {
			unreadable = append(unreadable, faults[i])
		}
	}
	if unreadable != nil {
		return nil, unreadable
	}
	return byName, nil
}

func fileSources(desired []spec.Manifest) []source {
	var sources []source
	for _, m := range desired {
		for _, d := range m.Datasets {
			if d.Source.Kind == spec.SourceFile {
				sources = append(sources, source{manifest: m, dataset: d})
			}
		}
	}
	return sources
}

func (s source) look(ctx context.Context, cache *lookCache) (data.Look, *spec.Error) {
	if cache == nil {
		return s.read(ctx)
	}
	began := cache.now() // before the file's times are read
	key, cacheable := cache.key(s)
	if !cacheable {
		return s.read(ctx)
	}
	if l, ok := cache.load(key); ok {
		return l, nil
	}
	l, err := s.read(ctx)
	if err == nil {
		cache.save(s, key, l, began)
	}
	return l, err
}

// read looks at the file itself.
func (s source) read(ctx context.Context) (data.Look, *spec.Error) {
	f, err := s.manifest.Open(s.dataset.Source.File)
	if err != nil {
		return data.Look{}, s.unreadable(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return data.Look{}, s.unreadable(err)
	}
	l, err := data.LookAt(ctx, f.As, f, info.Size(), data.Options(s.dataset.Import))
	if err != nil {
		return data.Look{}, s.unreadable(err)
	}
	return l, nil
}

func (s source) unreadable(err error) *spec.Error {
	e := &spec.Error{Pos: s.dataset.At("source.file"), Hint: "check the file"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Hint = "check the path: it begins at the manifest's directory"
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "give this user read access to it"
	}
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		err = cause.Err // the path stands before it already
	}
	e.Problem = fmt.Sprintf("file %q cannot be read: %v", s.dataset.Source.File, err)
	return e
}
