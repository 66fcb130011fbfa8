//! The page that describes the interface.

use crate::looks::{faults, keep};
use crate::world::World;
use anyhow::ensure;
use browser::{Chromium, Page};

#[test]
fn description_fits_phone_and_desktop_in_light_and_dark() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut page = Page::new(Chromium::start(None)?)?;
    page.open(&format!("{}/docs", world.up.base))?;
    page.until("document.querySelector('details')")?;
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = d.textContent.includes('/v1/lookup'); })")?;
    for (form, width, height, scale) in [("phone", 390, 844, 2), ("desktop", 1280, 800, 1)] {
        page.resize(width, height, scale)?;
        for scheme in ["light", "dark"] {
            page.color_scheme(scheme)?;
            let faults = faults(&mut page)?;
            ensure!(faults.is_empty(), "{form}, {scheme}: {faults:#?}");
            keep(&mut page, &format!("docs-{form}-{scheme}"))?;
        }
    }
    // Looking for something leaves what has it.
    page.evaluate(
        "(() => { const find = document.querySelector('input'); find.value = 'STATUS-BUNDLE'; find.dispatchEvent(new Event('input')); })()",
    )?;
    let found = page.evaluate("[...document.querySelectorAll('details:not([hidden]) summary code')].map((code) => code.textContent)")?;
    assert_eq!(found, serde_json::json!(["/v1/status-bundle"]));
    assert_eq!(page.evaluate("[...document.querySelectorAll('section:not([hidden])')].length")?, 1);
    assert_eq!(page.complaints(), [""; 0]);
    Ok(())
}
