package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

const (
	uploadRounds = 5
	uploadSize   = 1 << 30

	// mostUploadMemory is what apply may take, however big the file is.
	mostUploadMemory = 64 << 20
)

// An upload of 1 GB by apply, which hashes what it sends, beside one by curl: of the same file to the same sandbox, in
// turns, from the first byte to the answer. How fast they are is printed and fails nothing, for it is the machine's affair;
// what memory apply takes is not.
func TestGigabyteUpload(t *testing.T) {
	if !*gigabyte {
		t.Skip("takes a minute; run it with -gigabyte")
	}
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl to compare with")
	}
	// Nothing reads this format, so that each import ends as soon as it begins; the pause is for reading the memory.
	account, _ := runSandbox(t, "--import-file-size", "2000000000", "--fault", "stuck=importing:1s@POST/api/v1/imports")
	dir := t.TempDir()
	file := filepath.Join(dir, "big.gpkg")
	writePackage(t, file, uploadSize)
	manifest := "version: 1\nproject: upload\ndatasets: [{name: big, source: {file: big.gpkg}}]\n"
	if err := os.WriteFile(filepath.Join(dir, "carto.yaml"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}

	var theirs, ours []time.Duration
	var memory int64
	for range uploadRounds {
		theirs = append(theirs, curlUpload(t, curl, account, file))
		took, peak := applyUpload(t, account, dir)
		ours, memory = append(ours, took), max(memory, peak)
		t.Logf("curl %s, apply %s", theirs[len(theirs)-1], took)
	}
	t.Logf("median of %d: curl %.0f MB/s, apply %.0f MB/s, %.2f of curl's throughput; at most %.1f MB of memory",
		uploadRounds, rate(theirs), rate(ours), rate(ours)/rate(theirs), float64(memory)/(1<<20))
	if memory > mostUploadMemory {
		t.Errorf("apply took %d MB of memory", memory>>20)
	}
}

func writePackage(t *testing.T, file string, size int64) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const magic = "SQLite format 3\x00" // without it, apply would not send it as a GeoPackage
	if _, err := io.CopyN(f, io.MultiReader(strings.NewReader(magic), newRows(size)), size); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// rate is the median throughput, in megabytes a second.
func rate(all []time.Duration) float64 {
	all = slices.Clone(all)
	slices.Sort(all)
	return uploadSize / all[len(all)/2].Seconds() / 1e6
}

func curlUpload(t *testing.T, curl, account, file string) time.Duration {
	t.Helper()
	c := exec.CommandContext(t.Context(), curl, "--silent", "--fail", "--output", os.DevNull, "--write-out", "%{time_pretransfer} %{time_total}",
		"--user", sandbox.DefaultUser+":"+sandbox.DefaultAPIKey, "--form", "file=@"+file, account+"/api/v1/imports")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var before, total float64
	if _, err := fmt.Sscan(string(out), &before, &total); err != nil {
		t.Fatal(err)
	}
	return time.Duration((total - before) * float64(time.Second))
}

// postTook is the record of the request that sent the file.
var postTook = regexp.MustCompile(`method=POST url=\S+/api/v1/imports took=(\S+) status=200`)

// applyUpload applies the manifest of a directory and tells how long its upload took, and the most memory that apply had
// until then.
func applyUpload(t *testing.T, account, dir string) (took time.Duration, peak int64) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "cartosync", "apply", "--auto-approve", "--verbose", dir)
	c.Env = append(os.Environ(), "CARTO_ACCOUNT_URL="+account, "CARTO_API_KEY="+sandbox.DefaultAPIKey)
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if m := postTook.FindStringSubmatch(lines.Text()); m != nil {
			peak = peakMemory(t, c.Process.Pid)
			if took, err = time.ParseDuration(m[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Wait() // it fails, as the import does
	if took == 0 {
		t.Fatal("apply sent no file")
	}
	return took, peak
}
