# Whether a caller's call of one of Ripple's own tools by MCP is answered. A caller that the owner has not denied may call
# each tool of its key's scopes.
package ripple.mcp

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "tool_unnamed", "says": "the tool is named"},
	{"code": "caller_unnamed", "says": "the caller is named"},
	{"code": "scope_missing", "says": "the key of the caller has the tool's scope"},
	{"code": "only_reads", "says": "the tool only reads, or the connection is for more than reading"},
	{"code": "tool_denied", "says": "the owner has not denied the tool to this caller"},
]

met["tool_unnamed"] if named(input.tool)

met["caller_unnamed"] if named(input.principal.name)

met["scope_missing"] if input.in_scope == true

met["only_reads"] if input.read_only == false

met["only_reads"] if {
	input.read_only == true
	input.effect == "read"
}

# A denial is a tool for all callers, `tool@caller`, or `*@caller` for all tools.
met["tool_denied"] if {
	is_array(input.owner.deny_calls)
	not input.tool in input.owner.deny_calls
	not concat("@", [input.tool, input.principal.name]) in input.owner.deny_calls
	not concat("@", ["*", input.principal.name]) in input.owner.deny_calls
}

named(text) if {
	is_string(text)
	text != ""
}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "mcp.allow", "reasons": []} if count(reasons) == 0

decision := {"allow": false, "rule": concat(".", ["mcp", reasons[0]]), "reasons": reasons} if count(reasons) > 0
