//! Vietnamese and English.

use crate::world::{World, paste, ready};
use anyhow::ensure;

#[test]
fn language_is_switched_and_remembered() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let mut page = world.visit()?;
    paste(&mut page, &codes.token)?;
    assert_eq!(
        page.text("document.documentElement.lang + document.querySelector('.said strong').textContent")?,
        "viHợp lệ"
    );
    page.click("[data-language=en]")?;
    assert_eq!(
        page.text("document.documentElement.lang + document.querySelector('.said strong').textContent")?,
        "enValid"
    );
    ensure!(page.text("document.querySelector('#claims').innerText")?.contains("Date of birth"));
    page.open(&format!("{}/verify", world.up.base))?;
    ready(&mut page)?;
    assert_eq!(page.text("document.title")?, "Check a citizen code");
    assert_eq!(page.text("document.querySelector('#scan').innerText.trim()")?, "Scan with the camera");
    page.click("[data-language=vi]")?;
    assert_eq!(page.text("document.title")?, "Kiểm tra mã công dân số");
    Ok(())
}

/// Nothing that is shown in one language is missing in the other, and every place in the page has its text.
#[test]
fn every_text_is_there_in_both_languages() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut page = world.visit()?;
    let wrong = page.evaluate(
        "import('/verify/words.js').then(({ TEXTS, VERDICTS, KINDS }) => {
           const pairs = [TEXTS, VERDICTS, KINDS].flatMap((texts) => Object.entries(texts));
           const wrong = pairs.filter(([, pair]) => pair.length !== 2 || pair.some((text) => !text) || pair[0] === pair[1]);
           const places = [...document.querySelectorAll('[data-t]')].filter((e) => !(e.dataset.t in TEXTS));
           return [...wrong.map(([name]) => name), ...places.map((e) => e.dataset.t)]; })",
    )?;
    assert_eq!(wrong, serde_json::json!([]));
    Ok(())
}
