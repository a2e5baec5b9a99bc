# Whether something leaves the mesh for a provider. Nothing does without an allow that names this provider and this class of
# data: there are no wildcards.
package ripple.egress

# What must hold, in the order in which the first failure names the rule. A fact that is missing, or is of another type than
# it should be, leaves its condition undefined, and that counts as a failure.
rules := [
	{"code": "provider_unnamed", "says": "the provider and its kind are named"},
	{"code": "data_class_unnamed", "says": "the class of the data is named"},
	{"code": "network_local", "says": "the network is not `local`, which nothing leaves"},
	{"code": "not_allowed", "says": "an allow of the owner's names this provider and this class of data"},
	{"code": "secrets_found", "says": "what would leave holds no secrets"},
	{"code": "pii_found", "says": "what would leave holds no personal data"},
	{"code": "budget_spent", "says": "something is left of the day's budget"},
]

met["provider_unnamed"] if {
	named(input.provider)
	named(input.provider_kind)
}

met["data_class_unnamed"] if named(input.data_class)

met["network_local"] if {
	named(input.network)
	input.network != "local"
}

met["not_allowed"] if {
	some allow in input.allows
	allow.provider == input.provider
	allow.data_class == input.data_class
}

met["secrets_found"] if input.secrets_found == 0

met["pii_found"] if input.pii_found == 0

met["budget_spent"] if {
	is_number(input.budget_left)
	input.budget_left > 0
}

named(text) if {
	is_string(text)
	text != ""
}

reasons := [rule.code | some rule in rules; not met[rule.code]]

decision := {"allow": true, "rule": "egress.allow", "reasons": []} if count(reasons) == 0

decision := {"allow": false, "rule": concat(".", ["egress", reasons[0]]), "reasons": reasons} if count(reasons) > 0
