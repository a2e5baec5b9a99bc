package ripple.post_test

import data.ripple.post

facts := {
	"now": 1800000000000,
	"network": "testnet",
	"class": "inference",
	"model": {"name": "tiny", "digest": concat("", ["a" | some _ in numbers.range(1, 64)])},
	"sensitivity": "private",
	"fallback": "none",
	"data_class": "private",
	"only_self": false,
	"payload_bytes": 120,
	"payload_bytes_max": 1048576,
	"owner": {"deny_models": [], "deny_public": false},
}

# The first reason when some facts are others.
first(changes) := code if {
	code := post.decision.reasons[0] with input as object.union(facts, changes)
}

test_usual_task if post.decision == {"allow": true, "rule": "post.allow", "reasons": []} with input as facts

test_nothing_known if {
	decision := post.decision with input as {}
	not decision.allow
	decision.rule == "post.class_unknown"
}

test_each_missing_fact_refuses if {
	every fact in ["network", "class", "sensitivity", "fallback", "data_class", "payload_bytes", "payload_bytes_max", "model", "owner"] {
		decision := post.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_rule_names_first_reason if {
	decision := post.decision with input as object.union(facts, {"class": "mining", "network": ""})
	decision == {"allow": false, "rule": "post.class_unknown", "reasons": ["class_unknown", "network_unknown"]}
}

test_model_denied if {
	first({"owner": {"deny_models": ["tiny"]}}) == "model_denied"
	first({"owner": {"deny_models": [facts.model.digest]}}) == "model_denied"
}

test_payload_size if {
	first({"payload_bytes": 0}) == "payload_size"
	first({"payload_bytes": 1048577}) == "payload_size"
	first({"payload_bytes": null}) == "payload_size"
	first({"payload_bytes_max": "much"}) == "payload_size"
}

test_private_for_anyone if {
	first({"fallback": "any"}) == "private_for_anyone"
	post.decision.allow with input as object.union(facts, {"fallback": "any", "sensitivity": "public"})
}

test_data_class_unknown if {
	first({"data_class": "PRIVATE"}) == "data_class_unknown"
	first({"data_class": null}) == "data_class_unknown"
}

test_secret_leaves if {
	first({"data_class": "secret"}) == "secret_leaves"
	first({"data_class": "secret", "only_self": "yes"}) == "secret_leaves"
	first({"data_class": "secret", "only_self": true, "fallback": "agents"}) == "secret_leaves"
	post.decision.allow with input as object.union(facts, {"data_class": "secret", "only_self": true})
}

test_public_denied if first({"sensitivity": "public", "owner": {"deny_public": true}}) == "public_denied"
