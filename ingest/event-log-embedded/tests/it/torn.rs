//! A group that was being written when the process or the machine stopped.

use crate::support::{Content, append, content, copy_folder, journal, open, open_and_read, record};
use event_log_embedded::OpenError;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A log whose last group may be torn: what it says without and with it, its file `ends` after the first group and before
/// the last, and the journal's file and its length without the last.
struct Sample {
    folder: TempDir,
    before: Content,
    after: Content,
    ends_first: Vec<u8>,
    ends_before: Vec<u8>,
    journal: PathBuf,
    length: usize,
}

fn sample() -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let mut ends = Vec::new();
    for round in 0..3 {
        let log = open(folder.path()).unwrap();
        append(&log, vec![record(0, format!("{round}")), record(1, format!("{round}"))]).unwrap();
        drop(log);
        ends.push(fs::read(folder.path().join("ends")).unwrap());
    }
    let before = open_and_read(folder.path()).unwrap();
    let (ends_first, ends_before) = (ends[0].clone(), ends[2].clone());
    let journal = journal(folder.path());
    let length = fs::read(folder.path().join(&journal)).unwrap().len();
    let log = open(folder.path()).unwrap();
    append(&log, vec![record(0, "the last"), record(2, "group")]).unwrap();
    let after = content(&log).unwrap();
    drop(log);
    Sample { folder, before, after, ends_first, ends_before, journal, length }
}

impl Sample {
    /// A copy with this journal, for which the last group was acknowledged or not.
    fn copy(&self, journal: &[u8], is_acknowledged: bool) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), copy.path());
        fs::write(copy.path().join(&self.journal), journal).unwrap();
        if !is_acknowledged {
            fs::write(copy.path().join("ends"), &self.ends_before).unwrap();
        }
        copy
    }

    fn whole(&self) -> Vec<u8> {
        fs::read(self.folder.path().join(&self.journal)).unwrap()
    }

    /// The journals that a stop inside the last group can leave, and some that a disk may make of them.
    fn torn(&self) -> Vec<Vec<u8>> {
        let whole = self.whole();
        let mut torn = Vec::new();
        for cut in self.length..whole.len() {
            torn.push(whole[..cut].to_vec());
            if cut % 7 == 0 {
                // The file has its length already, and what is missing reads as zeros, at its end or at its beginning.
                let mut end_missing = whole.clone();
                end_missing[cut..].fill(0);
                torn.push(end_missing);
                let mut beginning_missing = whole.clone();
                beginning_missing[self.length..=cut].fill(0);
                torn.push(beginning_missing);
            }
        }
        torn
    }
}

fn goes_on(folder: &Path, before: &Content) {
    let log = open(folder).unwrap();
    assert!(&content(&log).unwrap() == before, "another content after a repair");
    let offset = append(&log, vec![record(2, "goes on")]).unwrap();
    assert_eq!(offset, [before[2].len() as u64]);
    drop(log);
    assert_eq!(open_and_read(folder).unwrap()[2].last().unwrap(), "goes on");
}

#[test]
fn a_torn_group_that_was_not_acknowledged_is_cut_off_and_the_log_goes_on() {
    let sample = sample();
    let torn = sample.torn();
    assert!(torn.len() > 100, "{} ways to tear a group", torn.len());
    for journal in torn {
        goes_on(sample.copy(&journal, false).path(), &sample.before);
    }
}

#[test]
fn a_whole_group_that_was_not_acknowledged_is_kept() {
    let sample = sample();
    goes_on(sample.copy(&sample.whole(), false).path(), &sample.after);
}

#[test]
fn a_torn_group_that_was_acknowledged_is_refused_and_left_as_it_is() {
    let sample = sample();
    for journal in sample.torn() {
        let copy = sample.copy(&journal, true);
        let refused = open(copy.path()).map(drop).unwrap_err();
        let OpenError::Damaged { file, .. } = &refused else { panic!("{refused}") };
        assert_eq!(*file, copy.path().join(&sample.journal), "{refused}");
        assert!(fs::read(file).unwrap() == journal, "the journal was changed");
    }
}

#[test]
fn a_broken_group_with_whole_ones_behind_it_is_refused_whatever_was_noted() {
    let sample = sample();
    let mut journal = sample.whole();
    journal[sample.length - 1] ^= 1;
    let copy = sample.copy(&journal, false);
    fs::write(copy.path().join("ends"), &sample.ends_first).unwrap();
    let refused = open(copy.path()).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
    assert!(fs::read(copy.path().join(&sample.journal)).unwrap() == journal, "the journal was changed");
}
