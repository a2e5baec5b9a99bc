use super::limits::{PIN_MS_MAX, REPLICA_MAX};
use super::rules::{check_artifact, check_pin_commitment, check_provenance};
use super::{Artifact, PinCommitment, Provenance};
use crate::check::{Checked, Writing};
use crate::sample::{action, agent, dna};
use crate::Digest;

fn by(who: u8, check: impl Fn(&Writing) -> Checked) -> Checked {
    check(&Writing {
        author: &agent(who),
        seq: 9,
        dna_hash: &dna(1),
        max_seq: 100,
    })
}

fn public() -> Artifact {
    Artifact {
        dna_hash: dna(1).into(),
        cid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy".into(),
        bytes: 11,
        media_type: "text/plain".into(),
        digest: Some(Digest::of(b"hello world")),
        encrypted: false,
        created_at: 1_767_225_600_000,
    }
}

#[test]
fn an_artifact_shows_its_digest_only_when_it_is_public() {
    let ok = |artifact: Artifact| by(1, |w| check_artifact(&artifact, w)).is_ok();
    assert!(ok(public()));
    assert!(ok(Artifact {
        digest: None,
        encrypted: true,
        ..public()
    }));
    assert!(!ok(Artifact {
        digest: None,
        ..public()
    }));
    assert!(!ok(Artifact {
        encrypted: true,
        ..public()
    }));
}

#[test]
fn an_artifact_of_bad_shape_is_refused() {
    let bad = [
        Artifact {
            dna_hash: dna(2).into(),
            ..public()
        },
        Artifact {
            cid: "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG".into(),
            ..public()
        },
        Artifact {
            cid: "b".repeat(129),
            ..public()
        },
        Artifact {
            bytes: u64::MAX,
            ..public()
        },
        Artifact {
            media_type: "text".into(),
            ..public()
        },
        Artifact {
            media_type: "/plain".into(),
            ..public()
        },
        Artifact {
            media_type: "text/\u{1b}[2J".into(),
            ..public()
        },
    ];
    for artifact in bad {
        assert!(
            by(1, |w| check_artifact(&artifact, w)).is_err(),
            "{artifact:?}"
        );
    }
}

#[test]
fn provenance_is_written_by_the_producer_or_the_indexer() {
    let provenance = Provenance {
        dna_hash: dna(1).into(),
        artifact: action(1).into(),
        task: action(2).into(),
        result: action(3).into(),
        producer: agent(1).into(),
        model_digest: None,
    };
    assert!(by(1, |w| check_provenance(&provenance, &agent(2), w)).is_ok());
    assert!(by(2, |w| check_provenance(&provenance, &agent(2), w)).is_ok());
    assert!(by(3, |w| check_provenance(&provenance, &agent(2), w)).is_err());
}

#[test]
fn a_pin_commitment_ends_after_it_starts_and_within_a_year() {
    let pin = |replica, created_at, until| PinCommitment {
        dna_hash: dna(1).into(),
        artifact: action(1).into(),
        replica,
        created_at,
        until,
    };
    let ok = |pin: PinCommitment| by(1, |w| check_pin_commitment(&pin, w)).is_ok();
    assert!(ok(pin(1, 1_000, 1_001)));
    assert!(ok(pin(REPLICA_MAX, 1_000, 1_000 + PIN_MS_MAX)));
    assert!(!ok(pin(1, 1_000, 1_000)));
    assert!(!ok(pin(1, 1_000, 1_001 + PIN_MS_MAX)));
    assert!(!ok(pin(0, 1_000, 2_000)));
    assert!(!ok(pin(REPLICA_MAX + 1, 1_000, 2_000)));
    assert!(!ok(pin(1, u64::MAX, u64::MAX)));
}
