//! What codes are checked against: pinned, kept, never replaced by something older.

use crate::world::World;
use anyhow::ensure;
use browser::Page;
use fuzz::seeds::{self, NOW, key, root, status_key};
use identity::status::{Status, StatusBundle, Validity};
use identity::trust::{Purpose, TrustedKey};
use identity::{SigningKey, TrustList, token};
use serde_json::{Value, json};

/// The bundle of this second, in which the code of the first person is suspended or not.
fn bundle(issued_at: i64, suspended: bool) -> Vec<u8> {
    let mut lists = std::collections::BTreeMap::new();
    let reference = &seeds::people()[0].status;
    if suspended {
        let mut entries = identity::status::Entries::default();
        entries.set(reference.index, Status::Suspended);
        let id = identity::status::ListId::of_uri(&reference.uri).expect("an address of a list");
        lists.insert(id, entries);
    }
    let bundle = StatusBundle {
        base_uri: "https://danang.example/s".to_owned(),
        validity: Validity::from(issued_at),
        lists,
    };
    bundle.sign(&status_key())
}

fn trust(version: u64, extra: bool) -> Vec<u8> {
    let mut list = TrustList { version, ..seeds::trust() };
    if extra {
        let key = SigningKey::from_seed(&[9; 32]).public();
        list.keys.push(TrustedKey::new(key, Purpose::Identity, NOW, NOW));
    }
    list.sign(&root())
}

/// What the city answers: the list and the bundle in hexadecimal, and the root key that it shows.
fn answers(trust: &[u8], bundle: &[u8], root: &SigningKey) -> Value {
    json!({"trust": hex::encode(trust), "bundle": hex::encode(bundle), "root": hex::encode(root.public())})
}

/// Opens a database of lists before a city that answers this, after another: what is held then.
fn held(page: &mut Page, cities: &[Value]) -> anyhow::Result<Value> {
    let expression = format!(
        "(async (cities) => {{
           {} const {{ Lists }} = await import('/verify/lists.js');
           const real = globalThis.fetch;
           const told = [];
           for (const city of cities) {{
             globalThis.fetch = async (path, {{ headers }}) => {{
               if (city === null) throw new TypeError('no network');
               const text = path === '/v1/status-bundle' ? city.bundle : headers.accept === 'application/json' ? null : city.trust;
               const body = text === null ? JSON.stringify({{ root_public: city.root }}) : unhex(text);
               const tag = `\"${{text?.slice(-32)}}\"`;
               if (headers['if-none-match'] === tag) return new Response(null, {{ status: 304 }});
               return new Response(body, {{ headers: {{ etag: tag }} }});
             }};
             const lists = new Lists();
             await lists.load();
             await lists.refresh({{ force: true }});
             told.push([lists.root && hex(lists.root), String(lists.trust?.version), String(lists.status?.issuedAt), lists.trouble ?? 'none', lists.otherRoot !== undefined]);
           }}
           globalThis.fetch = real;
           return told; }})({})",
        crate::world::modules(),
        json!(cities)
    );
    page.evaluate(&expression)
}

#[test]
fn lists_are_replaced_by_newer_ones_alone() -> anyhow::Result<()> {
    let world = World::new()?;
    let page = &mut world.modules()?;
    let (pinned, other) = (hex::encode(root().public()), key());
    let forged = TrustList { version: 9, ..seeds::trust() }.sign(&other);
    let cities = [
        answers(&trust(3, false), &bundle(NOW, false), &root()),
        // Without a network what was kept is there.
        Value::Null,
        answers(&trust(4, false), &bundle(NOW + 1, true), &root()),
        // Older, another under the same version, an older bundle, another root.
        answers(&trust(3, false), &bundle(NOW + 1, true), &root()),
        answers(&trust(4, true), &bundle(NOW + 1, true), &root()),
        answers(&trust(4, false), &bundle(NOW, false), &root()),
        answers(&forged, &bundle(NOW + 2, false), &other),
        answers(&trust(4, false), &bundle(NOW + 2, false), &root()),
    ];
    let told = held(page, &cities)?;
    let row = |version: &str, issued_at: i64, trouble: &str, other_root: bool| {
        json!([pinned, version, issued_at.to_string(), trouble, other_root])
    };
    assert_eq!(
        told,
        json!([
            row("3", NOW, "none", false),
            row("3", NOW, "offline", false),
            row("4", NOW + 1, "none", false),
            row("4", NOW + 1, "refused", false),
            row("4", NOW + 1, "refused", false),
            row("4", NOW + 1, "refused", false),
            row("4", NOW + 1, "refused", true),
            row("4", NOW + 2, "none", false),
        ])
    );
    Ok(())
}

#[test]
fn code_of_a_suspended_account_is_suspended_once_the_bundle_says_so() -> anyhow::Result<()> {
    let world = World::new()?;
    let page = &mut world.modules()?;
    let code = token::sign(&seeds::people()[0], &key());
    let judged = |page: &mut Page, bundle: &[u8], now: i64, age_max: i64| {
        page.text(&format!(
            "(async () => {{ {} const list = await trust.openTrustList(unhex('{}'), unhex('{}'));
               const bundle = await status.openBundle(unhex('{}'), list);
               const statusOf = (reference) => status.known(bundle, reference, {now}n, {{ ageMax: {age_max} }});
               return (await verify('{code}', list, {now}, statusOf)).code; }})()",
            crate::world::modules(),
            hex::encode(trust(3, false)),
            hex::encode(root().public()),
            hex::encode(bundle),
        ))
    };
    assert_eq!(judged(page, &bundle(NOW, false), NOW, 60)?, "valid");
    assert_eq!(judged(page, &bundle(NOW, true), NOW, 60)?, "suspended");
    assert_eq!(judged(page, &bundle(NOW - 61, false), NOW, 60)?, "stale_status");
    assert_eq!(judged(page, &bundle(NOW + 301, false), NOW, 60)?, "stale_status", "from the future");
    Ok(())
}

#[test]
fn page_says_how_old_its_data_is_and_when_it_is_too_old() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut page = world.visit()?;
    let data = page.text("document.querySelector('.data').innerText")?;
    ensure!(data.contains("phiên bản 1, xác nhận vừa xong") && data.contains("Có mạng"), "{data}");
    let shown = page.text("document.querySelector('#root').textContent.replaceAll(' ', '')")?;
    let listed = flow::http::Client::new(&world.up.base, None)?.send(
        reqwest::Method::GET,
        "/v1/trust-list",
        &[("accept", "application/json")],
        "",
    )?;
    assert_eq!(listed.json()?["root_public"], shown);
    assert_eq!(page.evaluate("document.querySelector('#notice').hidden")?, true);
    // A clock that is two minutes ahead, and right again.
    page.evaluate("(() => { globalThis.real = Date.now; Date.now = () => real() + 120_000; })()")?;
    page.click("#refresh")?;
    page.until("document.querySelector('#notice').textContent.includes('lệch 2 phút')")?;
    page.evaluate("Date.now = globalThis.real")?;
    page.click("#refresh")?;
    page.until("document.querySelector('#notice').hidden")?;
    // Five hours pass without a network.
    page.evaluate("globalThis.fetch = () => Promise.reject(new TypeError('no network'))")?;
    page.evaluate("(() => { const real = Date.now; Date.now = () => real() + 5 * 3_600_000; dispatchEvent(new Event('offline')); })()")?;
    page.until("document.querySelector('#notice').textContent.includes('5 giờ')")?;
    assert_eq!(page.evaluate("document.querySelector('#trust').classList.contains('old')")?, true);
    page.evaluate("(() => { const use = document.querySelector('#use'); use.value = 'audit'; use.dispatchEvent(new Event('change')); })()")?;
    page.until("document.querySelector('#notice').hidden")?;
    Ok(())
}
