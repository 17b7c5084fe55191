package render

import (
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// CommentBudget is how long a plan or report in Markdown is made at most, in bytes, unless its destructive and publishing
// lines alone are longer: GitHub takes comments of 65,536 characters, and whoever posts one adds a little.
const CommentBudget = 65_000

// commentWidth is where lines of a comment are wrapped: code blocks are not wrapped by those who show them.
const commentWidth = 100

// What comes from a manifest or an account stands in code blocks and code spans only. Nothing in those is Markdown, HTML,
// a mention or a reference, and a fence that is longer than any run of back-ticks in it cannot be ended from inside.

func markdownPlan(p plan.Plan, _ Options) ([]byte, error) {
	t := commentText(p)
	if p.Empty() {
		t.noChanges(p)
	} else {
		t.summary(p)
	}
	c := &comment{whose: whose(p)}
	c.lead(t.take())
	for _, a := range p.Actions {
		if a.Verb != plan.None {
			c.add(sectionOf(a), t.planItem(a))
		}
	}
	for _, n := range p.Notes {
		s := infos
		if n.Severity == "warning" {
			s = warnings
		}
		t.note(n)
		c.add(s, item{short: t.take(), what: "note"})
	}
	return c.fitted(CommentBudget), nil
}

func markdownReport(p plan.Plan, r apply.Report, _ Options) ([]byte, error) {
	t := commentText(p)
	c := &comment{whose: whose(p)}
	if len(r.Results) == 0 {
		t.noChanges(p)
		c.lead(t.take())
		return c.fitted(CommentBudget), nil
	}
	t.applied(p, r)
	t.undone(p, r)
	c.lead(t.take())
	if next := nextCommand(r); next != "" {
		c.head.WriteString(codeSpan(next) + "\n\n")
	}
	for _, res := range r.Results {
		c.add(t.resultItem(res))
	}
	return c.fitted(CommentBudget), nil
}

func markdownFailure(account string, projects []string, err error) ([]byte, error) {
	b, err := textFailure(account, projects, err)
	if err != nil {
		return nil, err
	}
	c := &comment{whose: whose(plan.Plan{Account: account, Projects: projects})}
	c.lead("Failed.\n")
	for line := range strings.Lines(string(b)) {
		c.add(failures, item{short: line, what: "error"})
	}
	return c.fitted(CommentBudget), nil
}

// commentText is text on its way into code blocks.
func commentText(p plan.Plan) *text {
	return &text{page: newPage(Options{Width: commentWidth}), projects: len(p.Projects) > 1}
}

// take empties the page.
func (p *page) take() string {
	s := p.b.String()
	p.b.Reset()
	return s
}

// planItem is an action in one line and in full.
func (t *text) planItem(a plan.Action) item {
	t.action(a)
	it := item{full: t.take(), what: "to " + string(a.Verb), must: a.Verb != plan.Blocked && (a.Destroys || a.Publishes)}
	if a.Verb == plan.Blocked {
		it.what = "blocked"
	}
	t.headline(a)
	it.short = t.take()
	if it.must {
		says := ": " + visible(strings.Join(dangerWords(a), "; ")) + "\n"
		it.short = strings.TrimSuffix(it.short, "\n") + says
		a.Pos = spec.Position{}
		t.headline(a)
		it.terse = strings.TrimSuffix(t.take(), "\n") + says
	}
	return it
}

func dangerWords(a plan.Action) []string {
	var all []string
	if a.Publishes {
		all = append(all, publication(a))
	}
	if a.Destroys {
		all = append(all, destruction(a))
	}
	return all
}

// resultItem is how an action ended, in one line and in full, and where it belongs.
func (t *text) resultItem(res apply.Result) (section, item) {
	t.result(res)
	it := item{full: t.take(), what: string(res.Outcome), must: res.Action.Destroys || res.Action.Publishes}
	first, _, _ := strings.Cut(it.full, "\n")
	it.short = first + "\n"
	switch {
	case res.Outcome == apply.Blocked:
		it.must = false
		return blocked, it
	case res.Outcome != apply.Done:
		return failures, it
	case it.must:
		it.short = first + ": " + visible(strings.Join(dangerWords(res.Action), "; ")) + "\n"
		return dangers, it
	}
	return others, it
}

// whose says in code spans which account and projects a comment is about; "" where neither is known.
func whose(p plan.Plan) string {
	var parts []string
	if p.Account != "" {
		parts = append(parts, "Account "+codeSpan(p.Account))
	}
	for _, project := range p.Projects {
		parts = append(parts, "project "+codeSpan(project))
	}
	return strings.Join(parts, ", ")
}

// codeSpan is s as code within a line.
func codeSpan(s string) string {
	s = visible(s)
	if s == "" {
		return "` `"
	}
	ticks := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// longestRun is how many back-ticks follow one another at most.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
