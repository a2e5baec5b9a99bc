//! The documents that issuers sign. An issuer is the founder of a network, or a delegate that the founder has named.

use crate::AgentPubKeyB64;
use serde::{Deserialize, Serialize};

/// The membrane of a private network. It stands in the properties of each DNA, so it is part of their hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Membrane {
    /// The founder's Ed25519 key, in hex.
    pub founder: String,
    /// The network's id. It is in every signature, so a document of another network of the same founder is worth nothing.
    pub network: String,
}

/// An issuer, with the right to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Issuer {
    /// The issuer's Ed25519 key, in hex.
    pub key: String,
    /// The founder's signature over the delegate's key, in hex; none for the founder.
    pub delegation: Option<String>,
}

/// The proof that an agent is a member. Each chain of the agent in the network begins with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct MembraneProof {
    /// The network's id.
    pub network: String,
    /// The member's agent key.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub agent: AgentPubKeyB64,
    /// The end of the invite, in milliseconds since 1970. The issuer has judged it: validation knows no time.
    #[cfg_attr(feature = "types", ts(type = "number | null"))]
    pub invite_expires_at: Option<u64>,
    /// The issuer of the proof.
    pub issuer: Issuer,
    /// The issuer's signature, in hex.
    pub signature: String,
}

/// The end of an agent's membership, signed by an issuer. Any member may publish it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Revocation {
    /// The network's id.
    pub network: String,
    /// The agent that is a member no longer.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub agent: AgentPubKeyB64,
    /// The issuer's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub at: u64,
    /// The issuer of the revocation.
    pub issuer: Issuer,
    /// The issuer's signature, in hex.
    pub signature: String,
}
