// Package carto speaks CARTO's HTTP APIs: the Import API (imports,
// synchronizations), the dataset side of the "viz" API, users and sharing,
// stored connections, connectors, and the SQL API.
//
// It promises:
//
//   - The API key goes to the account's own scheme and host in the
//     Authorization header, never into a URL, a log line or an error, and no
//     redirect carries it elsewhere.
//   - What the server sends back is redacted on arrival: source URLs, connector
//     passwords and pre-signed addresses are [secret.Value]s, texts that may
//     quote them are cleaned, and the account's own key is never kept.
//   - Only requests that are safe to repeat are repeated. A request that creates
//     something is sent once; [MaybeApplied] tells whether it may have taken
//     effect although it failed.
//   - Errors are [*APIError], [*TransportError], [*ImportError] or
//     [*IdentityError]; each says what to do next, also when the server answered
//     with a page of HTML or with nothing.
//
// It leaves out what to do with all this: it holds no opinion about which
// datasets exist, keeps no state between calls, and waits for nothing but
// import jobs. Wire spelling (viz, item_queue_id) ends here.
//
// Facts about the service were read in CARTO's public server repository and are
// quoted beside the code that relies on them, as "CartoDB/cartodb: path".
package carto
