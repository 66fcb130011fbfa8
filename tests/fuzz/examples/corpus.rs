//! Adds the seeds to the corpora, each under a name made of its content. What is there stays.

use fuzz::{TARGETS, corpus};
use std::io;

fn main() -> io::Result<()> {
    for target in TARGETS {
        let folder = corpus(target.name);
        std::fs::create_dir_all(&folder)?;
        for seed in (target.seeds)() {
            // FNV-1a, 64 bits: a name, no more.
            let hash = seed.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            std::fs::write(folder.join(format!("seed-{hash:016x}")), &seed)?;
        }
    }
    Ok(())
}
