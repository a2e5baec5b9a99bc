package ripple.mcp_test

import data.ripple.mcp

facts := {
	"now": 1800000000000,
	"network": "local",
	"owner": {"deny_calls": ["model.pull", "tool.call@cursor", "*@visitor"]},
	"tool": "resources.schedule_task",
	"effect": "write",
	"scope": "write",
	"in_scope": true,
	"read_only": false,
	"arguments_bytes": 20,
	"principal": {"kind": "key", "name": "cursor"},
}

# The first reason when some facts are others.
first(changes) := code if {
	code := mcp.decision.reasons[0] with input as object.union(facts, changes)
}

test_allowed if mcp.decision == {"allow": true, "rule": "mcp.allow", "reasons": []} with input as facts

test_each_missing_fact_refuses if {
	every fact in ["owner", "tool", "in_scope", "read_only", "principal"] {
		decision := mcp.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_a_denial_of_a_tool_is_for_all if {
	first({"tool": "model.pull"}) == "tool_denied"
	first({"tool": "model.pull", "principal": {"kind": "owner", "name": "owner"}}) == "tool_denied"
}

test_a_denial_may_name_the_caller if {
	first({"tool": "tool.call"}) == "tool_denied"
	decision := mcp.decision with input as object.union(facts, {"tool": "tool.call", "principal": {"name": "codex"}})
	decision.allow
}

test_a_caller_may_be_denied_everything if first({"principal": {"name": "visitor"}}) == "tool_denied"

test_a_connection_that_reads if {
	first({"read_only": true}) == "only_reads"
	decision := mcp.decision with input as object.union(facts, {"read_only": true, "effect": "read"})
	decision.allow
}

test_a_scope_that_the_key_lacks if first({"in_scope": false}) == "scope_missing"
