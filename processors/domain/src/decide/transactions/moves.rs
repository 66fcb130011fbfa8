//! The table of moves of dossiers. TrangThaiHoSo: 1 newly filed, 2 received, 3 not received, 4 in process, 5 supplement asked,
//! 6 payment asked, 7 withdrawn by the citizen, 8 stopped, 9 done, 10 result handed out.

/// The highest status.
const STATUS_MAX: u8 = 10;

/// To which statuses one may go from a status: bit `t` of entry `s`. What has no way out ends a dossier.
const NEXT: [u16; STATUS_MAX as usize + 1] = [
    0,
    bits(&[2, 3, 7]),
    bits(&[4, 7, 8]),
    0,
    bits(&[5, 6, 7, 8, 9]),
    bits(&[4, 7, 8]),
    bits(&[4, 7, 8]),
    0,
    0,
    bits(&[10]),
    0,
];

/// To which statuses one may come from a status in one or more steps.
const REACHED: [u16; STATUS_MAX as usize + 1] = closure(NEXT);

/// What a status means for a dossier that stands somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The next step.
    Next,
    /// Further along, with a step left out.
    Skipping,
    /// Not ahead: it was passed, or the dossier stands there.
    Behind,
    /// The dossier has ended elsewhere, and the status lies before that end.
    BehindTheEnd,
    /// The dossier has ended, and the status does not lie before that end.
    OutOfTheEnd,
}

/// A status out of 1 to 10.
pub(super) fn status(number: i32) -> Option<u8> {
    u8::try_from(number).ok().filter(|status| (1..=STATUS_MAX).contains(status))
}

/// What `to` means for a dossier at `from`; both are 1 to 10.
pub(super) const fn step(from: u8, to: u8) -> Step {
    if from == to {
        Step::Behind
    } else if has(NEXT[from as usize], to) {
        Step::Next
    } else if has(REACHED[from as usize], to) {
        Step::Skipping
    } else if NEXT[from as usize] != 0 {
        Step::Behind
    } else if has(REACHED[to as usize], from) {
        Step::BehindTheEnd
    } else {
        Step::OutOfTheEnd
    }
}

const fn has(set: u16, status: u8) -> bool {
    set & (1 << status) != 0
}

const fn bits(statuses: &[u8]) -> u16 {
    let mut set = 0;
    let mut at = 0;
    while at < statuses.len() {
        set |= 1 << statuses[at];
        at += 1;
    }
    set
}

/// The transitive closure (Warshall).
const fn closure(mut set: [u16; STATUS_MAX as usize + 1]) -> [u16; STATUS_MAX as usize + 1] {
    let mut via = 1;
    while via <= STATUS_MAX {
        let mut from = 1;
        while from <= STATUS_MAX {
            if has(set[from as usize], via) {
                set[from as usize] |= set[via as usize];
            }
            from += 1;
        }
        via += 1;
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row: where the dossier stands, 1 to 10; column: the status that comes. n next, s skipping, b behind, e behind the end,
    /// x out of the end.
    const TABLE: [&str; 10] = [
        "bnnsssnsss",
        "bbbnssnnss",
        "exbxxxxxxx",
        "bbbbnnnnns",
        "bbbnbsnnss",
        "bbbnsbnnss",
        "eexeeebxxx",
        "eexeeexbxx",
        "bbbbbbbbbn",
        "eexeeexxeb",
    ];

    #[test]
    fn every_pair_of_statuses_means_what_the_table_says() {
        for (from, row) in (1..).zip(TABLE) {
            for (to, letter) in (1..).zip(row.chars()) {
                let expected = match letter {
                    'n' => Step::Next,
                    's' => Step::Skipping,
                    'b' => Step::Behind,
                    'e' => Step::BehindTheEnd,
                    _ => Step::OutOfTheEnd,
                };
                assert_eq!(step(from, to), expected, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn status_is_one_to_ten() {
        assert_eq!(status(1), Some(1));
        assert_eq!(status(10), Some(10));
        for number in [0, 11, -1, 256, 257, i32::MAX, i32::MIN] {
            assert_eq!(status(number), None, "{number}");
        }
    }
}
