package conformance

import "net/http"

// permissionChecks are about whom a dataset is shared with.
func permissionChecks() []check {
	return []check{
		{"7.27", "shares of nobody's", "A permission that does not exist is an empty 404.", 0, noPermission},
		{"7.28", "shares cannot be sent back", "An entry with a key that the server does not expect, such as those it shows itself, is an empty 400.", members | invasive, sharesNotEchoed},
		{"7.29", "shares are replaced", "A list of shares replaces the whole list, and a missing one empties it.", members | invasive, sharesReplaced},
	}
}

func noPermission(p *probe) {
	p.refused(p.send("PUT", "/api/v1/perm/"+nobody, object{"acl": []any{}}), http.StatusNotFound, "")
}

// permission is where the shares of a new dataset are changed.
func (p *probe) permission() string {
	p.Helper()
	p.load(p.name("d.csv"), "a\n1\n")
	return "/api/v1/perm/" + dig(p.get(vizPath+"/"+p.name("d")+"?show_permission=true"), "permission", "id").(string)
}

func (p *probe) grant(access string) object {
	return object{"type": "user", "entity": object{"id": p.member}, "access": access}
}

func sharesNotEchoed(p *probe) {
	path := p.permission()
	shown := p.ok("PUT", path, object{"acl": []any{p.grant("r")}})
	p.refused(p.send("PUT", path, object{"acl": shown["acl"]}), http.StatusBadRequest, "")
}

func sharesReplaced(p *probe) {
	path := p.permission()
	shared := p.ok("PUT", path, object{"acl": []any{p.grant("rw"), object{"type": "user", "entity": object{"name": "nobody"}, "access": "r"}}})
	p.keys("the answer", permissionKeys, shared)
	acl, _ := shared["acl"].([]any)
	p.same("how many", 1, len(acl))
	p.keys("a share", "type entity access", acl[0])
	p.same("with whom", []any{"user", p.member, "rw"}, []any{dig(acl[0], "type"), dig(acl[0], "entity", "id"), dig(acl[0], "access")})
	p.same("none", []any{}, p.ok("PUT", path, object{})["acl"])
	p.same("as read", []any{}, dig(p.get(vizPath+"/"+p.name("d")+"?show_permission=true"), "permission", "acl"))
}
