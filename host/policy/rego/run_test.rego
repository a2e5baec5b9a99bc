package ripple.run_test

import data.ripple.run

facts := {
	"now": 1800000000000,
	"network": "testnet",
	"stage": "run",
	"class": "inference",
	"poster": "poster",
	"own": false,
	"model": {"name": "tiny", "digest": "digest"},
	"input_type": "chat",
	"max_tokens": 256,
	"tools": 0,
	"owner": {
		"deny_posters": [],
		"allow_posters": null,
		"deny_models": [],
		"allow_models": null,
		"max_tokens": null,
		"deny_tools": false,
	},
}

claim := object.union(object.remove(facts, ["input_type", "max_tokens", "tools"]), {"stage": "claim"})

# The first reason when some facts are others.
first(changes) := code if {
	code := run.decision.reasons[0] with input as object.union(facts, changes)
}

test_usual_run if run.decision == {"allow": true, "rule": "run.allow", "reasons": []} with input as facts

test_usual_claim if run.decision.allow with input as claim

test_nothing_known if {
	decision := run.decision with input as {}
	not decision.allow
}

test_each_missing_fact_refuses_a_run if {
	every fact in ["stage", "class", "poster", "model", "input_type", "max_tokens", "tools", "owner"] {
		decision := run.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_each_missing_fact_refuses_a_claim if {
	every fact in ["stage", "class", "poster", "model", "owner"] {
		decision := run.decision with input as object.remove(claim, [fact])
		not decision.allow
	}
}

test_each_missing_setting_refuses if {
	every setting in ["deny_posters", "allow_posters", "deny_models", "allow_models", "max_tokens"] {
		decision := run.decision with input as json.remove(facts, [concat("/", ["owner", setting])])
		not decision.allow
	}
}

test_posters if {
	first({"owner": {"deny_posters": ["poster"]}}) == "poster_denied"
	first({"owner": {"allow_posters": ["another"]}}) == "poster_not_allowed"
	run.decision.allow with input as object.union(facts, {"owner": {"allow_posters": ["poster"]}})
}

test_own_tasks_are_the_owners if {
	owner := {"deny_posters": ["poster"], "allow_posters": []}
	run.decision.allow with input as object.union(facts, {"own": true, "owner": owner})
}

test_models if {
	first({"owner": {"deny_models": ["tiny"]}}) == "model_denied"
	first({"owner": {"deny_models": ["digest"]}}) == "model_denied"
	first({"owner": {"allow_models": ["large"]}}) == "model_not_allowed"
	run.decision.allow with input as object.union(facts, {"owner": {"allow_models": ["digest"]}})
}

test_tokens if {
	first({"owner": {"max_tokens": 255}}) == "tokens_over_cap"
	first({"max_tokens": "few"}) == "tokens_over_cap"
	run.decision.allow with input as object.union(facts, {"owner": {"max_tokens": 256}})
	run.decision.allow with input as object.union(claim, {"owner": {"max_tokens": 1}})
}

test_tools if {
	first({"tools": 2, "owner": {"deny_tools": true}}) == "tools_denied"
	run.decision.allow with input as object.union(facts, {"tools": 2})
}
