//! Bytes from daemon to daemon where no stream can be opened.

use hdk::prelude::*;
use ripple_shared::AgentPubKeyB64;
use serde_bytes::ByteBuf;

/// Longest message that a peer may hand over, in bytes: one numbered chunk and its frame.
const MESSAGE_BYTES_MAX: usize = 1_064_960;

/// Bytes for a peer.
#[derive(Serialize, Deserialize, Debug)]
pub struct PassOn {
    /// The peer.
    pub to: AgentPubKeyB64,
    /// The bytes; their meaning is the daemons' affair.
    pub bytes: ByteBuf,
}

/// What became of a message. `delivered` says that the other conductor gave it to whoever listens there.
#[derive(Serialize, Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// The peer's conductor took it.
    Delivered {},
    /// The peer's conductor took it not: too long, or not permitted.
    Refused {},
    /// The peer was not reached.
    Unreachable {
        /// What the conductor says.
        detail: String,
    },
}

/// What the daemon hears of a message.
#[derive(Serialize, Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// Bytes from a peer.
    Message {
        /// The peer, as the conductor has verified it.
        from: AgentPubKeyB64,
        /// The bytes.
        bytes: ByteBuf,
    },
}

/// Hands bytes to a peer's `receive`.
pub fn send(message: PassOn) -> ExternResult<Outcome> {
    let zome = zome_info()?.name;
    let answer = call_remote(message.to.into(), zome, "receive".into(), None, message.bytes)?;
    Ok(match answer {
        ZomeCallResponse::Ok(taken) => match taken.decode::<bool>() {
            Ok(true) => Outcome::Delivered {},
            _ => Outcome::Refused {},
        },
        ZomeCallResponse::NetworkError(detail) => Outcome::Unreachable { detail },
        _ => Outcome::Refused {},
    })
}

/// Gives a caller's bytes to the daemon; false when they are too long.
pub fn take(bytes: ByteBuf) -> ExternResult<bool> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Ok(false);
    }
    emit_signal(Signal::Message { from: call_info()?.provenance.into(), bytes })?;
    Ok(true)
}
