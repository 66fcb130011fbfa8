//! Roles, as far as they show without a cluster: what they need, and the keys that are handed out to them.

use flow::folder::{Folder, files, text};
use flow::process::{add_agency, output, run};
use serde_json::Value;

#[test]
fn a_role_on_embedded_backends_is_refused_with_what_it_needs() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    for role in ["ingest", "process", "serve"] {
        for half in [&[][..], &["--set", "log.backend=kafka"], &["--set", "projections.backend=scylla"]] {
            let ended = run(&folder.data(), &[half, &[role]].concat())?;
            assert_eq!(ended.code, Some(2), "{ended:?}");
            assert!(
                ended.err.contains("log.backend = \"kafka\" and projections.backend = \"scylla\""),
                "{ended:?}"
            );
            assert!(!folder.data().exists(), "{role} made the folder");
        }
    }
    let ended = run(&folder.data(), &["--set", "serve.processors=http://a:1,here", "config", "show"])?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("serve.processors (flag): expected http://host:port"), "{ended:?}");
    Ok(())
}

#[test]
fn keys_are_handed_out_with_private_ones_or_without_and_never_with_the_root() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    add_agency(&data, "helper", "helper")?;
    let ring: Value = serde_json::from_slice(&std::fs::read(data.join("keys/keyring"))?)?;
    let private: Vec<&str> =
        ring["keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let root = ring["root"].as_str().unwrap_or_default();
    assert!(private.len() == 3 && root.len() == 64, "a ring for development");

    let (public, process) = (folder.beside("public"), folder.beside("process"));
    output(&data, &["keys", "export", "--public", text(&public)])?;
    output(&data, &["keys", "export", "--private", text(&process)])?;
    let all = |of: &std::path::Path| -> anyhow::Result<String> {
        let texts = files(of)?.into_iter().map(|file| Ok(std::fs::read_to_string(file)?));
        Ok(texts.collect::<anyhow::Result<Vec<_>>>()?.concat())
    };
    let (handed_public, handed_private) = (all(&public)?, all(&process)?);
    for key in &private {
        assert!(!handed_public.contains(key) && handed_private.contains(key));
    }
    assert!(!handed_public.contains(root) && !handed_private.contains(root));
    let credentials = std::fs::read_to_string(data.join("agencies.json"))?;
    for folder in [&public, &process] {
        assert_eq!(std::fs::read_to_string(folder.join("agencies.json"))?, credentials);
    }
    assert!(files(&process.join("rules"))?.len() == 1 && !public.join("rules").exists());

    // A second time it is brought up to date; the folders of others, and the keys' own, are not overwritten.
    output(&data, &["keys", "export", "--public", text(&public)])?;
    for (which, to, code) in [("--private", &public, 1), ("--public", &process, 1), ("--private", &data, 2)] {
        let ended = run(&data, &["keys", "export", which, text(to)])?;
        assert_eq!(ended.code, Some(code), "{which} {}: {ended:?}", to.display());
    }
    let ended = run(&data, &["keys", "export", text(&public)])?;
    assert_eq!(ended.code, Some(2), "it is said which: {ended:?}");
    Ok(())
}
