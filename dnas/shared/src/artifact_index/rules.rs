//! What may be written to `artifact_index`.

use super::limits::{MEDIA_TYPE_BYTES_MAX, PIN_MS_MAX, REPLICA_MAX};
use super::{Artifact, PinCommitment, Provenance};
use crate::check::{cid, length, range, require, safe_integer, Checked, Writing};
use crate::AgentPubKey;

/// Whether the author may index this content.
pub fn check_artifact(artifact: &Artifact, writing: &Writing) -> Checked {
    writing.check(artifact.dna_hash.as_ref())?;
    cid("cid", &artifact.cid)?;
    safe_integer("bytes", artifact.bytes)?;
    safe_integer("created_at", artifact.created_at)?;
    check_media_type(&artifact.media_type)?;
    require(
        artifact.digest.is_some() != artifact.encrypted,
        "digest is present exactly when the artifact is not encrypted",
    )
}

/// Whether the author may say where an artifact came from: its producer may, and whoever indexed it.
pub fn check_provenance(
    provenance: &Provenance,
    indexed_by: &AgentPubKey,
    writing: &Writing,
) -> Checked {
    writing.check(provenance.dna_hash.as_ref())?;
    require(
        writing.author == provenance.producer.as_ref() || writing.author == indexed_by,
        "provenance is written by the producer or by the artifact's author",
    )
}

/// Whether the author may promise this. Times are the author's own: nobody's clock is compared with another's.
pub fn check_pin_commitment(pin: &PinCommitment, writing: &Writing) -> Checked {
    writing.check(pin.dna_hash.as_ref())?;
    range("replica", u64::from(pin.replica), 1, u64::from(REPLICA_MAX))?;
    safe_integer("created_at", pin.created_at)?;
    safe_integer("until", pin.until)?;
    let earliest = pin.created_at.saturating_add(1);
    range(
        "until",
        pin.until,
        earliest,
        pin.created_at.saturating_add(PIN_MS_MAX),
    )
}

fn check_media_type(text: &str) -> Checked {
    length("media_type", text.len(), 3, MEDIA_TYPE_BYTES_MAX)?;
    let halves = text
        .split_once('/')
        .is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty());
    let plain = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    require(
        halves && plain,
        "media_type is ASCII of the form type/subtype",
    )
}
