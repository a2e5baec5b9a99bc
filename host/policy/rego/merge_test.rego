package ripple.merge_test

import data.ripple.merge

facts := {
	"now": 1800000000000,
	"network": "testnet",
	"trigger": "change_making_task",
	"task_type": "code_generation",
	"answered": 5,
	"cloud_answered": 0,
	"min_parallel": 5,
	"degraded_allowed": false,
	"agreement": 0.8,
	"min_agreement": 0.6,
	"require_consensus": true,
	"eval_gate": "off",
}

# The first reason when some facts are others.
first(changes) := code if {
	code := merge.decision.reasons[0] with input as object.union(facts, changes)
}

test_consensus if merge.decision == {"allow": true, "rule": "merge.consensus", "reasons": []} with input as facts

test_agreement_at_the_bound if merge.decision.allow with input as object.union(facts, {"agreement": 0.6})

test_no_consensus if first({"agreement": 0.59}) == "no_consensus"

test_highest_weight_wins_where_no_consensus_is_asked if {
	decision := merge.decision with input as object.union(facts, {"agreement": 0.3, "require_consensus": false})
	decision == {"allow": true, "rule": "merge.highest_weight", "reasons": []}
}

test_each_missing_fact_refuses if {
	every fact in ["trigger", "task_type", "answered", "min_parallel", "agreement", "min_agreement", "eval_gate"] {
		decision := merge.decision with input as object.remove(facts, [fact])
		not decision.allow
	}
}

test_members if {
	first({"answered": 4}) == "members_short"
	first({"answered": 0, "degraded_allowed": true, "require_consensus": false}) == "members_short"
	first({"answered": 0, "min_parallel": 0}) == "members_short"
}

test_fewer_members_where_consensus_is_asked if {
	few := object.union(facts, {"degraded_allowed": true})
	merge.decision.allow with input as object.union(few, {"answered": 3})
	first(object.union(few, {"answered": 2})) == "members_short"
	first(object.union(few, {"answered": 2, "min_parallel": 4})) == "members_short"
	first(object.union(few, {"answered": 1})) == "members_short"
	merge.decision.allow with input as object.union(few, {"answered": 1, "min_parallel": 1})
	first({"answered": 3}) == "members_short"
}

test_one_member_where_no_consensus_is_asked if {
	one := object.union(facts, {"answered": 1, "require_consensus": false})
	merge.decision.allow with input as object.union(one, {"degraded_allowed": true})
	first(one) == "members_short"
}

test_providers_stand_in_for_no_member if {
	few := object.union(facts, {"degraded_allowed": true, "cloud_answered": 4})
	first(object.union(few, {"answered": 2})) == "members_short"
	first(object.union(few, {"answered": 0})) == "members_short"
	first({"answered": 4, "cloud_answered": 4}) == "members_short"
}

test_one_provider_where_no_consensus_is_asked if {
	one := object.union(facts, {"answered": 0, "cloud_answered": 1, "require_consensus": false})
	merge.decision.allow with input as object.union(one, {"degraded_allowed": true})
	first(one) == "members_short"
	first(object.union(one, {"degraded_allowed": true, "cloud_answered": "many"})) == "members_short"
}

test_unknown if {
	first({"trigger": "whim"}) == "trigger_unknown"
	first({"task_type": "poetry"}) == "task_type_unknown"
}

test_eval_gate if {
	first({"eval_gate": "failed"}) == "eval_gate_failed"
	merge.decision.allow with input as object.union(facts, {"eval_gate": "passed"})
}

test_agreement_of_another_type if first({"agreement": "high"}) == "no_consensus"
