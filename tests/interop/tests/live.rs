//! Software that is not ours, run: it reads our codes, and we read its.
#![cfg(feature = "live")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

use identity::picture::{Correction, MAX_MODULE_PIXELS, png};
use identity::status::{Entries, ListId, Status, Validity};
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};
use identity::verdict::KnownStatus;
use identity::{Claims, StatusBundle, TrustList, Verdict, token, verify};
use image::GrayImage;
use interop::picture::{
    CORRECTIONS, blots_within, blotted, blurred, dirt_within, inverted, of_png, resized, rotated, stained,
};
use interop::{code, national};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use vectors::build::{NOW, STATUS_BASE, key, person, reference, seed, trust_list};
use vectors::{Vector, claims_json};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
/// Where packages are installed and pictures written: below the target folder.
const ROOM: &str = env!("CARGO_TARGET_TMPDIR");

/// Makes `folder` by these commands, once for each content of `pinned`.
fn installed(folder: &str, pinned: &str, commands: &[&[&str]]) -> PathBuf {
    let folder = Path::new(ROOM).join(folder);
    let pinned = std::fs::read_to_string(Path::new(SCRIPTS).join(pinned)).unwrap();
    let stamp = folder.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|of| of == pinned) {
        return folder;
    }
    std::fs::create_dir_all(&folder).unwrap();
    for command in commands {
        let output = Command::new(command[0]).args(&command[1..]).current_dir(&folder).output();
        let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}: is it installed?"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::write(stamp, pinned).unwrap();
    folder
}

static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let requirements = format!("{SCRIPTS}/requirements.txt");
    let pip = ["./venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", &requirements];
    let commands: [&[&str]; 2] = [&["python3", "-m", "venv", "venv"], &pip];
    installed("interop-python", "requirements.txt", &commands).join("venv/bin/python")
});

static NODE: LazyLock<PathBuf> = LazyLock::new(|| {
    let (package, lock) = (format!("{SCRIPTS}/package.json"), format!("{SCRIPTS}/package-lock.json"));
    let commands: [&[&str]; 2] =
        [&["cp", &package, &lock, "."], &["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]];
    installed("interop-node", "package-lock.json", &commands)
});

/// What a command says to this input.
fn told(command: &mut Command, input: &Value) -> Value {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn python(script: &str) -> Command {
    let mut command = Command::new(&*PYTHON);
    command.arg(format!("{SCRIPTS}/{script}"));
    command
}

fn judged(code: &str) -> Verdict {
    verify(code, &trust_list(), NOW, &|_| KnownStatus::Unknown)
}

/// Codes that the platform writes, by the key for identities.
fn issued() -> Vec<Vector> {
    let mut vectors = vectors::read::<Vector>("valid.json");
    vectors.retain(|vector| vector.name.starts_with("as issued: ") && vector.name.ends_with("code"));
    assert!(vectors.len() >= 3);
    vectors
}

#[test]
fn codes_of_ours_are_read_by_python_libraries() {
    let issued = issued();
    let codes: Vec<_> = issued.iter().map(|vector| &vector.code).collect();
    let public = hex::encode(key(seed::IDENTITY).public());
    let answers = told(&mut python("read.py"), &json!({"public": public, "codes": codes}));
    for (vector, answer) in issued.iter().zip(answers.as_array().unwrap()) {
        let claims = vector.claims.as_ref().unwrap();
        for library in ["claim169", "pycose", "cwt"] {
            let read = &answer[library];
            let name = &vector.name;
            assert_eq!(read["1"], claims["issuer"], "{library}: {name}: {read}");
            assert_eq!(read["2"], claims["serial"], "{library}: {name}");
            assert_eq!(read["4"], claims["expires_at"], "{library}: {name}");
            assert_eq!(read["6"], claims["issued_at"], "{library}: {name}");
            assert_eq!(read["169"]["1"], claims["qid"], "{library}: {name}");
            assert_eq!(read["169"]["4"], claims["full_name"], "{library}: {name}");
        }
    }
}

#[test]
fn forged_codes_are_refused_by_python_libraries_too() {
    let mut vectors = vectors::read::<Vector>("refused.json");
    vectors.retain(|vector| vector.verdict == "bad_signature");
    let codes: Vec<_> = vectors.iter().map(|vector| &vector.code).collect();
    let public = hex::encode(key(seed::IDENTITY).public());
    let answers = told(&mut python("read.py"), &json!({"public": public, "codes": codes}));
    for (vector, answer) in vectors.iter().zip(answers.as_array().unwrap()) {
        // The one that names another key of the list is signed by the key that is asked for here.
        let same_key = vector.name.starts_with("the kid of another key");
        for library in ["claim169", "pycose", "cwt"] {
            assert_eq!(answer[library]["error"].is_string(), !same_key, "{library}: {}", vector.name);
        }
    }
}

#[test]
fn codes_of_python_libraries_are_read() {
    let key = key(seed::IDENTITY);
    let asked = json!({"seed": hex::encode([seed::IDENTITY; 32]), "kid": hex::encode(key.kid())});
    let codes = told(&mut python("write.py"), &asked);
    for library in ["claim169", "pycose", "cwt"] {
        let verdict = judged(codes[library].as_str().unwrap());
        let claims = verdict.claims().map(claims_json);
        let said = claims.unwrap_or_else(|| panic!("{library}: {verdict:?}"));
        assert!(verdict.is_valid(), "{library}: {verdict:?}");
        assert_eq!(said["full_name"], "Lê Thị Ánh", "{library}");
        assert_eq!(said["birth_date"], "1990-05-17", "{library}");
        assert_eq!((&said["issuer"], &said["serial"]), (&json!("urn:other"), &json!("S1")), "{library}");
    }
}

#[test]
fn codes_are_read_wrapped_and_drawn_by_pixelpass() {
    let issued = issued();
    let codes: Vec<_> = issued.iter().map(|vector| &vector.code).collect();
    let mut command = Command::new("node");
    command.arg(format!("{SCRIPTS}/pixelpass.js")).env("NODE_PATH", NODE.join("node_modules"));
    let answers = told(&mut command, &json!({"codes": codes}));
    for (vector, answer) in issued.iter().zip(answers.as_array().unwrap()) {
        assert_eq!((&answer["tag"], &answer["header"]), (&json!(18), &json!("a10127")));
        assert_eq!(answer["signature"].as_str().unwrap().len(), 128);
        let wrapped = judged(answer["code"].as_str().unwrap());
        assert_eq!(wrapped.claims().map(claims_json), vector.claims, "{}", vector.name);
        assert!(wrapped.is_valid());
        let picture = answer["picture"].as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
        let grey = of_png(&vectors::from_base64(picture));
        let mut prepared = rqrr::PreparedImage::prepare(grey);
        let grids = prepared.detect_grids();
        assert_eq!(grids.len(), 1);
        assert_eq!(grids[0].decode().unwrap().1, answer["code"].as_str().unwrap());
    }
}

/// Pictures and the text that each must give.
fn pictures() -> Vec<(String, GrayImage, String)> {
    let drawn = |text: &str, correction, pixels| of_png(&png(text, correction, pixels).unwrap());
    let mut all = Vec::new();
    for (form, text) in [("code", code()), ("string", national())] {
        let mut add = |what: String, picture| all.push((format!("{form} {what}"), picture, text.clone()));
        for pixels in 2..=MAX_MODULE_PIXELS {
            add(format!("of {pixels} pixels a module"), drawn(&text, Correction::Medium, pixels));
        }
        let plain = drawn(&text, Correction::Medium, 6);
        for degrees in [3.0, 15.0, 30.0, 45.0, 90.0, 137.0, 180.0, 270.0] {
            add(format!("turned by {degrees}"), rotated(&plain, degrees));
        }
        for sigma in [1.0, 1.5, 2.0] {
            add(format!("blurred by {sigma}"), blurred(&plain, sigma));
        }
        add("inverted".to_owned(), inverted(&plain));
        add("at another size".to_owned(), resized(&plain, plain.width() * 7 / 9));
        for correction in CORRECTIONS {
            for dirt in 0..5 {
                let picture = drawn(&text, correction, 4);
                let smeared = stained(&picture, 4, dirt_within(correction), dirt);
                add(format!("smeared, {correction:?}, seed {dirt}"), smeared);
                let blotted = blotted(&picture, 4, blots_within(correction), dirt);
                add(format!("blotted, {correction:?}, seed {dirt}"), blotted);
            }
        }
    }
    all
}

#[test]
fn pictures_are_read_by_a_second_decoder() {
    let folder = Path::new(ROOM).join("interop-pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let pictures = pictures();
    let mut command = python("pictures.py");
    for (at, (_, picture, _)) in pictures.iter().enumerate() {
        let file = folder.join(format!("{at}.png"));
        picture.save(&file).unwrap();
        command.arg(file);
    }
    let texts = told(&mut command, &Value::Null);
    let unread: Vec<_> = pictures
        .iter()
        .zip(texts.as_array().unwrap())
        .filter(|((_, _, text), read)| **read != json!([text]))
        .map(|((what, ..), read)| format!("{what}: {read}"))
        .collect();
    assert!(unread.is_empty(), "of {} pictures: {unread:#?}", pictures.len());
    assert_eq!(judged(&code()).claims(), Some(&person()));
}

/// Runs the lines that README gives for a verifier of one's own.
fn pasted(code: &str, trust_list: &[u8], status_bundle: &[u8]) -> Result<String, String> {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("python3 <<'END'\n").unwrap();
    let (lines, _) = rest.split_once("\nEND\n").unwrap();
    let folder = Path::new(ROOM).join("interop-pasted");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("trust-list.cbor"), trust_list).unwrap();
    std::fs::write(folder.join("status-bundle.cbor"), status_bundle).unwrap();
    let mut command = Command::new(&*PYTHON);
    command.args(["-c", lines]).current_dir(&folder);
    command.env("CODE", code).env("ROOT", hex::encode(key(seed::ROOT).public()));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

const REVOKED: u64 = 77;
const SUSPENDED: u64 = 78;

/// A bundle by the key of this seed.
fn bundle_of(signed_at: i64, seed: u8) -> Vec<u8> {
    let mut entries = Entries::default();
    entries.set(REVOKED, Status::Invalid);
    entries.set(SUSPENDED, Status::Suspended);
    let lists = [(ListId { epoch: 0, partition: 12, block: 3 }, entries)].into();
    let bundle =
        StatusBundle { base_uri: STATUS_BASE.to_owned(), validity: Validity::from(signed_at), lists };
    bundle.sign(&key(seed))
}

#[test]
fn lines_of_readme_check_a_code_as_they_are_pasted() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let listed = |seed: u8, withdrawn| {
        let key = TrustedKey::new(key(seed).public(), Purpose::Identity, now - 20_000, now + 1_000);
        TrustedKey { withdrawn, ..key }
    };
    let withdrawn = |state, at| Some(Withdrawal { state, at, reason: Reason::Superseded });
    let keys = vec![
        listed(seed::IDENTITY, None),
        listed(seed::RETIRED, withdrawn(State::Retired, now - 500)),
        listed(seed::REVOKED, withdrawn(State::Revoked, now)),
        TrustedKey { purpose: Purpose::Status, ..listed(seed::STATUS, None) },
    ];
    let list = TrustList { version: 1, issued_at: now, keys, ..TrustList::default() }.sign(&key(seed::ROOT));
    let with_status = |issued_at: i64, seed: u8, index: u64| {
        let status = reference(index);
        let person = Claims { issued_at, not_before: issued_at, expires_at: now + 500, status, ..person() };
        token::sign(&person, &key(seed))
    };
    let issued = |issued_at: i64, seed: u8| with_status(issued_at, seed, 5);
    let bundle = bundle_of(now, seed::STATUS);
    let said = format!("{} 19900517", person().full_name);
    for seed in [seed::IDENTITY, seed::RETIRED] {
        assert_eq!(pasted(&issued(now - 600, seed), &list, &bundle), Ok(said.clone()));
    }
    // Behind the end of its list.
    assert_eq!(pasted(&with_status(now - 600, seed::IDENTITY, 1_000), &list, &bundle), Ok(said));
    for (code, why) in [
        (with_status(now - 600, seed::IDENTITY, REVOKED), "revoked or suspended"),
        (with_status(now - 600, seed::IDENTITY, SUSPENDED), "revoked or suspended"),
        (issued(now - 400, seed::RETIRED), "outside the validity"),
        (issued(now - 600, seed::REVOKED), "revoked"),
        (issued(now - 600, seed::STATUS), "a key for something else"),
        (issued(now - 600, seed::STRANGER), "KeyError"),
        (issued(now + 400, seed::IDENTITY), "not yet valid"),
    ] {
        let error = pasted(&code, &list, &bundle).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    }
    let code = issued(now - 600, seed::IDENTITY);
    for (bundle, why) in [
        (bundle_of(now - 5 * 3_600, seed::STATUS), "too old"),
        (bundle_of(now, seed::IDENTITY), "a key for something else"),
    ] {
        let error = pasted(&code, &list, &bundle).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    }
    let forged = vectors::read::<Vector>("refused.json");
    let forged = forged.iter().find(|vector| vector.name == "one bit of the payload").unwrap();
    assert!(pasted(&forged.code, &list, &bundle).unwrap_err().contains("InvalidSignature"));
}
