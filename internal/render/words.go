package render

import (
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
)

// A word is how a verb is shown.
type word struct {
	symbol string
	past   string
	style  style
}

// words are the verbs' symbols and past tenses.
var words = map[plan.Verb]word{
	plan.Create:   {"+", "created", green},
	plan.Update:   {"~", "updated", yellow},
	plan.Reimport: {"↻", "reimported", yellow},
	plan.Rename:   {"→", "renamed", cyan},
	plan.Adopt:    {"⇐", "adopted", cyan},
	plan.Resume:   {"▶", "resumed", cyan},
	plan.Heal:     {"♥", "healed", yellow},
	plan.Forget:   {"×", "forgotten", cyan},
	plan.Delete:   {"-", "deleted", red},
	plan.Force:    {"»", "forced", cyan},
	plan.Blocked:  {"!", "blocked", alarm},
}

// always are the verbs that a summary counts even when there are none, so that
// it can be looked for as a whole; sometimes are the others, in their order.
var (
	always    = []plan.Verb{plan.Create, plan.Update, plan.Delete}
	sometimes = []plan.Verb{plan.Reimport, plan.Rename, plan.Adopt, plan.Resume, plan.Heal, plan.Forget, plan.Force}
)

// verbs are the verb of an action and what it does besides, in words: those
// that it would do if it is blocked.
func verbs(a plan.Action, word func(plan.Verb) string) string {
	lead := a.Verb
	if lead == plan.Blocked {
		lead = a.Intended
	}
	if lead == plan.None || lead == "" {
		return ""
	}
	all := []string{word(lead)}
	for _, v := range a.Also {
		all = append(all, word(v))
	}
	return and(all)
}

func present(v plan.Verb) string { return string(v) }

func past(v plan.Verb) string { return words[v].past }

// subject names what an action is about. Datasets need no noun, since nearly
// everything is one.
func subject(a plan.Action) string {
	switch a.Kind {
	case plan.KindConnection, plan.KindSynchronization:
		return string(a.Kind) + " " + a.Name()
	case plan.KindStaging:
		return "staging dataset " + a.Dataset
	}
	return a.Dataset
}

// intends reports whether an action does v, or would if it were not blocked.
func intends(a plan.Action, v plan.Verb) bool {
	return a.Does(v) || a.Verb == plan.Blocked && a.Intended == v
}

// summed are the verbs that a summary counts: ever, and where there are some. Only
// apply makes something, so only there it is worth saying that nothing is made.
func summed(p plan.Plan) (ever, some []plan.Verb) {
	if p.Command() == string(plan.ToApply) {
		return always, sometimes
	}
	return nil, slices.Concat(always, sometimes)
}
