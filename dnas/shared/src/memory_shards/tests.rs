use super::limits::{
    DIMENSIONS_MAX, REPLICATION_FACTOR_DEFAULT, SHARD_COUNT_DEFAULT, SHARD_COUNT_MAX,
};
use super::rules::{check_shard_map, check_shard_ownership, check_sync_cursor};
use super::{newest_cursors, newest_of_each_author, table_of};
use super::{ShardMap, ShardOwners, ShardOwnership, SyncCursor};
use crate::check::{Checked, Writing};
use crate::sample::{action, agent, dna};
use crate::{Digest, Written};

fn by(who: u8, check: impl Fn(&Writing) -> Checked) -> Checked {
    check(&Writing {
        author: &agent(who),
        seq: 9,
        dna_hash: &dna(1),
        max_seq: 100,
    })
}

fn map(version: u32) -> ShardMap {
    ShardMap {
        dna_hash: dna(1).into(),
        space: "notes".into(),
        shard_count: SHARD_COUNT_DEFAULT,
        replication_factor: REPLICATION_FACTOR_DEFAULT,
        embedding_model: Digest::of(b"model"),
        dimensions: 384,
        version,
        prev: (version > 1).then(|| action(1).into()),
    }
}

#[test]
fn versions_of_a_map_follow_each_other_and_keep_the_model() {
    let first = map(1);
    let after = |next: ShardMap, author| {
        by(1, |w| {
            check_shard_map(&next, Some((&first, &agent(author))), w)
        })
    };
    assert!(by(1, |w| check_shard_map(&first, None, w)).is_ok());
    assert!(after(
        ShardMap {
            shard_count: 32,
            ..map(2)
        },
        1
    )
    .is_ok());
    assert!(after(map(2), 2).is_err());
    assert!(after(map(3), 1).is_err());
    assert!(after(
        ShardMap {
            space: "code".into(),
            ..map(2)
        },
        1
    )
    .is_err());
    assert!(after(
        ShardMap {
            dimensions: 768,
            ..map(2)
        },
        1
    )
    .is_err());
    assert!(after(
        ShardMap {
            embedding_model: Digest::of(b"other"),
            ..map(2)
        },
        1
    )
    .is_err());
    assert!(by(1, |w| check_shard_map(&map(2), None, w)).is_err());
}

#[test]
fn a_map_out_of_range_is_refused() {
    let bad = [
        ShardMap {
            shard_count: 0,
            ..map(1)
        },
        ShardMap {
            shard_count: SHARD_COUNT_MAX + 1,
            ..map(1)
        },
        ShardMap {
            replication_factor: 0,
            ..map(1)
        },
        ShardMap {
            dimensions: DIMENSIONS_MAX + 1,
            ..map(1)
        },
        ShardMap {
            space: "a\nb".into(),
            ..map(1)
        },
    ];
    for map in bad {
        assert!(
            by(1, |w| check_shard_map(&map, None, w)).is_err(),
            "{map:?}"
        );
    }
}

#[test]
fn a_shard_is_claimed_by_its_owner_and_exists() {
    let ownership = |shard, from_version, owner| ShardOwnership {
        dna_hash: dna(1).into(),
        map: action(1).into(),
        shard,
        from_version,
        owner: agent(owner).into(),
    };
    let ok = |ownership: ShardOwnership| {
        by(1, |w| check_shard_ownership(&ownership, &map(2), w)).is_ok()
    };
    assert!(ok(ownership(0, 2, 1)));
    assert!(ok(ownership(SHARD_COUNT_DEFAULT - 1, 1, 1)));
    assert!(!ok(ownership(SHARD_COUNT_DEFAULT, 1, 1)));
    assert!(!ok(ownership(0, 3, 1)));
    assert!(!ok(ownership(0, 0, 1)));
    assert!(!ok(ownership(0, 1, 2)));
}

#[test]
fn a_cursor_follows_another_peer() {
    let cursor = |shard, peer, position| SyncCursor {
        dna_hash: dna(1).into(),
        map: action(1).into(),
        shard,
        peer: agent(peer).into(),
        position,
        at: 1,
    };
    let ok = |cursor: SyncCursor| by(1, |w| check_sync_cursor(&cursor, &map(1), w)).is_ok();
    assert!(ok(cursor(0, 2, 7)));
    assert!(!ok(cursor(0, 1, 7)));
    assert!(!ok(cursor(SHARD_COUNT_DEFAULT, 2, 7)));
    assert!(!ok(cursor(0, 2, u64::MAX)));
}

fn written<T>(author: u8, seq: u32, entry: T) -> Written<T> {
    Written {
        hash: action(seq as u8).into(),
        author: agent(author).into(),
        seq,
        at: u64::from(seq),
        entry,
    }
}

#[test]
fn the_newest_map_is_the_highest_version_and_the_first_of_its_chain() {
    let maps = vec![
        written(1, 3, map(1)),
        written(1, 7, map(2)),
        written(1, 5, map(2)),
        written(2, 4, map(1)),
    ];
    let newest = newest_of_each_author(maps);
    let places: Vec<_> = newest.iter().map(|m| (m.author.clone(), m.seq)).collect();
    assert_eq!(places, [(agent(1).into(), 5), (agent(2).into(), 4)]);
}

#[test]
fn the_newest_cursor_is_the_last_written_even_when_it_stands_lower() {
    let cursor = |peer, position| SyncCursor {
        dna_hash: dna(1).into(),
        map: action(1).into(),
        shard: 0,
        peer: agent(peer).into(),
        position,
        at: 1,
    };
    let cursors = vec![
        written(1, 3, cursor(2, 90)),
        written(1, 4, cursor(2, 10)),
        written(1, 5, cursor(3, 7)),
    ];
    let positions: Vec<_> = newest_cursors(cursors)
        .iter()
        .map(|c| c.entry.position)
        .collect();
    assert_eq!(positions, [10, 7]);
}

#[test]
fn a_table_names_each_owner_of_a_shard_once() {
    let statement = |shard, owner| ShardOwnership {
        dna_hash: dna(1).into(),
        map: action(1).into(),
        shard,
        from_version: 1,
        owner: agent(owner).into(),
    };
    let row = |shard, owners: Vec<u8>| ShardOwners {
        shard,
        owners: owners.into_iter().map(|n| agent(n).into()).collect(),
    };
    let table = table_of([
        statement(3, 2),
        statement(0, 1),
        statement(3, 1),
        statement(3, 2),
    ]);
    assert_eq!(table, [row(0, vec![1]), row(3, vec![1, 2])]);
}
