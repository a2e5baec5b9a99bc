//! What a poster publishes so that a task does not need it.

use super::task::unique;
use super::{Fallback, FallbackAllow, PublishedPayload, Refusal, SealedKey, Sensitivity, Task};
use crate::check::{base64, hex, length, range};
use crate::limits::{
    DEADLINE_MS_MAX, FALLBACK_AGENTS_MAX, FALLBACK_PAYLOAD_BYTES_MAX, SEALED_BOX_BYTES,
    SECRETBOX_MAC_BYTES, SECRET_BYTES,
};
use crate::{AgentPubKey, AgentPubKeyB64, Digest};

/// Refuses a task whose fallback cannot be used, or tells more than the task allows.
pub(super) fn check_fallback(task: &Task) -> Result<(), Refusal> {
    let Some(fallback) = &task.fallback else {
        return Ok(());
    };
    range("fallback.after_ms", fallback.after_ms, 1, DEADLINE_MS_MAX)?;
    check_allowed(&fallback.allow)?;
    range(
        "payload_bytes",
        task.payload_bytes,
        1,
        FALLBACK_PAYLOAD_BYTES_MAX,
    )?;
    check_payload(task, fallback)
}

fn check_allowed(allow: &FallbackAllow) -> Result<(), Refusal> {
    let FallbackAllow::Agents { agents } = allow else {
        return Ok(());
    };
    length(
        "fallback.allow.agents",
        agents.len(),
        1,
        FALLBACK_AGENTS_MAX,
    )?;
    unique("fallback.allow.agents", agents)
}

/// In the clear exactly when the task is public; else for the allowed agents and nobody else.
fn check_payload(task: &Task, fallback: &Fallback) -> Result<(), Refusal> {
    let public = task.sensitivity == Sensitivity::Public;
    match (&fallback.payload, &fallback.allow) {
        (PublishedPayload::Clear { salt, text }, _) if public => check_clear(task, salt, text),
        (PublishedPayload::Sealed { ciphertext, keys }, FallbackAllow::Agents { agents })
            if !public =>
        {
            check_sealed(task, ciphertext, keys, agents)
        }
        _ => Err(Refusal::BadEncryption),
    }
}

fn check_clear(task: &Task, salt: &str, text: &str) -> Result<(), Refusal> {
    hex("fallback.payload.salt", salt, SECRET_BYTES)?;
    let bytes = usize::try_from(task.payload_bytes).unwrap_or(usize::MAX);
    length("fallback.payload.text", text.len(), bytes, bytes)?;
    let mut salted = from_hex(salt);
    salted.extend(text.as_bytes());
    if Digest::of(&salted) == task.payload_digest {
        Ok(())
    } else {
        Err(Refusal::OtherPayload)
    }
}

fn check_sealed(
    task: &Task,
    ciphertext: &str,
    keys: &[SealedKey],
    agents: &[AgentPubKeyB64],
) -> Result<(), Refusal> {
    let plain = usize::try_from(task.payload_bytes).unwrap_or(usize::MAX);
    let sealed = plain.saturating_add(SECRETBOX_MAC_BYTES);
    base64("fallback.payload.ciphertext", ciphertext, sealed)?;
    if !keys.iter().map(|key| &key.agent).eq(agents.iter()) {
        return Err(Refusal::OtherReaders);
    }
    keys.iter().try_for_each(|key| {
        Ok(hex(
            "fallback.payload.keys.sealed",
            &key.sealed,
            2 * SECRET_BYTES + SEALED_BOX_BYTES,
        )?)
    })
}

/// The bytes of a text that was found to be hex.
fn from_hex(text: &str) -> Vec<u8> {
    let nibble = |b: &u8| match b {
        b'0'..=b'9' => b - b'0',
        _ => b.wrapping_sub(b'a').wrapping_add(10),
    };
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, b| (byte << 4) | nibble(b)))
        .collect()
}

/// Whether the task lets this worker go on without the poster.
pub(super) fn allows_fallback(task: &Task, worker: &AgentPubKey) -> bool {
    match task.fallback.as_ref().map(|fallback| &fallback.allow) {
        None => false,
        Some(FallbackAllow::Any {}) => true,
        Some(FallbackAllow::Agents { agents }) => agents
            .iter()
            .map(AgentPubKeyB64::as_ref)
            .any(|agent| agent == worker),
    }
}
