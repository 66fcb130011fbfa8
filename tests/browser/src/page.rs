//! One page of a browser.

use crate::Chromium;
use crate::accessibility::Node;
use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;

/// A key that is not a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names are on the keyboard")]
pub enum Key {
    Tab,
    Enter,
    Space,
    Escape,
}

/// A page, and the browser that it is the only one of.
pub struct Page {
    chromium: Chromium,
    session: String,
}

impl Page {
    /// An empty page. What it complains about is gathered from here on.
    ///
    /// # Errors
    /// When the browser does not start.
    pub fn new(mut chromium: Chromium) -> anyhow::Result<Self> {
        let made = chromium.call(None, "Target.createTarget", json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": made["targetId"], "flatten": true});
        let attached = chromium.call(None, "Target.attachToTarget", attach)?;
        let session = attached["sessionId"].as_str().context("a session")?.to_owned();
        let mut page = Self { chromium, session };
        for domain in ["Page", "Runtime", "Log", "Accessibility", "DOM"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(page)
    }

    /// Sends a command to the page.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn call(&mut self, method: &str, parameters: Value) -> anyhow::Result<Value> {
        self.chromium.call(Some(&self.session), method, parameters)
    }

    /// The window's size in CSS pixels, drawn `scale` times as large; as a phone, it takes touches.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn resize(&mut self, width: u32, height: u32, scale: u32) -> anyhow::Result<()> {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        Ok(())
    }

    /// Has the page drawn in `light` or `dark`.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn color_scheme(&mut self, scheme: &str) -> anyhow::Result<()> {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features)?;
        Ok(())
    }

    /// Opens an address and waits until it is loaded.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn open(&mut self, url: &str) -> anyhow::Result<()> {
        self.chromium.events("Page.loadEventFired");
        let opened = self.call("Page.navigate", json!({"url": url}))?;
        ensure!(opened["errorText"].is_null(), "{url}: {}", opened["errorText"]);
        self.chromium.event("Page.loadEventFired")?;
        Ok(())
    }

    /// Takes the network away from the page and its workers, or gives it back.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn offline(&mut self, offline: bool) -> anyhow::Result<()> {
        let conditions =
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.call("Network.enable", json!({}))?;
        self.call("Network.emulateNetworkConditions", conditions)?;
        Ok(())
    }

    /// The value of an expression, awaited where it is a promise.
    ///
    /// # Errors
    /// With what it threw.
    pub fn evaluate(&mut self, expression: &str) -> anyhow::Result<Value> {
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let mut answer = self.call("Runtime.evaluate", parameters)?;
        let thrown = &answer["exceptionDetails"];
        if !thrown.is_null() {
            bail!("{expression:.200}: {}", thrown["exception"]["description"].as_str().unwrap_or_default());
        }
        Ok(answer["result"]["value"].take())
    }

    /// The text of an expression.
    ///
    /// # Errors
    /// See [`Page::evaluate`]; or when it is no text.
    pub fn text(&mut self, expression: &str) -> anyhow::Result<String> {
        let value = self.evaluate(expression)?;
        Ok(value.as_str().with_context(|| format!("{expression} is {value}"))?.to_owned())
    }

    /// Waits until an expression holds: it is looked at again whenever the page changes.
    ///
    /// # Errors
    /// When it throws, or never holds.
    pub fn until(&mut self, expression: &str) -> anyhow::Result<()> {
        let waiting = format!(
            "new Promise((resolve, reject) => {{
               const look = () => {{ try {{ if ({expression}) {{ observer.disconnect(); resolve(true); }} }} catch (error) {{ reject(error); }} }};
               const observer = new MutationObserver(look);
               observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
               look();
             }})"
        );
        self.evaluate(&waiting).with_context(|| format!("waiting for {expression}"))?;
        Ok(())
    }

    /// Clicks an element as a mouse does.
    ///
    /// # Errors
    /// When there is none, or it cannot be seen.
    pub fn click(&mut self, selector: &str) -> anyhow::Result<()> {
        let place = self.evaluate(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();
               return {{x: r.x + r.width / 2, y: r.y + r.height / 2, seen: r.width > 0}}; }})()"
        ))?;
        ensure!(place["seen"] == true, "{selector} cannot be seen");
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Presses and releases a key.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn press(&mut self, key: Key) -> anyhow::Result<()> {
        let (name, code, number, text) = match key {
            Key::Tab => ("Tab", "Tab", 9, ""),
            Key::Enter => ("Enter", "Enter", 13, "\r"),
            Key::Space => (" ", "Space", 32, " "),
            Key::Escape => ("Escape", "Escape", 27, ""),
        };
        for kind in [if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "keyUp"] {
            let mut event = json!({"type": kind, "key": name, "code": code, "windowsVirtualKeyCode": number});
            if kind == "keyDown" {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// Types into whatever has the focus.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn type_text(&mut self, text: &str) -> anyhow::Result<()> {
        self.call("Input.insertText", json!({"text": text}))?;
        Ok(())
    }

    /// Chooses a file in a file field, as its dialogue would.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn choose_file(&mut self, selector: &str, file: &Path) -> anyhow::Result<()> {
        let found = self.call(
            "Runtime.evaluate",
            json!({"expression": format!("document.querySelector({selector:?})")}),
        )?;
        let object = &found["result"]["objectId"];
        self.call("DOM.setFileInputFiles", json!({"files": [file], "objectId": object}))?;
        Ok(())
    }

    /// A picture of all of the page, as PNG.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn picture(&mut self) -> anyhow::Result<Vec<u8>> {
        let taken =
            self.call("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true}))?;
        Ok(STANDARD.decode(taken["data"].as_str().context("a picture")?)?)
    }

    /// What assistive software is told, in its order.
    ///
    /// # Errors
    /// See [`Chromium::call`].
    pub fn accessibility(&mut self) -> anyhow::Result<Vec<Node>> {
        let tree = self.call("Accessibility.getFullAXTree", json!({}))?;
        Ok(tree["nodes"].as_array().context("nodes")?.iter().filter_map(Node::of).collect())
    }

    /// What the page has complained about since the last call: errors in its console, breaches of its policy, exceptions nobody caught.
    pub fn complaints(&mut self) -> Vec<String> {
        let logged = self.chromium.events("Log.entryAdded").into_iter().map(|event| event["entry"].clone());
        let logged = logged
            .filter(|entry| entry["level"] == "error")
            .map(|entry| format!("{} {}", entry["text"], entry["url"]));
        let logged: Vec<String> = logged.collect();
        let thrown = self.chromium.events("Runtime.exceptionThrown").into_iter();
        let thrown = thrown.map(|event| event["exceptionDetails"]["exception"]["description"].to_string());
        logged.into_iter().chain(thrown).collect()
    }
}
