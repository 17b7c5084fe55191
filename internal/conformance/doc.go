// Package conformance states what a CARTO account promises, and asks any account whether it keeps it: over plain net/http,
// knowing nothing of ours. There is nothing here but tests.
//
//	go test ./internal/conformance                                     the embedded sandbox, everything
//	CARTO_API_KEY=... go test ./internal/conformance -account URL      any account, by its base URL and master key
//
// Each check proves one numbered fact of docs/what-carto-does.md and bears its number, so that -run 'Conformance/.*/^6[.]' asks
// for synchronizations alone; a fact without a check says there why it has none.
//
// Every dataset, synchronization and connection that a check makes bears the run's random token in its name or URL, and is
// deleted by its id at the end of the check. Nothing else of the account is changed or deleted. What would disturb
// its owner's own work is asked with -invasive only. Checks are skipped, with the reason, where an account cannot be asked:
//
//   - those that need time to pass or something to fail go by the admin route of a sandbox (-admin URL);
//   - those that need a source of data use -source-url, the URL of a CSV file that the account can fetch, or, for an account
//     on this machine, a web server of the test's own;
//   - those that share datasets need an organization with another member;
//   - those about private datasets, synchronizations and connectors need a plan that includes them.
//
// Beside the checks, a client that believes what it reads walks into traps, which the sandbox alone is asked about.
package conformance
