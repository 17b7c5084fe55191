package spec

import (
	"fmt"
	"strings"
)

// ownTags begin the tags by which cartosync knows its datasets.
const ownTags = "cartosync:"

func (b *builder) checkTags(v value) {
	tags, _ := v.get("tags")
	if _, ok := tags.json.([]any); !ok {
		return
	}
	seen := map[string]Position{}
	for _, item := range tags.items() {
		tag, ok := item.text()
		if !ok {
			continue
		}
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(tag)), ownTags) {
			b.faults.add(item.pos(), fmt.Sprintf("tag %s begins with cartosync:, by which cartosync marks its datasets", quote(tag)), "remove it")
		} else if first, twice := seen[tag]; twice {
			b.faults.add(item.pos(), fmt.Sprintf("tag %s is already at %s", quote(tag), first), "remove one of the two")
		} else {
			seen[tag] = item.pos()
		}
	}
}

func (b *builder) share(e entry) *[]Share {
	v, ok := e.get("share")
	if _, isList := v.json.([]any); !ok || !isList {
		return nil
	}
	list := []Share{}
	seen := map[Share]Position{}
	for _, item := range v.items() {
		s := Share{Access: "r"}
		switch {
		case item.has("user"):
			s.Kind, s.Name = "user", item.textAt("user")
		case item.has("group"):
			s.Kind, s.Name = "group", item.textAt("group")
		default:
			s.Kind = "organization"
		}
		who := s
		if a := item.textAt("access"); a != "" {
			s.Access = a
		}
		if first, twice := seen[who]; twice {
			b.faults.add(item.pos(), fmt.Sprintf("%s is already at %s", strings.TrimSpace(s.Kind+" "+s.Name), first), "remove one of the two")
			continue
		}
		seen[who] = item.pos()
		list = append(list, s)
	}
	return &list
}
