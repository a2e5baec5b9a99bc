//! The golden vectors: every rule of `resource_mesh` with an entry that it lets through or refuses.

#![allow(clippy::unwrap_used)]

use ripple_shared::resource_mesh::{check_entry, At, Known, MeshEntry};
use ripple_shared::ActionHash;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

#[derive(Deserialize)]
struct Case {
    name: String,
    entry: MeshEntry,
    at: Value,
    known: Vec<Value>,
    not_events: Vec<String>,
    verdict: Value,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn known(event: &Value) -> (ActionHash, Option<Known>) {
    let known = Known {
        hash: text(&event["hash"]).try_into().unwrap(),
        author: text(&event["author"]).try_into().unwrap(),
        action_seq: number(&event["seq"]),
        entry: serde_json::from_value(event["entry"].clone()).unwrap(),
    };
    (known.hash.clone(), Some(known))
}

fn judge(case: &Case) -> Value {
    let at = At {
        author: text(&case.at["author"]).try_into().unwrap(),
        action_seq: number(&case.at["seq"]),
        dna_hash: text(&case.at["dna_hash"]).try_into().unwrap(),
        max_action_seq: number(&case.at["max_action_seq"]),
    };
    let mut events: HashMap<ActionHash, _> = case.known.iter().map(known).collect();
    events.extend(
        case.not_events
            .iter()
            .map(|hash| (hash.clone().try_into().unwrap(), None)),
    );
    let fetch = |hash: &ActionHash| events.get(hash).cloned().ok_or_else(|| hash.to_string());
    match check_entry(&case.entry, &at, fetch) {
        Ok(Ok(())) => "valid".into(),
        Ok(Err(refusal)) => refusal.code().into(),
        Err(missing) => serde_json::json!({ "missing": missing }),
    }
}

#[test]
fn every_vector_has_its_verdict() {
    let mut verdicts = BTreeSet::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors")).unwrap() {
        let path = file.unwrap().path();
        let cases: Vec<Case> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for case in cases {
            assert_eq!(
                judge(&case),
                case.verdict,
                "{}: {}",
                path.display(),
                case.name
            );
            verdicts.insert(case.verdict.to_string());
        }
    }
    assert!(
        verdicts.len() >= 30,
        "a rule lost its vectors: {verdicts:?}"
    );
}
