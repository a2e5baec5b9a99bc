//! The immutable entries of `policy_store`.

use crate::{ActionHashB64, AgentPubKeyB64, Digest, DnaHashB64};
use serde::{Deserialize, Serialize};

/// One version of a policy. Its source is here, so that anybody can read what decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Policy {
    /// The network that the policy belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// Its name; a name belongs to each publisher separately.
    pub name: String,
    /// 1 for the first, then one more than `prev`'s.
    pub version: u32,
    /// Rego source.
    pub source: String,
    /// sha256 of the source.
    pub source_digest: Digest,
    /// sha256 of the compiled wasm.
    pub wasm_digest: Digest,
    /// CID of the compiled wasm, when it is on IPFS.
    pub wasm_cid: Option<String>,
    /// The author's agent key.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub publisher: AgentPubKeyB64,
    /// The version before this one, of the same name and publisher; none for the first.
    #[cfg_attr(feature = "types", ts(type = "string | null"))]
    pub prev: Option<ActionHashB64>,
}

/// What a policy answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Decision {
    /// The network that the decision belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The policy that was asked.
    pub policy: PolicyRef,
    /// The rule that decided, such as `run.allow`.
    pub rule: String,
    /// What it was about: a hash, a CID or a name.
    pub subject: String,
    /// Whether it may go on.
    pub allow: bool,
    /// Codes of the reasons, such as `model_missing`; at least one when the answer is no.
    pub reasons: Vec<String>,
    /// The author's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub at: u64,
}

/// Names the exact policy that decided; it need not be published here, because default policies ship with the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct PolicyRef {
    /// Its name.
    pub name: String,
    /// sha256 of its compiled wasm.
    pub digest: Digest,
}

/// The seal of one segment of a peer's audit log. The records stay with the peer; a changed one no longer fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct AuditRecord {
    /// The network that the seal belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// What the log is about, such as `decisions`.
    pub kind: String,
    /// sha256 of the segment's bytes.
    pub digest: Digest,
    /// The author's seal before this one, of the same kind; none for the first.
    #[cfg_attr(feature = "types", ts(type = "string | null"))]
    pub prev: Option<ActionHashB64>,
    /// How many records the segment has.
    pub count: u32,
    /// When its first record was written, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub from: u64,
    /// When its last record was written, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub to: u64,
}
