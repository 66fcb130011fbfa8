//! With the keyboard alone, and what a screen reader is told.

use crate::world::{World, said};
use anyhow::ensure;
use browser::{Key, Page};

fn focused(page: &mut Page) -> anyhow::Result<String> {
    page.text("document.activeElement.id || document.activeElement.dataset.t || document.activeElement.dataset.language || document.activeElement.type || ''")
}

#[test]
fn code_is_checked_with_the_keyboard_alone() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let mut page = world.visit()?;
    let mut order = Vec::new();
    while order.last().map(String::as_str) != Some("refresh") {
        ensure!(order.len() < 20, "the tab key goes nowhere: {order:?}");
        page.press(Key::Tab)?;
        order.push(focused(&mut page)?);
        let ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")?;
        ensure!(ring == true, "nobody sees where the focus is: {order:?}");
    }
    assert_eq!(order, ["skip", "vi", "en", "scan", "pick", "text", "check", "use", "refresh"]);
    // Over the link at the top to the ways, and on from there.
    page.evaluate("document.querySelector('.skip').focus()")?;
    page.press(Key::Enter)?;
    page.until("document.activeElement.id === 'ways'")?;
    for _ in 0..3 {
        page.press(Key::Tab)?;
    }
    assert_eq!(focused(&mut page)?, "text");
    page.type_text(&codes.national)?;
    page.press(Key::Tab)?;
    page.press(Key::Enter)?;
    assert_eq!(said(&mut page)?, "valid");
    ensure!(page.evaluate("document.querySelector('#paste button') === document.activeElement")? == true);
    Ok(())
}

#[test]
fn everything_has_a_role_and_a_name_for_screen_readers() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let mut page = world.visit()?;
    crate::world::paste(&mut page, &codes.token)?;
    let nodes = page.accessibility()?;
    let has = |role: &str, name: &str| nodes.iter().any(|node| node.role == role && node.name == name);
    for (role, name) in [
        ("heading", "Kiểm tra mã công dân số"),
        ("heading", "Đưa mã vào"),
        ("heading", "Kết quả"),
        ("region", "Kết quả"),
        ("button", "Quét bằng máy ảnh"),
        ("button", "Chọn ảnh"),
        ("button", "Kiểm tra"),
        ("button", "Cập nhật ngay"),
        ("textbox", "Nội dung mã"),
        ("combobox", "Dùng cho"),
        ("group", "Ngôn ngữ / Language"),
        ("link", "Đến phần nhập mã"),
        ("main", ""),
        ("banner", ""),
        ("contentinfo", "Dữ liệu dùng để kiểm tra"),
    ] {
        ensure!(has(role, name), "no {role} {name:?} in {nodes:#?}");
    }
    let unnamed: Vec<_> = nodes.iter().filter(|node| node.focusable && node.name.is_empty()).collect();
    ensure!(unnamed.iter().all(|node| node.role == "RootWebArea"), "without a name: {unnamed:?}");
    let pressed: Vec<_> =
        nodes.iter().filter(|node| node.pressed == Some(true)).map(|node| node.name.as_str()).collect();
    assert_eq!(pressed, ["VI, Tiếng Việt"]);
    let live = page.text("(() => { const e = document.querySelector('.said').closest('[aria-live]'); return `${e.role} ${e.ariaLive} ${e.ariaAtomic}`; })()")?;
    assert_eq!(live, "status polite true");
    // The verdict is in words, and its icon is decoration.
    assert_eq!(
        page.text("document.querySelector('.said').innerText.replace(/\\s+/g, ' ').trim()")?,
        "Hợp lệ Mã hợp lệ."
    );
    assert_eq!(page.text("document.querySelector('.said svg').getAttribute('aria-hidden')")?, "true");
    Ok(())
}
