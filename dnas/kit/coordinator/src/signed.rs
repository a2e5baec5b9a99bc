//! The exact bytes that an author signed.

use hdk::prelude::*;

/// What a receipt carries of one action. Whoever verifies it must not encode anything anew.
#[derive(Serialize, Deserialize, Debug)]
pub struct SignedBytes {
    /// The encoded action: the signature covers it, and its BLAKE2b-256 is the action's hash.
    #[serde(with = "serde_bytes")]
    pub action: Vec<u8>,
    /// The encoded entry: its BLAKE2b-256 is the entry's hash.
    #[serde(with = "serde_bytes")]
    pub entry: Vec<u8>,
    /// Ed25519, 64 bytes.
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
}

/// The signed bytes of a record with an entry; none when the entry has not arrived here.
pub fn signed_bytes(record: &Record) -> ExternResult<Option<SignedBytes>> {
    let Some(entry) = record.entry().as_option() else {
        return Ok(None);
    };
    Ok(Some(SignedBytes {
        action: encode(record.action())?,
        entry: encode(entry)?,
        signature: record.signature().0.to_vec(),
    }))
}

fn encode<T: Serialize + std::fmt::Debug>(value: &T) -> ExternResult<Vec<u8>> {
    holochain_serialized_bytes::encode(value).map_err(|error| wasm_error!(error))
}
