package main

import (
	"slices"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/render"
)

// openJournals opens the journal of every project, and collects what interrupted runs
// left in them. One that cannot be used costs time and nothing else, so it is a
// warning.
func (s *survey) openJournals(a *app, embedded bool) {
	s.journals, s.in.Pending = apply.Journals{}, nil
	warn := func(err error) { _ = render.Notices(a.stderr, render.Notice{Problem: err.Error()}) }
	for _, m := range s.in.Desired {
		owner := apply.JournalOwner{Account: s.account.URL, Project: m.Project, Embedded: embedded}
		journal, pending, err := apply.OpenJournal(m.Dir, owner, warn)
		if err != nil && !slices.Contains(s.told, err.Error()) { // who plans again opens it again
			s.told = append(s.told, err.Error())
			warn(err)
		}
		s.journals[m.Project] = journal
		for _, p := range pending {
			p.Project = m.Project
			s.in.Pending = append(s.in.Pending, p)
		}
	}
}
