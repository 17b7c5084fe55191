package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Open opens a source file of the manifest: a regular file inside the manifest's
// directory, whatever links lead to it. The name is as in [Source]. A .shp comes
// with the files beside it, as a zip.
func (m Manifest) Open(file string) (*File, error) {
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if strings.EqualFold(path.Ext(file), ".shp") {
		return packShapefile(root, file)
	}
	f, err := openRegular(root, file)
	if err != nil {
		return nil, err
	}
	return &File{File: f, As: path.Base(file)}, nil
}

// Stat tells of the files that Open would read, without reading them: the source file,
// behind a .shp those that come with it.
func (m Manifest) Stat(file string) ([]fs.FileInfo, error) {
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := []string{file}
	if strings.EqualFold(path.Ext(file), ".shp") {
		if files, err = besideShapefile(root, file); err != nil {
			return nil, err
		}
	}
	infos := make([]fs.FileInfo, len(files))
	for i, f := range files {
		if infos[i], err = root.Stat(filepath.FromSlash(f)); err != nil {
			return nil, err
		}
	}
	return infos, nil
}

var errNotRegular = errors.New("not a regular file")

// openRegular looks before it opens: opening a named pipe waits for a writer, and
// opening a device may do anything.
func openRegular(root *os.Root, file string) (*os.File, error) {
	name := filepath.FromSlash(file)
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: file, Err: errNotRegular}
	}
	return root.Open(name)
}

// A directory answers whether the files that a manifest names are there.
type directory struct {
	root  *os.Root // nil where it could not be opened
	known map[string]problem
}

// A problem is what is wrong with a file, and the next step; the zero problem is none.
type problem struct{ text, hint string }

func newDirectory(dir string) *directory {
	root, err := os.OpenRoot(dir)
	if err != nil {
		root = nil // the manifest itself was read from there; its files will be missing
	}
	return &directory{root: root, known: map[string]problem{}}
}

func (d *directory) close() {
	if d.root != nil {
		d.root.Close()
	}
}

// localName cleans a file name of a manifest and says what is wrong with it.
func localName(file string) (string, problem) {
	switch {
	case strings.HasPrefix(file, "/"), filepath.IsAbs(file), filepath.VolumeName(file) != "":
		return "", problem{fmt.Sprintf("file %s is an absolute path", quote(file)), "name it from the manifest's directory"}
	case strings.Contains(file, `\`) && filepath.Separator == '/':
		return "", problem{fmt.Sprintf("file %s has backslashes", quote(file)), "separate directories with /"}
	}
	clean := path.Clean(filepath.ToSlash(file))
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", problem{fmt.Sprintf("file %s is outside the manifest's directory", quote(file)), "move it inside, or move the manifest up"}
	}
	return clean, problem{}
}

// check says what is wrong with a file, once for each file however often it is named.
func (d *directory) check(file string) problem {
	p, ok := d.known[file]
	if !ok {
		p = d.look(file)
		d.known[file] = p
	}
	return p
}

func (d *directory) look(file string) problem {
	if d.root == nil {
		return problem{fmt.Sprintf("source file %s cannot be looked at", quote(file)), "check the permissions of the manifest's directory"}
	}
	info, err := d.root.Stat(filepath.FromSlash(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.missing(file)
	case errors.Is(err, fs.ErrPermission):
		return problem{fmt.Sprintf("source file %s may not be read", quote(file)), "give this user read access to it"}
	case err != nil && strings.Contains(err.Error(), "escapes"):
		return problem{fmt.Sprintf("source file %s leads outside the manifest's directory", quote(file)), "put the file itself there instead of a link"}
	case err != nil:
		return problem{fmt.Sprintf("source file %s cannot be looked at: %s", quote(file), cause(err)), ""}
	case info.IsDir():
		return problem{fmt.Sprintf("source file %s is a directory", quote(file)), "name a file; zip a directory that is one dataset"}
	case !info.Mode().IsRegular():
		return problem{fmt.Sprintf("source file %s is not a regular file", quote(file)), "name a regular file"}
	}
	return problem{}
}

// missing looks for the file that was meant.
func (d *directory) missing(file string) problem {
	p := problem{text: fmt.Sprintf("source file %s does not exist", quote(file))}
	dir, base := path.Split(file)
	dir = path.Clean(dir)
	names, err := d.names(dir)
	if err != nil {
		p.hint = fmt.Sprintf("there is no directory %s either; names count from the manifest's directory", quote(dir))
		return p
	}
	if near := nearest(base, names); near != "" {
		p.hint = "did you mean " + quote(path.Join(dir, near)) + "?"
	} else {
		p.hint = "names count from the manifest's directory"
	}
	return p
}

// maxNames bounds the names that a missing file is compared with.
const maxNames = 1000

func (d *directory) names(dir string) ([]string, error) {
	f, err := d.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && len(names) < maxNames {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
