//! Events that come more than once.

use crate::support::{RATINGS, World, rated};
use domain::rows::{Measure, StatisticsRow};

fn of_kind(world: &World, measure: Measure) -> i64 {
    let rows = world.rows::<StatisticsRow>();
    rows.iter().filter(|row| row.dimension == "kind").map(|row| row.counts.get(measure)).sum()
}

#[test]
fn a_repeat_counts_in_ledger_and_statistics_only() {
    for batches in [1, 3] {
        let world = World::new();
        for _ in 0..3 {
            world.log.send(&rated("t-1", 4));
            if batches == 3 {
                world.drain();
            }
        }
        world.drain();
        assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(3), Some((1, 4))));
        assert_eq!(world.ledger(), [1, 2, 0, 0, 0]);
        assert_eq!((world.history().len(), world.history_offsets()), (1, vec![0]));
        assert_eq!((of_kind(&world, Measure::Applied), of_kind(&world, Measure::Duplicate)), (1, 2));
    }
}

#[test]
fn the_same_id_with_another_body_is_refused_and_leaves_history_alone() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-1", 1));
    world.drain();
    assert_eq!(world.rating(), Some((1, 4)));
    assert_eq!(world.ledger(), [1, 0, 1, 0, 0]);
    let history = world.history();
    assert_eq!((history.len(), history[0].reason.as_str()), (1, ""));
    let refusals = world.registry.gather();
    let refusals =
        refusals.iter().find(|family| family.name() == "congdanso_process_refusals_total").unwrap();
    let labels: Vec<_> = refusals.get_metric()[0].get_label().iter().map(|label| label.value()).collect();
    assert!(labels.contains(&"idempotency_conflict"), "{labels:?}");
}

#[test]
fn a_repeat_of_a_refused_event_is_a_duplicate() {
    let world = World::new();
    world.log.send(&rated("t-1", 9));
    world.log.send(&rated("t-1", 9));
    world.drain();
    assert_eq!((world.rating(), world.ledger()), (None, [0, 1, 1, 0, 0]));
    assert_eq!(world.history()[0].reason, "stars_out_of_range");
}
