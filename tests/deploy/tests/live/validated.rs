//! What tools say of the files by themselves.

use crate::{KUSTOMIZE_PROGRAM, below, python_tool, tool};
use tidy::source;

#[test]
fn prometheus_takes_configuration_and_rules() {
    tool("promtool", &["check", "config", "deploy/prometheus/prometheus.yml"], "");
    let said = tool("promtool", &["check", "rules", deploy::rules::FILES[0], deploy::rules::FILES[1]], "");
    assert!(said.contains("rules found"), "{said}");
    tool("amtool", &["check-config", "deploy/prometheus/alertmanager.yml"], "");
}

#[test]
fn alerts_fire_and_keep_quiet_as_their_cases_say() {
    for file in below("deploy/prometheus/tests/", ".test.yml") {
        let said = tool("promtool", &["test", "rules", &file], "");
        assert!(said.contains("SUCCESS"), "{said}");
    }
}

#[test]
fn compose_files_follow_the_specification() {
    for file in below("deploy/compose/", ".yaml") {
        python_tool("check-jsonschema", &["--builtin-schema", "vendor.compose-spec", &file]);
    }
}

#[test]
fn manifests_follow_the_schemas_of_kubernetes_before_and_after_kustomize() {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).expect("a folder can be made");
    let names =
        ["keyring_process", "keys_seal_process", "keyring_public", "keys_seal_public", "agencies.json"];
    for name in names {
        std::fs::write(secrets.join(name), "synthetic").expect("a file can be written");
    }
    for file in below("deploy/kubernetes/", "").iter().filter(|file| !file.ends_with(".md")) {
        let name = file.rsplit('/').next().unwrap_or_default();
        std::fs::write(folder.path().join(name), source(file)).expect("a file can be written");
        if file.ends_with(".yaml") && name != "kustomization.yaml" {
            python_tool("kubernetes-validate", &["--strict", "-k", "1.34", file]);
        }
    }
    let built = tool(&KUSTOMIZE_PROGRAM.to_string_lossy(), &["build", &folder.path().to_string_lossy()], "");
    let path = folder.path().join("built.yaml");
    std::fs::write(&path, built).expect("a file can be written");
    python_tool("kubernetes-validate", &["--strict", "-k", "1.34", &path.to_string_lossy()]);
}

#[test]
fn the_image_is_made_as_hadolint_wants_it() {
    python_tool("hadolint", &["deploy/Containerfile"]);
}

#[test]
fn systemd_knows_every_word_of_the_unit_and_finds_it_shut_in() {
    // It looks for the program; where none is installed, the tool itself stands in.
    let unit = source("deploy/systemd/congdanso.service").replace("/usr/bin/congdanso up", "/bin/true up");
    let folder = tempfile::tempdir().expect("a folder for a test");
    let path = folder.path().join("congdanso.service");
    std::fs::write(&path, unit).expect("a file can be written");
    let path = path.to_string_lossy();
    tool("systemd-analyze", &["verify", "--recursive-errors=yes", &path], "");
    // In tenths: not above what deploy/README.md says.
    tool("systemd-analyze", &["security", "--offline=true", "--no-pager", "--threshold=11", &path], "");
}
