# Whether a tool of an MCP server is called. None is without an allow that names this server, this tool and this class of data:
# there are no wildcards.
package ripple.tool

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "tool_unnamed", "says": "the server, its kind and the tool are named"},
	{"code": "data_class_unnamed", "says": "the class of the data is named"},
	{"code": "arguments_large", "says": "the arguments have at most 32 KiB"},
	{"code": "network_local", "says": "the server is a program of this machine, or the network is not `local`"},
	{"code": "not_allowed", "says": "an allow of the owner's names this server, this tool and this class of data"},
	{"code": "secrets_found", "says": "the arguments hold no secrets"},
	{"code": "calls_spent", "says": "something is left of the day's calls"},
]

met["tool_unnamed"] if {
	named(input.server)
	named(input.server_kind)
	named(input.tool)
}

met["data_class_unnamed"] if named(input.data_class)

met["arguments_large"] if {
	is_number(input.arguments_bytes)
	input.arguments_bytes <= 32768
}

met["network_local"] if input.server_kind == "stdio"

met["network_local"] if {
	named(input.network)
	input.network != "local"
}

met["not_allowed"] if {
	some allow in input.allows
	allow.server == input.server
	allow.tool == input.tool
	allow.data_class == input.data_class
}

met["secrets_found"] if input.secrets_found == 0

met["calls_spent"] if {
	is_number(input.calls_left)
	input.calls_left > 0
}

named(text) if {
	is_string(text)
	text != ""
}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "tool.allow", "reasons": []} if count(reasons) == 0

decision := {"allow": false, "rule": concat(".", ["tool", reasons[0]]), "reasons": reasons} if count(reasons) > 0
