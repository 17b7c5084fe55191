package conformance

import (
	"regexp"
	"strings"
)

// nameChecks are about what a dataset ends up being called.
func nameChecks() []check {
	return []check{
		{"3.1", "table_name names no upload", "`table_name` names neither an upload nor a URL nor a connector's result.", 0, tableNameNamesNothing},
		{"3.2", "names are rewritten", "A name is rewritten until a table can bear it: lower case, letters, digits and `_`, nothing transliterated.", 0, namesAreRewritten},
		{"3.3", "a taken name gets a suffix", "A taken name gets `_1`, `_2` and so on, reported as a plain success.", 0, takenNames},
		{"3.4", "62 characters decide", "A name counts as taken as soon as its first 62 characters are, and a suffix replaces the end of a long one.", 0, longNames},
		{"3.5", "reserved words", "A reserved word gets `_t` behind it.", admin, reservedWords},
		{"3.6", "file names are tidied first", "Of a file's name brackets, quotes and `&` vanish, `.txt` and `.tsv` become `.csv`, and the last extension goes.", 0, fileNames},
		{"3.7", "an archive's name is nothing", "A file inside an archive names the dataset, the archive does not.", 0, archiveNamesNothing},
		{"3.8", "headers name a URL", "`Content-Disposition` names the result of a URL before the URL does.", ownSource, headersName},
		{"3.9", "the path names a URL", "Without such a header the last part of the path does if its extension is known, or else whatever looks like a file in the URL.", ownSource, pathNames},
		{"3.10", "else chance does", "If neither names a file, the name is random, and another one at every import.", ownSource, chanceNames},
		{"3.11", "Content-Type corrects the extension", "`Content-Type` replaces an extension that does not belong to it, and with it the format.", ownSource, typeCorrects},
	}
}

func tableNameNamesNothing(p *probe) {
	name := p.name("file")
	p.same("its name", name, p.load(name+".csv", "a\n1\n", "table_name", p.name("asked"))["table_name"])
}

func namesAreRewritten(p *probe) {
	for file, want := range map[string]string{
		"MiXeD.csv":          "mixed",
		"a  b--c__d.csv":     "a_b_c_d",
		"Población 2000.csv": "poblaci_n_2000",
		"日本.csv":             "",
		"v1.2.csv":           "v1_2",
	} {
		p.same(file, strings.TrimSuffix(p.name(want), "_")+map[bool]string{true: "_"}[want == ""], p.load(p.name(file), "a\n1\n")["table_name"])
	}
	for _, file := range []string{"2020_", "_", "Ünder_"} {
		name, _ := p.load(file+p.name("x.csv"), "a\n1\n")["table_name"].(string)
		if !strings.HasPrefix(name, "table_") || !strings.HasSuffix(name, p.name("x")) {
			p.Errorf("%s: %s", file, name)
		}
	}
}

func takenNames(p *probe) {
	for _, want := range []string{"roads", "roads_1", "roads_2"} {
		job := p.load(p.name("roads.csv"), "a\n1\n")
		p.same("the job", object{"state": "complete", "success": true, "error_code": nil, "warnings": nil, "table_name": p.name(want)}, pick(job, "state success error_code warnings table_name"))
	}
}

func longNames(p *probe) {
	full := p.name(strings.Repeat("x", 63))[:63]
	p.same("the first", full, p.load(full+"yyy.csv", "a\n1\n")["table_name"])
	p.same("the second", full[:61]+"_1", p.load(full[:62]+"z.csv", "a\n1\n")["table_name"])
}

func reservedWords(p *probe) {
	for _, word := range []string{"user", "layergroup", "format"} {
		p.same(word, word+"_t", p.load(word+".csv", "a\n1\n")["table_name"])
	}
}

func fileNames(p *probe) {
	for file, want := range map[string]string{
		"Sales & Costs (2020).csv": "sales_costs_2020",
		"o'neil.csv":               "oneil",
		"data.txt":                 "data",
		"list.tsv":                 "list",
		"my.txt.csv":               "my_csv",
		"UPPER.CSV":                "upper",
	} {
		p.same(file, p.name(want), p.load(p.name(file), "a,b\n1,2\n")["table_name"])
	}
}

func archiveNamesNothing(p *probe) {
	p.same("its name", p.name("inside"), p.load(p.name("outside.zip"), zipped(p.name("inside.csv"), "a\n1\n"))["table_name"])
}

func (p *probe) fetch(f *file) object {
	p.Helper()
	return p.complete(p.post(object{"url": f.URL}))
}

func headersName(p *probe) {
	for header, want := range map[string]string{
		`attachment; filename="` + p.name("Quoted Name.csv") + `"`:            p.name("quoted_name"),
		`attachment; filename=` + p.name("plain.csv") + `; size=5`:            p.name("plain"),
		`attachment; filename*=UTF-8''` + p.name("starred") + `.csv; other=1`: p.name("path"),
	} {
		f := p.web.serve("/"+p.name("path.csv"), "a\n1\n")
		p.web.change(f, func(f *file) { f.headers["Content-Disposition"] = header })
		p.same(header, want, p.fetch(f)["table_name"])
	}
}

func pathNames(p *probe) {
	for path, want := range map[string]string{
		"/" + p.name("plain.csv") + "?token=1":         p.name("plain"),
		"/" + p.name("plus+sign.csv"):                  p.name("plus_sign"),
		"/export?file=" + p.name("named.csv") + "&v=2": p.name("named"),
	} {
		p.same(path, want, p.fetch(p.web.serve(path, "a\n1\n"))["table_name"])
	}
}

func chanceNames(p *probe) {
	seen := map[string]bool{}
	for range 2 {
		f := p.web.serve("/export?format=csv", "a\n1\n")
		p.web.change(f, func(f *file) { f.headers["Content-Type"] = "text/csv" })
		job := p.complete(p.post(object{"url": f.URL, "collision_strategy": "overwrite"}))
		seen[job["table_name"].(string)] = true
	}
	if len(seen) != 2 {
		p.Errorf("the names are %v", seen)
	}
	for name := range seen {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]{15,63}$`).MatchString(name) {
			p.Errorf("%q does not look random", name)
		}
	}
}

func typeCorrects(p *probe) {
	f := p.web.serve("/export", "a\n1\n")
	p.web.change(f, func(f *file) {
		f.headers["Content-Type"] = "text/csv; charset=utf-8"
		f.headers["Content-Disposition"] = "attachment; filename=" + p.name("data.xml")
	})
	p.same("the wrong extension", p.name("data"), p.fetch(f)["table_name"])
	f = p.web.serve("/"+p.name("table.csv"), "a\n1\n")
	p.web.change(f, func(f *file) { f.headers["Content-Type"] = "application/json" })
	job := p.post(object{"url": f.URL})
	p.same("a CSV file that claims to be JSON", "failure", job["state"])
}
