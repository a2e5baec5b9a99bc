//! The golden vectors of the membrane, with signatures: proofs and revocations that count, and those that do not.
#![cfg(feature = "receipt")]
#![allow(clippy::unwrap_used)]

use ripple_shared::check::Refusal;
use ripple_shared::membrane::{check_membership, check_revocation};
use ripple_shared::signed::Signed;
use serde_json::{from_value, Value};

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/membrane-vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The reason why the signatures that a rule leaves do not count.
fn refusal(left: Result<Vec<Signed>, Refusal>) -> Value {
    let checked = left.and_then(|signatures| signatures.iter().try_for_each(Signed::verify));
    checked.err().map(|why| why.to_string()).into()
}

#[test]
fn every_proof_has_its_verdict() {
    for case in cases("memberships.json") {
        let membrane = from_value::<Option<_>>(case["membrane"].clone()).unwrap();
        let proof = from_value::<Option<_>>(case["proof"].clone()).unwrap();
        let agent = case["agent"].as_str().unwrap().to_owned();
        let agent = ripple_shared::AgentPubKeyB64::from_b64_str(&agent).unwrap();
        let found = refusal(check_membership(membrane.as_ref(), &agent, proof.as_ref()));
        assert_eq!(found, case["refusal"], "{}", case["name"]);
    }
}

#[test]
fn every_revocation_has_its_verdict() {
    for case in cases("revocations.json") {
        let membrane = from_value::<Option<_>>(case["membrane"].clone()).unwrap();
        let revocation = from_value(case["revocation"].clone()).unwrap();
        let found = refusal(check_revocation(membrane.as_ref(), &revocation));
        assert_eq!(found, case["refusal"], "{}", case["name"]);
    }
}
