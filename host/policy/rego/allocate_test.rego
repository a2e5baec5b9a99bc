package ripple.allocate_test

import data.ripple.allocate

facts := {
	"now": 1800000000000,
	"network": "local",
	"resource_type": "inference",
	"holder": "uhCAk-somebody",
	"own": false,
	"model": {"name": "tiny", "digest": "aaaa"},
	"duration_ms": 3600000,
	"owner": {"deny_posters": [], "allow_posters": null, "deny_models": [], "allow_models": null},
}

# The first reason when some facts are others.
first(changes) := code if {
	code := allocate.decision.reasons[0] with input as object.union(facts, changes)
}

allowed(changes) if {
	decision := allocate.decision with input as object.union(facts, changes)
	decision.allow
}

test_allowed if allocate.decision == {"allow": true, "rule": "allocate.allow", "reasons": []} with input as facts

test_each_missing_fact_refuses if {
	every fact in ["resource_type", "holder", "model", "duration_ms", "owner"] {
		decision := allocate.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_holders if {
	first({"owner": {"deny_posters": ["uhCAk-somebody"]}}) == "holder_denied"
	first({"owner": {"allow_posters": ["uhCAk-another"]}}) == "holder_not_allowed"
	allowed({"own": true, "owner": {"allow_posters": []}})
}

test_models if {
	first({"owner": {"deny_models": ["aaaa"]}}) == "model_denied"
	first({"owner": {"allow_models": ["large"]}}) == "model_not_allowed"
	allowed({"model": null, "resource_type": "compute", "owner": {"allow_models": []}})
}

test_kinds if first({"resource_type": "memory"}) == "resource_unknown"

test_duration if first({"duration_ms": 86400001}) == "duration_long"
