package carto

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// leak stands for every secret that a server may send. Nothing that the client
// returns may print it, in any form.
const leak = "L3AKED0SECRET"

func TestAnswersPrintNoSecrets(t *testing.T) {
	const url = "https://user:" + leak + "@example.org/x.csv?api_key=" + leak
	const hook = "https://example.org/" + leak + "/x.csv" // as chat hooks and shared folders have them
	legacy, err := json.Marshal(`{"provider":"postgres","connection":{"server":"h","password":"` + leak + `","pwd":"` + leak + `"},"table":"t"}`)
	if err != nil {
		t.Fatal(err)
	}
	sync := `{"id":"` + idA + `","interval":900,"state":"failure","url":"` + url + `","service_name":"connector","service_item_id":` + string(legacy) +
		`,"error_message":"cannot open ` + url + ` with ` + leak + `"}`
	failed := `{"id":"` + idA + `","state":"failure","success":false,"error_code":99999,"original_url":"` + url + `","display_name":"` + url + `",
		"get_error_text":{"title":"Error","what_about":"GET ` + url + ` password=` + leak + ` api_key: ` + leak + `"},
		"warnings":{"text":"at ` + url + `"},"http_response_code_message":"` + url + `"}`
	me := `{"username":"acme","api_key":"` + leak + `","email":"` + leak + `","google_maps_query_string":"client=` + leak + `"}`
	dataset := `{"id":"` + idA + `","name":"roads","type":"table","auth_tokens":["` + leak + `"],"synchronization":` + sync + `,
		"permission":{"id":"p","owner":{"username":"acme","email":"` + leak + `"}},
		"dependent_visualizations":[{"id":"m","name":"m","auth_tokens":["` + leak + `"]}]}`
	tests := []struct {
		name, body string
		status     int
		do         func(context.Context, *Client) (any, error)
	}{
		{"user", me, 200, func(ctx context.Context, c *Client) (any, error) { return c.Me(ctx) }},
		{"dataset", dataset, 200, func(ctx context.Context, c *Client) (any, error) { return c.Dataset(ctx, idA) }},
		{"list of datasets", `{"visualizations":[` + dataset + `],"total_entries":1,"total_user_entries":1}`, 200,
			func(ctx context.Context, c *Client) (any, error) { return c.Datasets(ctx) }},
		{"synchronization", sync, 200, func(ctx context.Context, c *Client) (any, error) { return c.Synchronization(ctx, idA) }},
		{"import job", failed, 200, func(ctx context.Context, c *Client) (any, error) { return c.WaitImport(ctx, idA, Poll{}) }},
		{"connections", `[{"id":"a","name":"n","parameters":{"Password":"` + leak + `","service_account":"{\"private_key\":\"` + leak + `\"}"},"token":"` + leak + `"}]`, 200,
			func(ctx context.Context, c *Client) (any, error) { all, _, err := c.Connections(ctx); return all, err }},
		{"an error", `{"errors":"cannot open ` + url + `, password=` + leak + `"}`, 400,
			func(ctx context.Context, c *Client) (any, error) { return c.Synchronization(ctx, idA) }},
		{"a page", `<p>GET ` + url + `</p>`, 502, func(ctx context.Context, c *Client) (any, error) { return c.Synchronization(ctx, idA) }},
		{"an import of a URL", `{"errors":{"imports":"Invalid URL, cannot connect dataset: ` + url + `"}}`, 400, func(ctx context.Context, c *Client) (any, error) {
			return c.ImportURL(ctx, URLImport{URL: secret.New(url)})
		}},
		{"an import of a URL with a secret in its path", `{"errors":{"imports":"Invalid URL, cannot connect dataset: ` + hook + `"}}`, 400, func(ctx context.Context, c *Client) (any, error) {
			return c.ImportURL(ctx, URLImport{URL: secret.New(hook)})
		}},
		{"an import job of such a URL", `{"id":"` + idA + `","state":"failure","success":false,"error_code":99999,"original_url":"` + hook + `",
			"get_error_text":{"title":"Error","what_about":"GET ` + hook + ` failed"}}`, 200,
			func(ctx context.Context, c *Client) (any, error) { return c.WaitImport(ctx, idA, Poll{}) }},
		{"a synchronization of such a URL", `{"id":"` + idA + `","interval":900,"state":"failure","url":"` + hook + `","error_message":"cannot open ` + hook + `"}`, 200,
			func(ctx context.Context, c *Client) (any, error) { return c.Synchronization(ctx, idA) }},
		{"a request for a synchronization of such a URL", `{"errors":"Invalid URL, cannot connect dataset: ` + hook + `"}`, 400, func(ctx context.Context, c *Client) (any, error) {
			_, _, err := c.CreateSynchronization(ctx, SyncRequest{Interval: time.Hour, URL: secret.New(hook)})
			return nil, err
		}},
		{"a change to such a URL", `{"errors":"Invalid URL, cannot connect dataset: ` + hook + `"}`, 400, func(ctx context.Context, c *Client) (any, error) {
			to := secret.New(hook)
			return c.UpdateSynchronization(ctx, idA, SyncUpdate{URL: &to})
		}},
		{"a change of the item to such a URL", `{"errors":"Invalid URL, cannot connect dataset: ` + hook + `"}`, 400, func(ctx context.Context, c *Client) (any, error) {
			to := secret.New(hook)
			return c.UpdateSynchronization(ctx, idA, SyncUpdate{Item: &to})
		}},
		{"a request", "", 500, func(ctx context.Context, c *Client) (any, error) {
			r := SyncRequest{Interval: time.Hour, URL: secret.New(url)}
			_, _, err := c.CreateSynchronization(ctx, r)
			return r, err
		}},
		{"a config", "", 500, func(context.Context, *Client) (any, error) {
			return Config{Account: testAccount, APIKey: secret.New(leak)}, nil
		}},
		{"a client", "", 500, func(context.Context, *Client) (any, error) {
			c, err := New(Config{Account: testAccount, APIKey: secret.New(leak)})
			return *c, err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := testClient(t, Config{Transport: &recorder{answers: []scripted{{status: tt.status, body: tt.body}}}})
				got, err := tt.do(t.Context(), c)
				asJSON, _ := json.Marshal(got)
				texts := []string{fmt.Sprintf("%v", got), fmt.Sprintf("%+v", got), fmt.Sprintf("%#v", got), string(asJSON), message(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)}
				for _, text := range texts {
					if strings.Contains(text, leak) {
						t.Errorf("a secret is printed: %s", text)
					}
				}
			})
		})
	}
}
