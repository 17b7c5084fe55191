package carto

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestMeter(t *testing.T) {
	busy, found := scripted{status: 503}, ok(`{"id":"`+idA+`","name":"roads","type":"table","permission":{"owner":{"username":"acme"}}}`)
	type counts struct{ OuterRequests, OuterRepeats, InnerRequests, InnerRepeats int64 }
	tests := []struct {
		name    string
		answers []scripted
		do      func(context.Context, *Client) error
		want    counts
	}{
		{"one", []scripted{found}, readA, counts{2, 0, 1, 0}},
		{"repeated", []scripted{busy, busy, found}, readA, counts{4, 2, 3, 2}},
		{"given up", []scripted{busy}, readA, counts{8, 6, 4, 3}},
		{"refused before it was sent", nil, func(ctx context.Context, c *Client) error {
			c.next = readOnly{next: c.next}
			return deleteA(ctx, c)
		}, counts{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := answering(t, tt.answers...)
				var outer, inner Meter
				ctx := WithMeter(t.Context(), &outer)
				_ = tt.do(WithMeter(ctx, &inner), c) // whether it succeeds is not the question
				_ = tt.do(ctx, c)
				got := counts{outer.Requests(), outer.Repeats(), inner.Requests(), inner.Repeats()}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
