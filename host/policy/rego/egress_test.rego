package ripple.egress_test

import data.ripple.egress

facts := {
	"now": 1800000000000,
	"network": "testnet",
	"provider": "openrouter",
	"provider_kind": "http",
	"data_class": "public",
	"allows": [{"provider": "openrouter", "data_class": "public"}],
	"secrets_found": 0,
	"pii_found": 0,
	"budget_left": 0.5,
}

# The first reason when some facts are others.
first(changes) := code if {
	code := egress.decision.reasons[0] with input as object.union(facts, changes)
}

test_allowed if egress.decision == {"allow": true, "rule": "egress.allow", "reasons": []} with input as facts

test_nothing_leaves_by_default if {
	decision := egress.decision with input as object.union(facts, {"allows": []})
	decision == {"allow": false, "rule": "egress.not_allowed", "reasons": ["not_allowed"]}
}

test_each_missing_fact_refuses if {
	every fact in [
		"network", "provider", "provider_kind", "data_class", "allows", "secrets_found", "pii_found",
		"budget_left",
	] {
		decision := egress.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_an_allow_names_both if {
	first({"data_class": "private"}) == "not_allowed"
	first({"provider": "another"}) == "not_allowed"
	first({"allows": [{"provider": "openrouter"}]}) == "not_allowed"
	first({"allows": [{"provider": "*", "data_class": "*"}]}) == "not_allowed"
	halves := [
		{"provider": "openrouter", "data_class": "private"},
		{"provider": "another", "data_class": "public"},
	]
	first({"allows": halves}) == "not_allowed"
}

test_nothing_leaves_a_local_network if first({"network": "local"}) == "network_local"

test_findings if {
	first({"secrets_found": 1}) == "secrets_found"
	first({"pii_found": 1}) == "pii_found"
}

test_budget if {
	first({"budget_left": 0}) == "budget_spent"
	first({"budget_left": "much"}) == "budget_spent"
}
