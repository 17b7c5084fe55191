package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/secret"
)

const inClear = "hunter2-β"

type exported struct{ Password secret.Value }

type unexported struct{ password secret.Value }

type embedded struct{ secret.Value }

type tagged struct {
	Password secret.Value            `json:"password,omitempty" yaml:"password" xml:"password"`
	Pointer  *secret.Value           `json:"pointer" yaml:"pointer" xml:"pointer"`
	ByName   map[string]secret.Value `json:"by_name" yaml:"by_name" xml:"-"`
	List     []secret.Value          `json:"list" yaml:"list" xml:"list"`
	Any      any                     `json:"any" yaml:"any" xml:"any"`
}

func holders() map[string]any {
	v := secret.New(inClear)
	return map[string]any{
		"value":               v,
		"pointer":             &v,
		"exported field":      exported{v},
		"unexported field":    unexported{v},
		"pointer to a struct": &unexported{v},
		"embedded":            embedded{v},
		"slice":               []secret.Value{v},
		"slice of unexported": []unexported{{v}},
		"map value":           map[string]secret.Value{"a": v},
		"map of pointers":     map[string]*secret.Value{"a": &v},
		"interface":           []any{v, &v, unexported{v}},
		"tagged":              tagged{v, &v, map[string]secret.Value{"a": v}, []secret.Value{v}, v},
	}
}

func mustNotLeak(t *testing.T, where, printed string) {
	t.Helper()
	for _, form := range []string{inClear, "hunter", fmt.Sprintf("%x", inClear), fmt.Sprintf("%X", "hunter"), fmt.Sprint([]byte("hunter"))[1:20]} {
		if strings.Contains(printed, form) {
			t.Errorf("%s printed the secret: %s", where, printed)
			return
		}
	}
}

func TestValueNeverPrintsThroughFmt(t *testing.T) {
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%T", "%p", "%t", "%c", "%U", "%e", "%w", "%10s", "%-40v", "%!"}
	for name, holder := range holders() {
		t.Run(name, func(t *testing.T) {
			for _, verb := range verbs {
				mustNotLeak(t, verb, fmt.Sprintf(verb, holder))
			}
			mustNotLeak(t, "Sprint", fmt.Sprint(holder)+fmt.Sprintln(holder))
			mustNotLeak(t, "Errorf", fmt.Errorf("outer: %w", fmt.Errorf("inner: %v", holder)).Error())
		})
	}
}

func TestValueNeverPrintsThroughEncoders(t *testing.T) {
	for name, holder := range holders() {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(holder)
			mustNotLeak(t, "json", fmt.Sprint(string(b), err))
			b, err = yaml.Marshal(holder)
			mustNotLeak(t, "yaml", fmt.Sprint(string(b), err))
			b, err = xml.Marshal(holder)
			mustNotLeak(t, "xml", fmt.Sprint(string(b), err))
			for _, h := range []func(*bytes.Buffer) slog.Handler{
				func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
				func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
			} {
				var out bytes.Buffer
				slog.New(h(&out)).With("with", holder).Error("message", "holder", holder, slog.Group("g", "holder", holder))
				mustNotLeak(t, "slog", out.String())
			}
		})
	}
}

func TestValuePrintsPlaceholder(t *testing.T) {
	v := secret.New(inClear)
	type doc struct {
		P secret.Value `json:"p" yaml:"p"`
	}
	j, err := json.Marshal(doc{v})
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(doc{v})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{fmt.Sprint(v), fmt.Sprintf("%q", v), fmt.Sprintf("%#v", &v), string(j), string(y), fmt.Sprint(secret.Value{})}
	want := []string{"(sensitive)", "(sensitive)", "(sensitive)", `{"p":"(sensitive)"}`, "p: (sensitive)\n", "(sensitive)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValueEqual(t *testing.T) {
	tests := map[string]struct {
		a, b secret.Value
		want bool
	}{
		"same content":      {secret.New("a"), secret.New("a"), true},
		"other content":     {secret.New("a"), secret.New("b"), false},
		"other length":      {secret.New("a"), secret.New("aa"), false},
		"zero and empty":    {secret.Value{}, secret.New(""), true},
		"zero and non-zero": {secret.Value{}, secret.New("a"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.a.Equal(tt.b); got != tt.want {
				t.Errorf("Equal = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestValueRevealAndIsZero(t *testing.T) {
	type state struct {
		Revealed string
		Zero     bool
	}
	got := []state{
		{secret.New(inClear).Reveal(), secret.New(inClear).IsZero()},
		{secret.Value{}.Reveal(), secret.Value{}.IsZero()},
	}
	if diff := cmp.Diff([]state{{inClear, false}, {"", true}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsNeverQuoteLiteralText(t *testing.T) {
	for _, s := range []string{inClear + "${", inClear + "${x}" + inClear, "${" + inClear + ":x}", inClear + "${env:1}" + inClear} {
		_, err := secret.Parse(s)
		if err == nil {
			t.Fatalf("Parse(%q) succeeded", s)
		}
		mustNotLeak(t, "Parse", err.Error())
	}
	text, err := secret.Parse(inClear + "${env:CARTOSYNC_SECRET_X}")
	if err != nil {
		t.Fatal(err)
	}
	_, err = text.Resolve(secret.Resolver{})
	mustNotLeak(t, "Resolve", err.Error())
	if missing := (*secret.MissingError)(nil); !errors.As(err, &missing) {
		t.Errorf("Resolve gave %T, want *MissingError", err)
	}
}
