//! The camera.

use crate::world::{World, said};
use browser::Chromium;

#[test]
fn code_before_the_camera_is_read_and_judged() -> anyhow::Result<()> {
    let world = World::new()?;
    let (png, _) = world.symbol(&world.codes()?.national)?;
    let seen = world.folder.beside("seen.y4m");
    browser::camera::write(&png, &seen)?;
    let mut page = world.visit_with(Chromium::start(Some(&seen))?)?;
    page.click("#scan")?;
    assert_eq!(said(&mut page)?, "valid");
    // The camera is let go, and the next one is a press away.
    page.until("document.querySelector('#viewer').hidden && !document.querySelector('#video').srcObject")?;
    page.until("document.activeElement.id === 'next'")?;
    page.evaluate("document.querySelector('#verdict').replaceChildren()")?;
    page.click("#next")?;
    assert_eq!(said(&mut page)?, "valid");
    assert_eq!(page.complaints(), [""; 0]);
    Ok(())
}

#[test]
fn page_without_a_camera_says_what_else_there_is() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut page = world.visit()?;
    page.click("#scan")?;
    page.until("document.querySelector('#hint').textContent.includes('Không dùng được máy ảnh')")?;
    page.until("document.querySelector('#viewer').hidden && !document.querySelector('#scan').hidden")?;
    Ok(())
}
