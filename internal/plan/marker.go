package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// tagPrefix begins every tag of ours; manifests may not use it.
const tagPrefix = "cartosync:"

// sourceTag begins the tag that says which entry a dataset is and what was
// imported into it. The 1 is the version of the formula of [Fingerprint].
const sourceTag = tagPrefix + "src:1-"

// noSource stands for the fingerprint of a dataset without a source of ours.
const noSource = "0"

// inDoubt stands for the fingerprint while a dataset's contents are replaced: of a
// run that is killed meanwhile nobody can tell what it left. No source has it but
// one in 2^64.
const inDoubt = "0000000000000000"

// A Marker is what two tags say of a dataset of ours. The tags are
//
//	cartosync:<project>
//	cartosync:src:1-<8 hex of the name>-<16 hex of the source, or 0>[-r<8 hex of a former name>][-p]
//
// where 16 zeros say that the contents are just being replaced. They live on the
// dataset itself, so there is no state file to lose, and the name's hash
// recognises a dataset that was renamed by hand. The former name is there only
// where entries take names from each other: after two have exchanged theirs,
// nothing else tells that from before.
type Marker struct {
	Project     string // the owner; "" = unmarked
	NameHash    string // of the name the manifest knows it by; "" = tag missing or unreadable
	Fingerprint string // of the source that was imported; "" = none known; [inDoubt] while another is
	Former      string // hash of the name that renamed_from gave, once it was followed; "" = none recorded
	Protected   bool   // prevent_destroy holds even when the entry is gone; also where a tag of another version says so
	Owners      int    // how many projects claim it: more than one is a conflict
}

// InDoubt reports whether a run began to replace what the dataset holds, and none
// has ended that.
func (m Marker) InDoubt() bool { return m.Fingerprint == inDoubt }

// Tags are the two tags that say m.
func (m Marker) Tags() []string {
	source := m.Fingerprint
	if source == "" {
		source = noSource
	}
	tag := sourceTag + m.NameHash + "-" + source
	if m.Former != "" {
		tag += "-r" + m.Former
	}
	if m.Protected {
		tag += "-p"
	}
	return []string{tagPrefix + m.Project, tag}
}

// ParseMarker reads the marker among a dataset's tags and returns the other
// tags as they are. People edit tags by hand: case is ignored, and a damaged
// tag of ours counts as missing, never as somebody's own.
func ParseMarker(tags []string) (Marker, []string) {
	var m Marker
	var owners, rest []string
	for _, tag := range tags {
		lower := strings.ToLower(strings.TrimSpace(tag))
		switch {
		case strings.HasPrefix(lower, tagPrefix+"src:"):
			m.parseSource(lower)
		case strings.HasPrefix(lower, tagPrefix):
			owners = append(owners, strings.TrimPrefix(lower, tagPrefix))
		default:
			rest = append(rest, tag)
		}
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	if m.Owners = len(owners); m.Owners > 0 {
		m.Project = owners[0]
	}
	return m, rest
}

func (m *Marker) parseSource(tag string) {
	tag, protected := strings.CutSuffix(tag, "-p")
	m.Protected = m.Protected || protected
	body, ok := strings.CutPrefix(tag, sourceTag)
	if !ok || m.NameHash != "" {
		return // a formula of another version, or a second tag: the entry is recognised by its name alone
	}
	hash, source, ok := strings.Cut(body, "-")
	source, former, renamed := strings.Cut(source, "-r")
	if renamed && !isHex(former, 8) {
		return
	}
	if !ok || !isHex(hash, 8) || (source != noSource && !isHex(source, 16)) {
		return
	}
	m.NameHash, m.Former = hash, former
	if source != noSource {
		m.Fingerprint = source
	}
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

// NameHash is the first 8 hex digits of the SHA-256 of a dataset's or a
// project's name.
func NameHash(name string) string { return digest(name)[:8] }

// SyncMarker is what a synchronization of ours carries as its checksum from
// birth, until its first recurring run replaces it: a run that is killed
// between creating it and publishing its dataset finds it again. CARTO stores
// the checksum of the request as sent and uses none for URLs.
// Source: CartoDB/cartodb, app/models/synchronization/member.rb.
func SyncMarker(project, dataset string) string {
	return tagPrefix + project + ":" + NameHash(dataset)
}

// StagingName is the temporary name under which a dataset's contents are
// imported before they are published. It says which entry of which project it
// is and which source it holds, so that a later run can finish it.
func StagingName(project, dataset, fingerprint string) string {
	if fingerprint == "" {
		fingerprint = strings.Repeat("0", 16)
	}
	return "cs_" + NameHash(project) + "_" + NameHash(dataset) + "_" + fingerprint
}

// ParkingName is where a dataset waits while another takes its name, so that it
// can then take that one's. With the entry's marker it says all that the next
// run needs to finish the renaming.
func ParkingName(project, dataset string) string {
	return "cs_" + NameHash(project) + "_" + NameHash(dataset) + "_renamed"
}

// sameTags compares tags as sets: CARTO keeps order and duplicates, people who
// sort them in the dashboard change nothing.
func sameTags(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}
