//! How the page looks, on a phone and on a desk. The pictures are left in cargo's folder for temporary files.

use crate::world::{World, paste};
use anyhow::ensure;
use browser::{Chromium, Page};
use std::path::PathBuf;

const PHONE: (u32, u32, u32) = (390, 844, 2);
const DESKTOP: (u32, u32, u32) = (1280, 800, 1);
/// The least size of what is pressed, in CSS pixels.
const TARGET_PX_MIN: f64 = 44.0;
/// Of text against what is behind it (WCAG 2.2, 1.4.3).
const CONTRAST_MIN: f64 = 4.5;

pub fn keep(page: &mut Page, name: &str) -> anyhow::Result<()> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("{name}.png")), page.picture()?)?;
    Ok(())
}

/// Whatever stands out of the window, is too small to be pressed, or too faint to be read.
pub fn faults(page: &mut Page) -> anyhow::Result<Vec<String>> {
    let expression = format!(
        "(() => {{
           const faults = [];
           const name = (e) => e.id || e.className || e.textContent.trim().slice(0, 20);
           if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window: ${{document.documentElement.scrollWidth}}`);
           for (const e of document.querySelectorAll('button, select, textarea, input:not([type=file])')) {{
             const {{ width, height }} = e.getBoundingClientRect();
             if (width > 0 && (width < {TARGET_PX_MIN} || height < {TARGET_PX_MIN})) faults.push(`small: ${{name(e)}} ${{width}} x ${{height}}`);
           }}
           const canvas = new OffscreenCanvas(1, 1).getContext('2d', {{ willReadFrequently: true }});
           const light = (color, under) => {{
             canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
             const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
             return 0.2126 * r + 0.7152 * g + 0.0722 * b;
           }};
           const behind = (e) => {{
             for (; e; e = e.parentElement) {{ const c = getComputedStyle(e).backgroundColor; if (!/^rgba.*, 0\\)$/.test(c)) return c; }}
             return 'white';
           }};
           for (const e of document.querySelectorAll('body *')) {{
             const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
             if (!own || e.getClientRects().length === 0) continue;
             const under = behind(e);
             const [a, b] = [light(getComputedStyle(e).color, under), light(under, 'white')].sort((a, b) => b - a);
             const contrast = (a + 0.05) / (b + 0.05);
             if (contrast < {CONTRAST_MIN}) faults.push(`faint: ${{name(e)}} ${{contrast.toFixed(2)}}`);
           }}
           return faults.join('\\n'); }})()"
    );
    Ok(page.text(&expression)?.lines().map(str::to_owned).collect())
}

fn look(page: &mut Page, name: &str) -> anyhow::Result<()> {
    for (form, (width, height, scale)) in [("phone", PHONE), ("desktop", DESKTOP)] {
        page.resize(width, height, scale)?;
        for scheme in ["light", "dark"] {
            page.color_scheme(scheme)?;
            let faults = faults(page)?;
            ensure!(faults.is_empty(), "{name}, {form}, {scheme}: {faults:#?}");
            keep(page, &format!("verify-{name}-{form}-{scheme}"))?;
        }
    }
    Ok(())
}

#[test]
fn page_fits_phone_and_desktop_in_light_and_dark() -> anyhow::Result<()> {
    let world = World::new()?;
    let codes = world.codes()?;
    let mut page = world.visit()?;
    look(&mut page, "empty")?;
    paste(&mut page, &codes.national)?;
    look(&mut page, "valid")?;
    let unsigned = &codes.national[..codes.national.len() - codes.token.len()];
    assert_eq!(paste(&mut page, unsigned)?, "unsigned");
    look(&mut page, "unsigned")?;
    page.evaluate("globalThis.fetch = () => Promise.reject(new TypeError('no network'))")?;
    page.evaluate("(() => { const real = Date.now; Date.now = () => real() + 5 * 3_600_000; dispatchEvent(new Event('offline')); })()")?;
    page.click("[data-language=en]")?;
    assert_eq!(paste(&mut page, &codes.token)?, "stale_status");
    look(&mut page, "stale")?;
    Ok(())
}

#[test]
fn camera_fits_phone_and_desktop() -> anyhow::Result<()> {
    let world = World::new()?;
    let seen = world.folder.beside("seen.y4m");
    // No symbol: the camera goes on.
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_fn(120, 120, |x, y| image::Luma([((x / 9 + y / 7) * 9) as u8]))
        .write_to(&mut png, image::ImageFormat::Png)?;
    browser::camera::write(&png.into_inner(), &seen)?;
    let mut page = world.visit_with(Chromium::start(Some(&seen))?)?;
    page.click("#scan")?;
    page.until("!document.querySelector('#viewer').hidden")?;
    page.evaluate("new Promise((resolve) => document.querySelector('#video').requestVideoFrameCallback(() => resolve(true)))")?;
    look(&mut page, "camera")?;
    page.click("#stop")?;
    page.until("document.querySelector('#viewer').hidden && !document.querySelector('#video').srcObject")?;
    Ok(())
}
