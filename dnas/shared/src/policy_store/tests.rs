use super::limits::{REASONS_MAX, SOURCE_BYTES_MAX};
use super::rules::{check_audit_record, check_decision, check_policy};
use super::{AuditRecord, Decision, Policy, PolicyRef};
use crate::check::{Checked, Writing};
use crate::sample::{action, agent, dna};
use crate::Digest;

fn by(who: u8, check: impl Fn(&Writing) -> Checked) -> Checked {
    check(&Writing {
        author: &agent(who),
        seq: 9,
        dna_hash: &dna(1),
        max_seq: 100,
    })
}

fn policy(version: u32, source: &str) -> Policy {
    Policy {
        dna_hash: dna(1).into(),
        name: "tool_policy".into(),
        version,
        source: source.into(),
        source_digest: Digest::of(source.as_bytes()),
        wasm_digest: Digest::of(b"wasm"),
        wasm_cid: None,
        publisher: agent(1).into(),
        prev: (version > 1).then(|| action(1).into()),
    }
}

#[test]
fn versions_of_a_policy_follow_each_other() {
    let (first, second) = (policy(1, "package a"), policy(2, "package b"));
    assert!(by(1, |w| check_policy(&first, None, w)).is_ok());
    assert!(by(1, |w| check_policy(&second, Some((&first, &agent(1))), w)).is_ok());
    assert!(by(1, |w| check_policy(&second, None, w)).is_err());
    assert!(by(1, |w| check_policy(
        &policy(3, "package c"),
        Some((&first, &agent(1))),
        w
    ))
    .is_err());
    assert!(by(1, |w| check_policy(&second, Some((&first, &agent(2))), w)).is_err());
    let renamed = Policy {
        name: "ethics".into(),
        ..second
    };
    assert!(by(1, |w| check_policy(&renamed, Some((&first, &agent(1))), w)).is_err());
}

#[test]
fn the_last_version_has_no_successor() {
    let last = policy(u32::MAX, "package a");
    assert!(by(1, |w| check_policy(
        &policy(0, "package b"),
        Some((&last, &agent(1))),
        w
    ))
    .is_err());
}

#[test]
fn a_policy_is_its_publishers_own_and_its_digest_is_true() {
    let long = "x".repeat(SOURCE_BYTES_MAX + 1);
    let bad = [
        Policy {
            publisher: agent(2).into(),
            ..policy(1, "package a")
        },
        Policy {
            source_digest: Digest::of(b"other"),
            ..policy(1, "package a")
        },
        Policy {
            wasm_cid: Some("not a cid".into()),
            ..policy(1, "package a")
        },
        Policy {
            name: String::new(),
            ..policy(1, "package a")
        },
        policy(1, ""),
        policy(1, &long),
    ];
    for policy in bad {
        assert!(
            by(1, |w| check_policy(&policy, None, w)).is_err(),
            "{}",
            policy.name
        );
    }
}

#[test]
fn a_refusal_names_its_reasons() {
    let decision = |allow, reasons: Vec<String>| Decision {
        dna_hash: dna(1).into(),
        policy: PolicyRef {
            name: "tool_policy".into(),
            digest: Digest::of(b"wasm"),
        },
        rule: "run.allow".into(),
        subject: "uhCkk".into(),
        allow,
        reasons,
        at: 1,
    };
    let ok = |decision: Decision| by(1, |w| check_decision(&decision, w)).is_ok();
    assert!(ok(decision(true, vec![])));
    assert!(ok(decision(false, vec!["model_missing".into()])));
    assert!(!ok(decision(false, vec![])));
    assert!(!ok(decision(false, vec!["Not A Code".into()])));
    assert!(!ok(decision(false, vec!["many".into(); REASONS_MAX + 1])));
    assert!(!ok(Decision {
        subject: "s".repeat(257),
        ..decision(true, vec![])
    }));
}

#[test]
fn seals_of_a_log_follow_each_other() {
    let seal = |from, to| AuditRecord {
        dna_hash: dna(1).into(),
        kind: "decisions".into(),
        digest: Digest::of(b"segment"),
        prev: None,
        count: 3,
        from,
        to,
    };
    let first = seal(10, 20);
    let after = |next: AuditRecord, author| {
        by(1, |w| {
            check_audit_record(&next, Some((&first, &agent(author))), w)
        })
    };
    assert!(by(1, |w| check_audit_record(&first, None, w)).is_ok());
    assert!(after(seal(20, 30), 1).is_ok());
    assert!(after(seal(19, 30), 1).is_err());
    assert!(after(seal(20, 30), 2).is_err());
    assert!(after(
        AuditRecord {
            kind: "egress".into(),
            ..seal(20, 30)
        },
        1
    )
    .is_err());
    assert!(by(1, |w| check_audit_record(&seal(20, 10), None, w)).is_err());
    assert!(by(1, |w| check_audit_record(
        &AuditRecord {
            count: 0,
            ..seal(1, 2)
        },
        None,
        w
    ))
    .is_err());
}
