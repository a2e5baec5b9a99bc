# Whether the answers of an ensemble are merged into one: opa://inference/merge of the inference policy.
package ripple.merge

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "trigger_unknown", "says": "the ensemble was asked for a change, by request or by an evaluation"},
	{"code": "task_type_unknown", "says": "the type of the task is one that answers are compared by"},
	{"code": "members_short", "says": "enough members of the mesh answered, or fewer are allowed and more than half did, one or a provider where no consensus is asked for"},
	{"code": "no_consensus", "says": "the winning answer has the agreement that is asked for, or none is asked for"},
	{"code": "eval_gate_failed", "says": "the evaluation gate is off, or was passed"},
]

met["trigger_unknown"] if input.trigger in {"change_making_task", "request", "evaluation"}

met["task_type_unknown"] if input.task_type in {"code_generation", "reasoning", "general", "review"}

met["members_short"] if {
	is_number(input.answered)
	is_number(input.min_parallel)
	input.answered > 0
	input.answered >= input.min_parallel
}

met["members_short"] if {
	is_number(input.answered)
	input.answered > 0
	input.degraded_allowed == true
	few_will_do
}

# Where no consensus is asked for one answer will do, and that may be a provider's.
met["members_short"] if {
	is_number(input.answered)
	is_number(input.cloud_answered)
	input.cloud_answered > 0
	input.degraded_allowed == true
	input.require_consensus == false
}

few_will_do if input.require_consensus == false

# Agreement is counted among those who answered, so that of a few is no consensus of the ensemble. Providers stand in for none of
# the mesh's members: theirs is a tier of its own.
few_will_do if {
	is_number(input.min_parallel)
	input.answered * 2 > input.min_parallel
}

agreed if {
	is_number(input.agreement)
	is_number(input.min_agreement)
	input.agreement <= 1
	input.agreement >= input.min_agreement
}

met["no_consensus"] if agreed

# Then the class of the highest weight wins, and the answer is flagged.
met["no_consensus"] if {
	is_number(input.agreement)
	input.require_consensus == false
}

met["eval_gate_failed"] if input.eval_gate in {"off", "passed"}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "merge.consensus", "reasons": []} if {
	count(reasons) == 0
	agreed
}

decision := {"allow": true, "rule": "merge.highest_weight", "reasons": []} if {
	count(reasons) == 0
	not agreed
}

decision := {"allow": false, "rule": concat(".", ["merge", reasons[0]]), "reasons": reasons} if count(reasons) > 0
