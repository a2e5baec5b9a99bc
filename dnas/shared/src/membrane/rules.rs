//! What makes somebody a member, apart from the signatures, which are returned to be verified.

use super::{Issuer, Membrane, MembraneProof, Revocation};
use crate::check::{name, require, safe_integer, Refusal};
use crate::signed::Signed;
use crate::AgentPubKeyB64;

/// Checks an agent's membership, and gives the signatures that are left to verify. A network without a membrane is open:
/// its agents bring no proof.
pub fn check_membership(
    membrane: Option<&Membrane>,
    agent: &AgentPubKeyB64,
    proof: Option<&MembraneProof>,
) -> Result<Vec<Signed>, Refusal> {
    let Some(membrane) = membrane else {
        require(proof.is_none(), "an open network takes no membrane proof")?;
        return Ok(Vec::new());
    };
    let proof = proof.ok_or(Refusal::Rule("a private network takes members with a membrane proof only"))?;
    require(proof.network == membrane.network, "the membrane proof is of another network")?;
    require(&proof.agent == agent, "the membrane proof is another agent's")?;
    safe_integer("invite_expires_at", proof.invite_expires_at.unwrap_or(0))?;
    let expires = proof.invite_expires_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let message = format!("ripple-member-v1:{}:{agent}:{expires}", membrane.network);
    signatures(membrane, &proof.issuer, &proof.signature, message)
}

/// Checks a revocation, and gives the signatures that are left to verify.
pub fn check_revocation(membrane: Option<&Membrane>, revocation: &Revocation) -> Result<Vec<Signed>, Refusal> {
    let membrane = membrane.ok_or(Refusal::Rule("an open network has no members to revoke"))?;
    require(revocation.network == membrane.network, "the revocation is of another network")?;
    safe_integer("at", revocation.at)?;
    let message = format!("ripple-revoke-v1:{}:{}:{}", membrane.network, revocation.agent, revocation.at);
    signatures(membrane, &revocation.issuer, &revocation.signature, message)
}

/// The issuer's signature, and the founder's where the issuer is a delegate.
fn signatures(
    membrane: &Membrane,
    issuer: &Issuer,
    signature: &str,
    message: String,
) -> Result<Vec<Signed>, Refusal> {
    name("network", &membrane.network)?;
    let own = Signed::read(&issuer.key, signature, message, "the issuer's signature is forged")?;
    let Some(delegation) = &issuer.delegation else {
        require(issuer.key == membrane.founder, "the issuer is not the founder, and has no delegation")?;
        return Ok(vec![own]);
    };
    let message = format!("ripple-delegate-v1:{}:{}", membrane.network, issuer.key);
    let founder = Signed::read(&membrane.founder, delegation, message, "the issuer's delegation is forged")?;
    Ok(vec![founder, own])
}
