//! That the manifests name what there is, and that private keys stay where codes are signed.

use deploy::yaml::{document, documents, items, names, texts};
use std::collections::BTreeSet;
use tidy::files;

const FOLDER: &str = "deploy/kubernetes/";

fn manifests() -> BTreeSet<String> {
    let names = files().into_iter().filter_map(|file| file.strip_prefix(FOLDER).map(str::to_owned));
    names.filter(|name| name.ends_with(".yaml") && name != "kustomization.yaml").collect()
}

#[test]
fn every_manifest_is_part_of_what_is_applied() {
    let listed = names(&document(&format!("{FOLDER}kustomization.yaml"))["resources"]);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), manifests());
}

#[test]
fn the_secret_with_private_keys_is_mounted_by_the_processors_alone() {
    let mounts = |file: &String| {
        let documents = documents(&format!("{FOLDER}{file}"));
        documents.iter().flat_map(texts).any(|text| text == "congdanso-signing")
    };
    let mounting: Vec<_> = manifests().into_iter().filter(mounts).collect();
    assert_eq!(mounting, ["process.yaml"]);
}

#[test]
fn every_pod_runs_without_rights_and_within_limits() {
    let mut containers_seen = 0;
    for file in manifests() {
        for manifest in documents(&format!("{FOLDER}{file}")) {
            let pod = &manifest["spec"]["template"]["spec"];
            if pod.is_badvalue() {
                continue;
            }
            assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true), "{file}");
            for container in items(&pod["initContainers"]).chain(items(&pod["containers"])) {
                containers_seen += 1;
                let context = &container["securityContext"];
                assert_eq!(context["readOnlyRootFilesystem"].as_bool(), Some(true), "{file}");
                assert_eq!(context["allowPrivilegeEscalation"].as_bool(), Some(false), "{file}");
                assert!(container["resources"]["limits"]["memory"].as_str().is_some(), "{file}");
            }
        }
    }
    assert_eq!(containers_seen, 8, "three roles with an init container each, and two jobs");
}
