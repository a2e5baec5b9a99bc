# Whether this machine posts a task. Asked before anything of the task is kept or written.
package ripple.post

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "class_unknown", "says": "the class is one of the workload classes"},
	{"code": "model_unnamed", "says": "an inference task names its model and the sha256 of its file"},
	{"code": "model_denied", "says": "the owner has not denied the model, by name or digest"},
	{"code": "payload_size", "says": "the payload is not empty and within the bounds of the network"},
	{"code": "sensitivity_unknown", "says": "the task is public or private"},
	{"code": "private_for_anyone", "says": "a private task names the machines that may go on with it"},
	{"code": "public_denied", "says": "the owner lets this machine post public tasks, or the task is private"},
	{"code": "data_class_unknown", "says": "the class of the data is public, internal, private or secret"},
	{"code": "secret_leaves", "says": "what is secret is for this machine alone"},
	{"code": "network_unknown", "says": "the network is named"},
]

met["class_unknown"] if input.class in {"build", "inference", "storage_heavy", "agent_task"}

met["model_unnamed"] if input.class != "inference"

met["model_unnamed"] if {
	named(input.model.name)
	is_string(input.model.digest)
	count(input.model.digest) == 64
}

met["model_denied"] if {
	input.class != "inference"
	input.model == null
}

met["model_denied"] if {
	named(input.model.name)
	is_array(input.owner.deny_models)
	not input.model.name in input.owner.deny_models
	not input.model.digest in input.owner.deny_models
}

met["payload_size"] if {
	is_number(input.payload_bytes)
	input.payload_bytes > 0
	input.payload_bytes <= input.payload_bytes_max
	is_number(input.payload_bytes_max)
}

met["sensitivity_unknown"] if input.sensitivity in {"public", "private"}

met["private_for_anyone"] if input.fallback in {"none", "agents"}

met["private_for_anyone"] if {
	input.fallback == "any"
	input.sensitivity == "public"
}

met["public_denied"] if input.sensitivity == "private"

met["public_denied"] if input.owner.deny_public == false

met["data_class_unknown"] if input.data_class in {"public", "internal", "private", "secret"}

met["secret_leaves"] if input.data_class in {"public", "internal", "private"}

met["secret_leaves"] if {
	input.only_self == true
	input.fallback == "none"
}

met["network_unknown"] if named(input.network)

named(text) if {
	is_string(text)
	text != ""
}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "post.allow", "reasons": []} if count(reasons) == 0

decision := {"allow": false, "rule": concat(".", ["post", reasons[0]]), "reasons": reasons} if count(reasons) > 0
