//! Yes and no of each rule of a card.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::agent_registry::{Availability, Capabilities, Memory, ModelCard, NetworkCard, Storage};
use crate::membrane::{Issuer, MembraneProof};
use crate::{AgentPubKey, Digest};

fn author() -> AgentPubKeyB64 {
    AgentPubKey::from_raw_36(vec![7; 36]).into()
}

fn gpu() -> Gpu {
    Gpu { vendor: "nvidia".into(), model: "RTX 4090".into(), vram_gb: 24 }
}

fn card() -> NodeCapability {
    NodeCapability {
        node_id: author(),
        agent_name: "gpu-box-01".into(),
        capabilities: Capabilities {
            compute: Compute {
                cpu_cores: 16,
                cpu_arch: "x86_64".into(),
                ram_gb: 64,
                gpu: Some(gpu()),
                gpus: vec![gpu()],
            },
            storage: Storage { local_ssd_gb: 2048, ipfs_pinned_gb: 0, s3_available_gb: 0 },
            inference: Inference {
                models_loaded: vec!["phi-4-mini".into()],
                models: vec![ModelCard {
                    name: "phi-4-mini".into(),
                    digest: Digest::parse(&"ab".repeat(32)).unwrap(),
                    context_tokens: 4096,
                }],
                max_batch_size: 1,
                tokens_per_second: 0,
            },
            memory: Memory { vector_shards: 0, redis_memory_gb: 0 },
        },
        network: NetworkCard { bandwidth_mbps: 1000, latency_region: String::new() },
        availability: Availability::Online,
        load: Load { cpu_percent: 45, gpu_percent: 100, memory_percent: 0 },
        last_heartbeat: "2026-01-05T12:00:00Z".into(),
        tags: vec!["gpu:true".into()],
        peer: PeerBinding { public_key: "0f".repeat(32), signature: "f0".repeat(64) },
        agent_version: "0.1.0".into(),
        membership: None,
    }
}

fn refused(change: impl FnOnce(&mut NodeCapability)) -> bool {
    let mut changed = card();
    change(&mut changed);
    check_card(&changed, &author(), None).is_err()
}

#[test]
fn a_good_card_leaves_its_signature_to_check() {
    let [signed] = <[Signed; 1]>::try_from(check_card(&card(), &author(), None).unwrap()).unwrap();
    assert_eq!(signed.public_key, [0x0f; 32]);
    assert_eq!(signed.signature, [0xf0; 64]);
    assert_eq!(signed.message, format!("ripple-peer-v1:{}", author()).into_bytes());
}

#[test]
fn a_card_of_another_agent_is_refused() {
    let other = AgentPubKey::from_raw_36(vec![8; 36]).into();
    assert!(check_card(&card(), &other, None).is_err());
}

#[test]
fn a_card_of_a_private_network_carries_a_membrane_proof() {
    let membrane = Membrane { founder: "0f".repeat(32), network: "family".into() };
    assert!(check_card(&card(), &author(), Some(&membrane)).is_err());
    let proof = MembraneProof {
        network: "family".into(),
        agent: author(),
        invite_expires_at: None,
        issuer: Issuer { key: "0f".repeat(32), delegation: None },
        signature: "f0".repeat(64),
    };
    let member = NodeCapability { membership: Some(proof), ..card() };
    assert_eq!(check_card(&member, &author(), Some(&membrane)).unwrap().len(), 2);
    assert!(check_card(&member, &author(), None).is_err());
}

#[test]
fn texts_and_lists_have_bounds() {
    assert!(refused(|c| c.agent_name.clear()));
    assert!(refused(|c| c.agent_name = "n".repeat(65)));
    assert!(refused(|c| c.tags = vec!["t".into(); 33]));
    assert!(refused(|c| c.capabilities.compute.gpus = vec![gpu(); 17]));
    assert!(refused(|c| c.network.latency_region = "r".repeat(129)));
}

#[test]
fn texts_for_people_are_one_harmless_line() {
    type Put = fn(&mut NodeCapability, String);
    let places: [Put; 8] = [
        |c, text| c.agent_name = text,
        |c, text| c.agent_version = text,
        |c, text| c.network.latency_region = text,
        |c, text| c.tags = vec![text],
        |c, text| c.capabilities.compute.cpu_arch = text,
        |c, text| {
            let gpu = Gpu { vendor: text, ..gpu() };
            c.capabilities.compute.gpus = vec![gpu.clone()];
            c.capabilities.compute.gpu = Some(gpu);
        },
        |c, text| {
            let gpu = Gpu { model: text, ..gpu() };
            c.capabilities.compute.gpus = vec![gpu.clone()];
            c.capabilities.compute.gpu = Some(gpu);
        },
        |c, text| {
            c.capabilities.inference.models[0].name = text.clone();
            c.capabilities.inference.models_loaded = vec![text];
        },
    ];
    let bad = ["bob\nuhCAk online", "\u{1b}[2J", "\t", "\u{7f}", "\u{9b}2J", "\u{202e}bob", "\u{2066}", "\u{2028}", "\u{e0041}"];
    for put in places {
        for text in bad {
            assert!(refused(|c| put(c, text.into())), "{text:?}");
        }
        for text in ["Zoë's 台式机", "👩‍💻", "عمر"] {
            assert!(!refused(|c| put(c, text.into())), "{text:?}");
        }
    }
}

#[test]
fn the_two_lists_of_models_and_gpus_agree() {
    assert!(refused(|c| c.capabilities.inference.models_loaded.clear()));
    assert!(refused(|c| c.capabilities.compute.gpu = None));
    assert!(refused(|c| c.capabilities.compute.gpus.clear()));
}

#[test]
fn a_load_is_a_percentage() {
    assert!(refused(|c| c.load.cpu_percent = 101));
}

#[test]
fn times_are_rfc_3339_in_utc() {
    for good in ["2026-01-05T12:00:00Z", "2026-12-31T23:59:60.5Z", "2026-01-05T12:00:00.123456789Z"] {
        assert!(!refused(|c| c.last_heartbeat = good.into()), "{good}");
    }
    let bad = [
        "", "now", "2026-01-05 12:00:00Z", "2026-13-05T12:00:00Z", "2026-01-05T24:00:00Z", "2026-01-05T12:00:00",
        "2026-01-05T12:00:00+01:00", "2026-01-05T12:00:00.Z", "+026-01-05T12:00:00Z", "2026-01-05T12:00:00.1234567890Z",
        "2026-01-05T12:00:0\u{e9}Z",
    ];
    for text in bad {
        assert!(refused(|c| c.last_heartbeat = text.into()), "{text}");
    }
}

#[test]
fn keys_and_signatures_are_lower_case_hex() {
    assert!(refused(|c| c.peer.public_key = "0F".repeat(32)));
    assert!(refused(|c| c.peer.signature = "f0".repeat(63)));
}
