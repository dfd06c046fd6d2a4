// Records what Go makes of each template in cases.json: text/template with sprig, in UTC.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

type cases struct {
	Attributes map[string]any      `json:"attributes"`
	Outputs    map[string]any      `json:"outputs"`
	Texts      map[string][]string `json:"texts"`
}

// answer is what the data holds for a text: its output, or null where Go refuses or fails.
type answer [2]any

type location struct {
	whole, Scheme, Host, Path, RawQuery string
	Captures                            map[string]string
}

func (l *location) String() string   { return l.whole }
func (l *location) Hostname() string { return strings.Split(l.Host, ":")[0] }
func (l *location) Port() string     { return strings.Split(l.Host, ":")[1] }

func (l *location) Query() map[string][]string {
	query, _ := url.ParseQuery(l.RawQuery)
	return query
}

type request struct {
	Method            string
	URL               *location
	ClientIPAddresses []string
}

func (r *request) Headers() map[string]string { return map[string]string{"X-A": "a,b"} }
func (r *request) Header(name string) string  { return r.Headers()[name] }
func (r *request) Cookie(string) string       { return "" }

type subject struct {
	ID         string
	Attributes map[string]any
}

func scope(given cases) map[string]any {
	place := &location{
		"https://blog.example.com:8443/a/7?q=1&r=a%20b&q=2",
		"https", "blog.example.com:8443", "/a/7", "q=1&r=a%20b&q=2",
		map[string]string{"id": "7"},
	}
	return map[string]any{
		"Subject": &subject{"alice", given.Attributes},
		"Request": &request{"GET", place, []string{"10.0.0.1", "10.0.0.2"}},
		"Outputs": given.Outputs,
		"Values":  map[string]string{"x": "ex"},
	}
}

// functions adds what the dialect adds, as its documentation describes it.
func functions() template.FuncMap {
	known := sprig.TxtFuncMap()
	delete(known, "env")
	delete(known, "expandenv")
	known["urlenc"] = func(value any) (string, error) {
		switch known := value.(type) {
		case string:
			return url.QueryEscape(known), nil
		case fmt.Stringer:
			return url.QueryEscape(known.String()), nil
		}
		return "", errors.New("neither a string nor printable")
	}
	known["atIndex"] = func(position int, list []any) (any, error) {
		if len(list) == 0 {
			return nil, nil
		}
		if position < 0 {
			position += len(list)
		}
		if position < 0 || position >= len(list) {
			return nil, errors.New("out of range")
		}
		return list[position], nil
	}
	return known
}

func render(text string, data map[string]any) (result answer) {
	defer func() {
		if recover() != nil {
			result = answer{text, nil}
		}
	}()
	compiled, err := template.New("main").Funcs(functions()).Parse(text)
	if err != nil {
		return answer{text, nil}
	}
	var out bytes.Buffer
	if compiled.Execute(&out, data) != nil {
		return answer{text, nil}
	}
	return answer{text, out.String()}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func line(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(value))
	return strings.TrimSuffix(out.String(), "\n")
}

func main() {
	time.Local = time.UTC
	var given cases
	raw, err := os.ReadFile("cases.json")
	check(err)
	check(json.Unmarshal(raw, &given))
	groups := make([]string, 0, len(given.Texts))
	for _, name := range slices.Sorted(maps.Keys(given.Texts)) {
		lines := make([]string, 0, len(given.Texts[name]))
		for _, text := range given.Texts[name] {
			lines = append(lines, line(render(text, scope(given))))
		}
		groups = append(groups, line(name)+": [\n"+strings.Join(lines, ",\n")+"\n]")
	}
	whole := "{\n" + strings.Join(groups, ",\n") + "\n}\n"
	check(os.WriteFile("answers.json", []byte(whole), 0o644))
}
