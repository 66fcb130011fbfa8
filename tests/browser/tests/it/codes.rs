//! Text and pictures in, verdicts out.

use crate::world::{World, kind, paste, said};
use anyhow::{Context, ensure};

#[test]
fn code_that_is_pasted_is_judged_as_the_program_judges_it() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let mut page = world.visit()?;
    for code in [&codes.token, &codes.national] {
        assert_eq!(paste(&mut page, code)?, "valid");
        assert_eq!(kind(&mut page)?, "good");
        let claims = page.text("document.querySelector('#claims').innerText")?;
        for said in ["Nguyễn Văn An", "17/05/1990", "******000001", "Nam"] {
            ensure!(claims.contains(said), "{said} is not in {claims}");
        }
        let mut tampered = code.clone();
        let at = tampered.len() - 40;
        let other = if tampered.as_bytes()[at] == b'0' { "1" } else { "0" };
        tampered.replace_range(at..=at, other);
        let verdict = world.verdict(&tampered)?;
        assert_eq!(paste(&mut page, &tampered)?, verdict["verdict"]);
        assert_eq!(kind(&mut page)?, "bad");
        ensure!(page.evaluate("document.querySelector('#claims').hidden")? == true);
        let text = page.text("document.querySelector('.said p').textContent")?;
        assert_eq!(text, verdict["text_vi"]);
    }
    assert_eq!(paste(&mut page, "048090000001||Trần Văn An|17051990|Nam|Hải Châu|01012022")?, "not_ours");
    assert_eq!(paste(&mut page, "xin chào")?, "unreadable");
    assert_eq!(page.complaints(), [""; 0]);
    Ok(())
}

#[test]
fn code_in_a_picture_file_is_read_and_judged() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let mut page = world.visit()?;
    for code in [&codes.token, &codes.national] {
        let (_, symbol) = world.symbol(code)?;
        page.evaluate("document.querySelector('#verdict').replaceChildren()")?;
        page.choose_file("#file", &symbol)?;
        assert_eq!(said(&mut page)?, "valid");
        let mut light_on_dark = image::open(&symbol)?.into_luma8();
        image::imageops::invert(&mut light_on_dark);
        light_on_dark.save(&symbol)?;
        page.evaluate("document.querySelector('#verdict').replaceChildren()")?;
        page.choose_file("#file", &symbol)?;
        assert_eq!(said(&mut page)?, "valid");
        // The program reads it as well.
        let ended = flow::process::run(&world.folder.data(), &["verify", flow::folder::text(&symbol)])?;
        ensure!(ended.out.starts_with("valid"), "{ended:?}");
    }
    let blank = world.folder.beside("blank.png");
    std::fs::write(&blank, blank_picture()?)?;
    page.choose_file("#file", &blank)?;
    page.until("document.querySelector('#hint').textContent.includes('Không tìm thấy mã QR')")?;
    let text = world.folder.write("text.png", "no picture at all")?;
    page.choose_file("#file", &text)?;
    page.until("document.querySelector('#hint').textContent.includes('không phải ảnh')")?;
    assert_eq!(page.complaints(), [""; 0]);
    Ok(())
}

#[test]
fn code_ends_with_its_last_second_by_the_clock_of_the_device() -> anyhow::Result<()> {
    let world = World::new()?;
    let code = world.codes()?.token;
    let ends = world.verdict(&code)?["claims"]["expires_at"].as_i64().context("when it ends")?;
    let mut page = world.visit()?;
    assert_eq!(paste(&mut page, &code)?, "valid");
    // By then nothing is known of its status any more.
    for (now_ms, verdict) in [(ends * 1_000 - 1, "stale_status"), (ends * 1_000, "expired")] {
        page.evaluate(&format!("(() => {{ Date.now = () => {now_ms}; }})()"))?;
        assert_eq!(paste(&mut page, &code)?, verdict);
    }
    Ok(())
}

fn blank_picture() -> anyhow::Result<Vec<u8>> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(64, 64, image::Luma([200])).write_to(&mut png, image::ImageFormat::Png)?;
    Ok(png.into_inner())
}
