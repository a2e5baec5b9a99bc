# Whether a share of this machine is allocated to an agent, or an allocation is renewed.
package ripple.allocate

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "resource_unknown", "says": "the resource is compute, inference or storage"},
	{"code": "holder_denied", "says": "the owner has not denied the agent's tasks"},
	{"code": "holder_not_allowed", "says": "the owner has allowed the agent's tasks, or allows everybody"},
	{"code": "model_denied", "says": "the owner has not denied the model, by name or digest"},
	{"code": "model_not_allowed", "says": "the owner has allowed the model, by name or digest, or allows every one"},
	{"code": "duration_long", "says": "it is for at most a day"},
]

met["resource_unknown"] if input.resource_type in {"compute", "inference", "storage"}

# The machine's own allocations are its owner's.
met["holder_denied"] if input.own == true

met["holder_denied"] if {
	is_array(input.owner.deny_posters)
	named(input.holder)
	not input.holder in input.owner.deny_posters
}

met["holder_not_allowed"] if input.own == true

met["holder_not_allowed"] if {
	named(input.holder)
	input.owner.allow_posters == null
}

met["holder_not_allowed"] if input.holder in input.owner.allow_posters

met["model_denied"] if input.model == null

met["model_denied"] if {
	is_array(input.owner.deny_models)
	named(input.model.name)
	named(input.model.digest)
	not input.model.name in input.owner.deny_models
	not input.model.digest in input.owner.deny_models
}

met["model_not_allowed"] if input.model == null

met["model_not_allowed"] if {
	named(input.model.name)
	input.owner.allow_models == null
}

met["model_not_allowed"] if input.model.name in input.owner.allow_models

met["model_not_allowed"] if input.model.digest in input.owner.allow_models

met["duration_long"] if {
	is_number(input.duration_ms)
	input.duration_ms <= 86400000
}

named(text) if {
	is_string(text)
	text != ""
}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "allocate.allow", "reasons": []} if count(reasons) == 0

decision := {"allow": false, "rule": concat(".", ["allocate", reasons[0]]), "reasons": reasons} if count(reasons) > 0
