//! The program with a citizen in it, and a browser before it.

use anyhow::Context;
use browser::{Chromium, Page};
use flow::folder::Folder;
use flow::http::Client;
use flow::people::registration;
use flow::process::{Up, add_agency};
use serde_json::Value;
use std::path::PathBuf;

/// The running program.
pub struct World {
    pub folder: Folder,
    pub up: Up,
    /// Path of the citizen's identity.
    identity: String,
    key: String,
}

/// A citizen's code in its two forms.
pub struct Codes {
    pub token: String,
    pub national: String,
}

impl World {
    /// Starts the program and registers a citizen.
    pub fn new() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let up = Up::start(&folder.data(), &[])?;
        let key = add_agency(&folder.data(), "desk", "ward_desk")?;
        let desk = Client::new(&up.base, Some(&key))?;
        let accepted = desk.decide("registrations", "r1", &registration(1))?.json()?;
        let citizen = accepted["citizen_id"].as_str().with_context(|| accepted.to_string())?;
        let identity = format!("/v1/accounts/{citizen}/identity");
        Ok(Self { identity, folder, up, key })
    }

    /// The citizen's codes.
    pub fn codes(&self) -> anyhow::Result<Codes> {
        let read = Client::new(&self.up.base, Some(&self.key))?.get(&self.identity)?.expect(200)?;
        let text = |name: &str| Ok::<_, anyhow::Error>(read[name].as_str().context("a code")?.to_owned());
        Ok(Codes { token: text("token")?, national: text("national")? })
    }

    /// A picture of a text as a QR symbol.
    pub fn symbol(&self, text: &str) -> anyhow::Result<(Vec<u8>, PathBuf)> {
        let png = identity::picture::png(text, identity::picture::Correction::Medium, 4)?;
        let path = self.folder.beside("symbol.png");
        std::fs::write(&path, &png)?;
        Ok((png, path))
    }

    /// A browser with the page open, its lists fetched.
    pub fn visit(&self) -> anyhow::Result<Page> {
        self.visit_with(Chromium::start(None)?)
    }

    /// The same in this browser.
    pub fn visit_with(&self, chromium: Chromium) -> anyhow::Result<Page> {
        let mut page = Page::new(chromium)?;
        page.open(&format!("{}/verify", self.up.base))?;
        ready(&mut page)?;
        Ok(page)
    }

    /// Asks the program for a verdict.
    pub fn verdict(&self, code: &str) -> anyhow::Result<Value> {
        let body = serde_json::json!({"code": code}).to_string();
        let headers = [("content-type", "application/json")];
        Client::new(&self.up.base, None)?
            .send(reqwest::Method::POST, "/v1/verify", &headers, body)?
            .expect(200)
    }
}

/// Waits until the page has asked for its lists.
pub fn ready(page: &mut Page) -> anyhow::Result<()> {
    page.until("document.documentElement.dataset.ready === 'yes'")
}

/// Pastes a text and waits for its verdict's code.
pub fn paste(page: &mut Page, text: &str) -> anyhow::Result<String> {
    page.evaluate("document.querySelector('#verdict').replaceChildren()")?;
    page.evaluate(&format!("document.querySelector('#text').value = {}", Value::from(text)))?;
    page.click("#paste button")?;
    said(page)
}

/// Waits for a verdict; its code.
pub fn said(page: &mut Page) -> anyhow::Result<String> {
    page.until("document.querySelector('.said')")?;
    page.text("document.querySelector('.said').dataset.code")
}

/// What is shown of the verdict.
pub fn kind(page: &mut Page) -> anyhow::Result<String> {
    page.text("document.querySelector('#answer').dataset.kind")
}

impl World {
    /// A browser on an empty page of the same origin, from where [`modules`] can be loaded.
    pub fn modules(&self) -> anyhow::Result<Page> {
        let mut page = Page::new(Chromium::start(None)?)?;
        page.open(&format!("{}/verify/check/fault.js", self.up.base))?;
        Ok(page)
    }
}

/// Script that names the modules that check, and how bytes are written for them.
pub const fn modules() -> &'static str {
    "const [base45, cbor, zlib, claims, ed25519, trust, status, { Sign1 }, { verify }] = await Promise.all(
       ['base45', 'cbor', 'zlib', 'claims', 'ed25519', 'trust', 'status', 'cose', 'verify'].map((name) => import(`/verify/check/${name}.js`)));
     const { hex } = trust;
     const latin = (text) => String.fromCharCode(...unhex(text));
     const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));"
}
