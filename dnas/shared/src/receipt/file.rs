//! The file: canonical dag-cbor.

use super::Problem;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// The version of the format.
pub const VERSION: u32 = 1;

/// A receipt as its file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The version of the format.
    pub version: u32,
    /// All 39 bytes of the network's hash.
    pub dna: ByteBuf,
    /// The Task.
    pub task: SignedBytes,
    /// The Grants, from the first up to the one that counts.
    pub grants: Vec<SignedBytes>,
    /// The FallbackClaim that the Result names, where it names one.
    pub claim: Option<SignedBytes>,
    /// The Result.
    pub result: SignedBytes,
    /// The Close that accepts it; none in a one-sided receipt.
    pub close: Option<SignedBytes>,
    /// What the holder shows besides.
    pub reveal: Reveal,
}

/// The exact bytes of a signed action and its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBytes {
    /// The encoded action: the signature covers it, and its hash is the event's.
    pub action: ByteBuf,
    /// The encoded entry.
    pub entry: ByteBuf,
    /// Ed25519, 64 bytes.
    pub signature: ByteBuf,
}

impl SignedBytes {
    /// Reads them from cbor, in which they pass through the rules' wasm. None for what is something else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_ipld_dagcbor::from_slice(bytes).ok()
    }
}

/// What the holder shows besides the events; each may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// What was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<ByteBuf>,
    /// Its salt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_salt: Option<ByteBuf>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<ByteBuf>,
    /// Its salt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_salt: Option<ByteBuf>,
    /// The key of what is pinned, where that is ciphertext.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_key: Option<ByteBuf>,
    /// How many bytes of the output were there before its attempt, which went on with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_bytes: Option<u64>,
}

impl Receipt {
    /// The one encoding that a receipt has.
    pub fn encode(&self) -> Option<Vec<u8>> {
        serde_ipld_dagcbor::to_vec(self).ok()
    }

    /// Reads a file; refuses every encoding but the one that `encode` gives.
    pub fn decode(bytes: &[u8]) -> Result<Self, Problem> {
        let receipt: Self = serde_ipld_dagcbor::from_slice(bytes)
            .map_err(|_| Problem::new("not_a_receipt", "file", "this is not a receipt"))?;
        if receipt.encode().as_deref() != Some(bytes) {
            return Err(Problem::new(
                "not_canonical",
                "file",
                "the file is not in its canonical encoding",
            ));
        }
        if receipt.version != VERSION {
            let text = format!("version {} is not known here", receipt.version);
            return Err(Problem::new("unknown_version", "version", text));
        }
        Ok(receipt)
    }
}
