//! Without a network.

use crate::world::{World, paste, ready, said};
use anyhow::ensure;

#[test]
fn page_works_with_the_program_stopped_after_the_first_visit() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let (_, symbol) = world.symbol(&codes.national)?;
    let address = format!("{}/verify", world.up.base);
    let mut page = world.visit()?;
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")?;
    world.up.kill()?;
    page.open("about:blank")?;
    page.open(&address)?;
    ready(&mut page)?;
    ensure!(page.text("document.querySelector('#network').textContent")?.contains("Không có mạng"));
    assert_eq!(paste(&mut page, &codes.token)?, "valid");
    page.evaluate("document.querySelector('#verdict').replaceChildren()")?;
    page.choose_file("#file", &symbol)?;
    assert_eq!(said(&mut page)?, "valid");
    Ok(())
}
