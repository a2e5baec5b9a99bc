//! The membrane: each chain of a private network begins with a proof that its agent is a member.

use crate::{invalid, NetworkProperties, Stored};
use hdi::prelude::*;
use ripple_shared::check::Refusal;
use ripple_shared::membrane::{check_membership, MembraneProof as Proof};
use ripple_shared::signed::Signed;

/// How an agent joins: by the proof itself, or by the action that wrote it.
#[derive(Debug)]
pub enum Joining {
    /// The action carries the proof.
    With(Option<MembraneProof>),
    /// The action follows the one that carries the proof.
    After(ActionHash),
}

/// Judges a membrane proof before the conductor joins. It protects an honest agent from a useless chain; the peers judge
/// each proof themselves.
pub fn check_genesis(data: GenesisSelfCheckData) -> ExternResult<ValidateCallbackResult> {
    check_proof(&data.agent_key, data.membrane_proof)
}

/// Judges the first actions of a chain.
pub fn check_joining(agent: &AgentPubKey, joining: Joining) -> ExternResult<ValidateCallbackResult> {
    match joining {
        Joining::With(proof) => check_proof(agent, proof),
        Joining::After(_) if NetworkProperties::try_from_dna_properties()?.membrane.is_none() => {
            Ok(ValidateCallbackResult::Valid)
        }
        Joining::After(hash) => match must_get_action(hash)?.action().data.clone() {
            ActionData::AgentValidationPkg(package) => check_proof(agent, package.membrane_proof),
            _ => invalid("an agent's key follows its membrane proof"),
        },
    }
}

/// Verifies the signatures that a rule leaves.
pub fn check_signatures(left: Result<Vec<Signed>, Refusal>) -> ExternResult<ValidateCallbackResult> {
    let signatures = match left {
        Ok(signatures) => signatures,
        Err(why) => return invalid(why),
    };
    for signed in signatures {
        let key = AgentPubKey::from_raw_32(signed.public_key.to_vec());
        let covers = verify_signature_raw(key, signed.signature, signed.message.clone())?;
        if let Err(why) = signed.judge(covers) {
            return invalid(why);
        }
    }
    Ok(ValidateCallbackResult::Valid)
}

fn check_proof(agent: &AgentPubKey, bytes: Option<MembraneProof>) -> ExternResult<ValidateCallbackResult> {
    let membrane = NetworkProperties::try_from_dna_properties()?.membrane;
    let proof = match bytes.map(|bytes| Stored::<Proof>::read(bytes.bytes())).transpose() {
        Ok(proof) => proof,
        Err(_) => return invalid("the membrane proof cannot be read"),
    };
    check_signatures(check_membership(membrane.as_ref(), &agent.clone().into(), proof.as_ref().map(|stored| &stored.0)))
}
