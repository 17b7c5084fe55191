package deptest

// layers is the architecture: each package of ours, what else of ours it may import, and why
// no more. A package missing here fails the test, and so does a line without its package.
var layers = []layer{
	{"cmd/cartosync", all, "wires everything together"},
	{"schema", nil, "is data for editors, for the loader and for whoever embeds it"},
	{"internal/deptest", nil, "looks at the others from outside"},
	{"internal/docstest", nil, "holds the documents to the program from outside"},
	{"internal/conformance", nil, "asks any account over plain HTTP, so it knows nothing of ours"},

	{"internal/secret", nil, "is safe to use everywhere, so it depends on nothing"},
	{"internal/name", nil, "holds rules of the service that client and sandbox must agree on"},
	{"internal/data/datatest", []string{"internal/data"}, "writes files for tests, and says what is to be seen in them"},
	{"internal/data", []string{"internal/name"}, "reads files for the look and for the sandbox alike, and knows neither"},

	{"internal/spec", []string{"schema", "internal/secret", "internal/name"}, "checks a manifest without knowing any account"},
	{"internal/plan", []string{"internal/spec", "internal/data", "internal/name", "internal/secret"}, "decides on values alone; what was read and what will be done belongs to others"},

	{"internal/carto", []string{"internal/secret"}, "speaks the service's language, not ours: no plan, no manifest"},
	{"internal/live", []string{"internal/carto", "internal/plan", "internal/data"}, "turns answers of the service into the planner's values; it never sees the manifest"},
	{"internal/apply", []string{"internal/carto", "internal/live", "internal/plan", "internal/spec", "internal/data", "internal/name", "internal/secret"}, "carries a plan out; how it looks is the business of render"},
	{"internal/render", []string{"internal/apply", "internal/plan", "internal/spec", "internal/secret"}, "prints values that it was given and asks the service nothing"},

	{"internal/sandbox/fault", nil, "makes requests fail, whatever they are about"},
	{"internal/sandbox/store", []string{"internal/data", "internal/name"}, "keeps rows and answers SQL; who asks does not matter"},
	{"internal/sandbox/work/pgtest", nil, "starts a PostgreSQL server for the tests of connectors"},
	{"internal/sandbox/work", []string{"internal/sandbox/store", "internal/sandbox/fault", "internal/data", "internal/name"}, "runs jobs behind the routes, and none of the routes"},
	{"internal/sandbox", []string{"internal/sandbox/store", "internal/sandbox/work", "internal/sandbox/fault", "internal/data", "internal/name"}, "imitates the service as it is documented; a type shared with our client would hide a mistake in both"},
}

// bans names what a package must not reach through any chain of imports.
var bans = []ban{
	{"internal/plan", "net/http", "a plan is computed from values; what may fail has failed before"},
	{"internal/plan", "database/sql", "a plan is computed from values; what may fail has failed before"},
	{"internal/plan", "modernc.org/sqlite", "the planner judges an account, it does not imitate one"},
	{"internal/spec", "net/http", "validate opens no socket: it must be safe on a stranger's pull request"},
	{"internal/data", "net/http", "a look at a file opens no socket"},
	{"internal/data", "database/sql", "rows are handed on one by one; where they go is the caller's choice"},
	{"internal/name", "net/http", "rules on strings need no connection"},
	{"internal/secret", "net/http", "a secret is sent only by the client"},
	{"internal/carto", "database/sql", "the account is reached over HTTP and by nothing else"},
	{"internal/live", "internal/sandbox", "reading must work on a real account, of which the sandbox is only one double"},
	{"internal/apply", "internal/sandbox", "applying must work on a real account, of which the sandbox is only one double"},
	{"internal/render", "internal/sandbox", "what is printed must not depend on which account it was"},
	{"cmd/cartosync", "testing", "the shipped program carries no test code"},
}

// directBans names what a package's own files must not import; below it, others may.
var directBans = []ban{
	{"internal/plan", "context", "nothing in it waits, so nothing can be cancelled"},
	{"internal/plan", "os", "files are opened by spec and read by data"},
	{"internal/plan", "log/slog", "reasons belong into the plan, where the user reads them"},
	{"internal/plan", "math/rand/v2", "the same input gives the same plan"},
	{"internal/render", "os", "streams belong to cmd; render writes where it is told"},
	{"internal/render", "internal/carto", "errors of the service reach render inside a report"},
	{"internal/sandbox", "database/sql", "SQL belongs to sandbox/store"},
	{"internal/sandbox/work", "database/sql", "SQL belongs to sandbox/store"},
}

// testBans holds for test files too, where everything else may be imported.
var testBans = []ban{
	{"internal/sandbox", "internal/carto", "the sandbox is tested as a stranger would, over plain net/http, lest both share one misreading"},
	{"internal/sandbox/fault", "internal/carto", "as internal/sandbox"},
	{"internal/sandbox/store", "internal/carto", "as internal/sandbox"},
	{"internal/sandbox/work", "internal/carto", "as internal/sandbox"},
	{"internal/conformance", "internal/carto", "what an account promises is asked in plain HTTP, lest our client's misreading passes for a promise"},
}

// libraries says which modules we use, what each is for, and the packages whose own files import it.
// The list is exact: a new use is a decision, and a use that went away leaves no permission behind.
var libraries = []library{
	{"github.com/alecthomas/kong", "the command line's grammar and help", []string{"cmd/cartosync"}},
	{"github.com/mattn/go-isatty", "whether a stream is a terminal", []string{"cmd/cartosync"}},
	{"github.com/vbauerster/mpb/v8", "lines of progress that are drawn again on a terminal", []string{"internal/render"}},
	{"golang.org/x/term", "the terminal's width and answers typed at it", []string{"cmd/cartosync"}},
	{"gopkg.in/yaml.v3", "nodes with positions, for diagnostics that say where", []string{"cmd/cartosync", "internal/spec"}},
	{"github.com/santhosh-tekuri/jsonschema/v5", "the manifest's schema is a contract for editors and loader alike", []string{"internal/spec"}},
	{"golang.org/x/text", "the encodings that data files come in", []string{"internal/data"}},
	{"golang.org/x/sync", "pools that stop at the first error or at a signal", []string{"internal/apply", "internal/carto"}},
	{"github.com/google/uuid", "identifiers in the service's form", []string{"internal/sandbox", "internal/sandbox/store", "internal/sandbox/work"}},
	{"golang.org/x/sys", "locking a sandbox's directory on Windows", []string{"internal/sandbox/store"}},
	{"modernc.org/sqlite", "SQL without cgo, so that Go alone builds us", []string{"internal/sandbox/store"}},
	{"github.com/jackc/pgx/v5", "connector imports from a real PostgreSQL", []string{"internal/sandbox/work", "internal/sandbox/work/pgtest"}},
}

// testLibraries may be imported by test files and by nothing else.
var testLibraries = []string{
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
	"github.com/yuin/goldmark",
}
