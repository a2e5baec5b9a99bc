package ripple.tool_test

import data.ripple.tool

facts := {
	"now": 1800000000000,
	"network": "local",
	"server": "files",
	"server_kind": "stdio",
	"tool": "read_file",
	"arguments": {"path": "notes.txt"},
	"arguments_bytes": 20,
	"data_class": "private",
	"allows": [{"server": "files", "tool": "read_file", "data_class": "private"}],
	"secrets_found": 0,
	"calls_left": 10,
}

# The first reason when some facts are others.
first(changes) := code if {
	code := tool.decision.reasons[0] with input as object.union(facts, changes)
}

test_allowed if tool.decision == {"allow": true, "rule": "tool.allow", "reasons": []} with input as facts

test_nothing_is_called_by_default if first({"allows": []}) == "not_allowed"

test_each_missing_fact_refuses if {
	every fact in [
		"server", "server_kind", "tool", "arguments_bytes", "data_class", "allows", "secrets_found", "calls_left",
	] {
		decision := tool.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_an_allow_names_all_three if {
	first({"data_class": "internal"}) == "not_allowed"
	first({"server": "another"}) == "not_allowed"
	first({"tool": "write_file"}) == "not_allowed"
	first({"allows": [{"server": "*", "tool": "*", "data_class": "*"}]}) == "not_allowed"
}

test_a_local_network_calls_programs_alone if {
	first({"server_kind": "http"}) == "network_local"
	decision := tool.decision with input as object.union(facts, {"server_kind": "http", "network": "testnet"})
	decision.allow
}

test_findings if first({"secrets_found": 1}) == "secrets_found"

test_calls if {
	first({"calls_left": 0}) == "calls_spent"
	first({"calls_left": "many"}) == "calls_spent"
}

test_arguments if first({"arguments_bytes": 32769}) == "arguments_large"
