//! Page and crate before the same inputs.

use crate::world::modules;
use anyhow::ensure;
use browser::Page;
use fuzz::mutate::{mutated, words};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

pub const SEED: u64 = 5;
/// Inputs of each layer, beside its corpus.
pub const CASES: usize = 2_000;
/// Inputs of one call.
const BATCH: usize = 500;

/// What the page makes of each input, by a function of its modules; of an input that it refuses, the fault's code.
pub fn in_page(page: &mut Page, function: &str, inputs: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut answers = Vec::with_capacity(inputs.len());
    for batch in inputs.chunks(BATCH) {
        let expression = format!(
            "(async (inputs) => {{ {} const answers = [];
               for (const input of inputs) {{
                 try {{ answers.push(await ({function})(input)); }}
                 catch (fault) {{ if (fault.name !== 'Fault') throw fault; answers.push({{ fault: fault.code }}); }}
               }}
               return answers; }})({})",
            modules(),
            json!(batch)
        );
        answers.extend(page.evaluate(&expression)?.as_array().into_iter().flatten().cloned());
    }
    ensure!(answers.len() == inputs.len(), "{} answers to {} inputs", answers.len(), inputs.len());
    Ok(answers)
}

/// The corpus of a target, its seeds, and what mutations make of them; in hexadecimal.
fn inputs(target: &str, random: &mut ChaCha8Rng) -> anyhow::Result<Vec<String>> {
    let mut sound = (fuzz::target(target).seeds)();
    for entry in std::fs::read_dir(fuzz::corpus(target))? {
        sound.push(std::fs::read(entry?.path())?);
    }
    let words = words(&std::fs::read_to_string(fuzz::dictionary(target))?);
    let made =
        (0..CASES).map(|n| mutated(&sound[n % sound.len()], &sound[n / 7 % sound.len()], &words, random));
    let made: Vec<_> = made.collect();
    Ok(sound.iter().chain(&made).map(hex::encode).collect())
}

/// Gives the page and the crate the inputs of a target. `ours` says null of what the crate refuses, which the page must refuse too.
pub fn compare(
    page: &mut Page,
    target: &str,
    function: &str,
    ours: impl Fn(&[u8]) -> Value,
) -> anyhow::Result<()> {
    let random = &mut ChaCha8Rng::seed_from_u64(SEED);
    let inputs = inputs(target, random)?;
    let mut taken = 0;
    for (input, theirs) in inputs.iter().zip(in_page(page, function, &inputs)?) {
        let ours = ours(&unhex(input));
        let refused = ours.is_null() && (theirs.is_null() || !theirs["fault"].is_null());
        ensure!(refused || ours == theirs, "{target} {input}: the crate says {ours}, the page {theirs}");
        taken += usize::from(!ours.is_null());
    }
    println!("{target}: {taken} of {} taken", inputs.len());
    ensure!(taken > 0 && taken < inputs.len(), "{target}: {taken} of {} taken", inputs.len());
    Ok(())
}

pub fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).expect("made as hexadecimal digits")
}

pub fn hexed(bytes: Option<Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, |bytes| hex::encode(bytes).into())
}
