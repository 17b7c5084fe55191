package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

func TestParseSyncAndDestroy(t *testing.T) {
	lease := leaseFlags{LeaseTimeout: 10 * time.Minute}
	bare := projectFlags{leaseFlags: lease, outputFlags: outputFlags{Format: "text"}}
	noisy := projectFlags{
		accountFlags: accountFlags{Sandbox: true}, varFlags: varFlags{map[string]string{"a": "b"}},
		leaseFlags: lease, outputFlags: outputFlags{Format: "json", JSONInto: "j", Verbose: true, NoColor: true}, reportFlags: reportFlags{Report: "r"},
	}
	flags := []string{"--sandbox", "--var", "a=b", "--format", "json", "--json-into", "j", "-v", "--no-color", "--report", "r"}
	secrets := secretFlags{SecretsDir: "/run/secrets"}
	manifest := []string{"carto.yaml"}
	tests := []struct {
		name string
		args []string
		want any
	}{
		{"sync", []string{"sync", "air"}, syncCmd{
			Names: []string{"air"}, Manifest: manifest, projectFlags: bare, secretFlags: secrets, Wait: true, Timeout: interval(time.Hour),
		}},
		{"sync with all", append([]string{"sync", "--stale", "--manifest", "a,b", "--no-wait", "--timeout", "5m", "--secret-env", "X", "--secrets-dir", "s"}, flags...), syncCmd{
			Stale: true, Manifest: []string{"a", "b"}, projectFlags: noisy, secretFlags: secretFlags{SecretEnv: []string{"X"}, SecretsDir: "s"}, Timeout: interval(5 * time.Minute),
		}},
		{"destroy", []string{"destroy"}, destroyCmd{manifestArgs: manifestArgs{manifest}, projectFlags: bare}},
		{"destroy with all", append([]string{"destroy", "a", "b", "--auto-approve", "--allow", "maps:x,maps:y"}, flags...), destroyCmd{
			manifestArgs: manifestArgs{[]string{"a", "b"}}, AutoApprove: true, projectFlags: noisy, Allow: []allowance{{plan.GuardMaps, "x"}, {plan.GuardMaps, "y"}},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, err := parse(t, test.args...)
			if err != nil {
				t.Fatal(err)
			}
			var got any = g.Sync
			if test.args[0] == "destroy" {
				got = g.Destroy
			}
			if diff := cmp.Diff(test.want, got, unexported); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckSync(t *testing.T) {
	desired := []spec.Manifest{{Datasets: []spec.Dataset{{Name: "roads"}, {Name: "noise", Sync: &spec.Sync{}}, {Name: "air", Sync: &spec.Sync{}}}}}
	tests := []struct {
		name    string
		args    []string
		desired []spec.Manifest
		want    string
	}{
		{"names", []string{"air", "roads"}, desired, ""},
		{"stale", []string{"--stale"}, desired, ""},
		{"stale where nothing is synchronized", []string{"--stale"}, nil, ""},
		{"neither", nil, desired, "no dataset was named; name some, or pass --stale; these are synchronized: air, noise"},
		{"nothing to name", nil, desired[:0], "no dataset was named, and the manifest synchronizes none; declare sync with one of them and apply"},
		{"both", []string{"--stale", "air"}, desired, `--stale finds out itself what to run, and "air" was named too; leave one of the two out`},
		{"a slip", []string{"nois"}, desired, `no manifest declares a dataset "nois"; did you mean "noise"?`},
		{"another's", []string{"something_else"}, desired, `no manifest declares a dataset "something_else"; these are synchronized: air, noise`},
		{"no time to wait", []string{"air", "--timeout", "0s"}, desired, `--timeout: "0s" is no interval; write 900, 15m, 1h, 1d or 1w`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, err := parse(t, append([]string{"sync"}, test.args...)...)
			if err == nil {
				err = g.Sync.check(test.desired)
			}
			if diff := cmp.Diff(test.want, message(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
