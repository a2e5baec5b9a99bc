# Whether this machine runs a task: asked when it is about to claim it (stage `claim`), when only the Task is known, and again
# before the engine begins (stage `run`), when the payload is.
package ripple.run

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "stage_unknown", "says": "it is asked at the claim or before the run"},
	{"code": "class_unknown", "says": "the class is inference, the only one that this machine runs"},
	{"code": "poster_denied", "says": "the owner has not denied the poster"},
	{"code": "poster_not_allowed", "says": "the owner has allowed the poster, or allows everybody"},
	{"code": "model_denied", "says": "the owner has not denied the model, by name or digest"},
	{"code": "model_not_allowed", "says": "the owner has allowed the model, by name or digest, or allows every one"},
	{"code": "input_unknown", "says": "the input is text, a chat or texts to embed"},
	{"code": "tokens_over_cap", "says": "no more tokens are asked for than the owner gives to one task"},
	{"code": "tools_denied", "says": "the owner lets models call tools, or none are offered"},
]

met["stage_unknown"] if input.stage in {"claim", "run"}

met["class_unknown"] if input.class == "inference"

# The machine's own tasks are its owner's.
met["poster_denied"] if input.own == true

met["poster_denied"] if {
	is_array(input.owner.deny_posters)
	named(input.poster)
	not input.poster in input.owner.deny_posters
}

met["poster_not_allowed"] if input.own == true

met["poster_not_allowed"] if {
	named(input.poster)
	input.owner.allow_posters == null
}

met["poster_not_allowed"] if input.poster in input.owner.allow_posters

met["model_denied"] if {
	is_array(input.owner.deny_models)
	named(input.model.name)
	named(input.model.digest)
	not input.model.name in input.owner.deny_models
	not input.model.digest in input.owner.deny_models
}

met["model_not_allowed"] if input.owner.allow_models == null

met["model_not_allowed"] if input.model.name in input.owner.allow_models

met["model_not_allowed"] if input.model.digest in input.owner.allow_models

# At the claim the payload is still with the poster.
met["input_unknown"] if input.stage == "claim"

met["input_unknown"] if input.input_type in {"text", "chat", "embed"}

met["tokens_over_cap"] if input.stage == "claim"

met["tokens_over_cap"] if {
	is_number(input.max_tokens)
	input.owner.max_tokens == null
}

met["tokens_over_cap"] if {
	is_number(input.max_tokens)
	is_number(input.owner.max_tokens)
	input.max_tokens <= input.owner.max_tokens
}

met["tools_denied"] if input.stage == "claim"

met["tools_denied"] if input.tools == 0

met["tools_denied"] if {
	is_number(input.tools)
	input.owner.deny_tools == false
}

named(text) if {
	is_string(text)
	text != ""
}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "run.allow", "reasons": []} if count(reasons) == 0

decision := {"allow": false, "rule": concat(".", ["run", reasons[0]]), "reasons": reasons} if count(reasons) > 0
