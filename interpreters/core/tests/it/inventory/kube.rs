use super::*;

#[test]
fn nodes_are_devices_without_our_own_labels() {
    let found = found("nodes.json", NODES);
    assert_eq!((found.format, found.n_lines), (Format::Kubernetes, 25));
    assert_eq!(found.inventory.coverage(), Coverage::Complete);
    let edge = found.inventory.device("edge-2").unwrap();
    let shown: Vec<_> = edge
        .labels()
        .iter()
        .map(|l| (l.key.as_str(), l.value.as_deref().unwrap(), l.attestation))
        .collect();
    assert_eq!(
        shown,
        [
            ("acme.node-restriction.kubernetes.io/site", "lyon", Attestation::Asserted),
            ("kubernetes.io/hostname", "edge-2", Attestation::Reported),
            ("node-role.kubernetes.io/control-plane", "", Attestation::Asserted),
            ("role", "edge", Attestation::Asserted),
        ]
    );
    assert_eq!(found.inventory.device("edge-1").unwrap().labels(), []);
}

#[test]
fn strict_attestation_distrusts_what_a_kubelet_may_set() {
    let options = ReadOptions::default().strict_attestation(true);
    let found = read("nodes.json", NODES.as_bytes(), &options).unwrap();
    let asserted: Vec<_> = found
        .inventory
        .devices()
        .iter()
        .flat_map(Facts::labels)
        .filter(|l| l.attestation == Attestation::Asserted)
        .map(|l| l.key.as_str())
        .collect();
    assert_eq!(
        asserted,
        ["acme.node-restriction.kubernetes.io/site", "node-role.kubernetes.io/control-plane"]
    );
}

#[test]
fn a_kubelet_reports_only_what_it_may_set() {
    for key in [
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "node.kubernetes.io/anything",
        "x.kubelet.kubernetes.io/anything",
        "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/zone",
    ] {
        assert!(kubelet_reports(key) && kubelet_may_set(key), "{key}");
    }
    let own = format!("{OWN_LABEL_PREFIX}recorder");
    for key in [&own, "fakenode.kubernetes.io/x", "kubernetes.io/other", "x.k8s.io/y"] {
        assert!(!kubelet_reports(key) && !kubelet_may_set(key), "{key}");
    }
    for key in ["role", "acme.com/role", "notkubernetes.io/x"] {
        assert!(!kubelet_reports(key) && kubelet_may_set(key), "{key}");
    }
}

#[test]
fn one_node_and_a_page_of_nodes_are_read_too() {
    let one =
        r#"{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n", "labels": {"a": "b"}}}"#;
    assert_eq!(devices("-", one), [Facts::of("n", [("a", "b")]).unwrap()]);
    for more in [r#""continue": "abc""#, r#""remainingItemCount": 3"#] {
        let page = format!(r#"{{"kind": "NodeList", "metadata": {{{more}}}, "items": []}}"#);
        assert_eq!(found("-", &page).inventory.coverage(), Coverage::Partial, "{more}");
    }
    let last = r#"{"kind": "NodeList", "metadata": {"continue": "", "remainingItemCount": 0}, "items": []}"#;
    assert_eq!(found("-", last).inventory.coverage(), Coverage::Complete);
}

#[test]
fn mistakes_in_a_list_of_nodes_are_named_by_line() {
    check(
        "pods.json",
        "{\"items\": [\n{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}},\n\
         {\"metadata\": {\"name\": \"n\"}},\n{\"metadata\": {\"name\": \"n\"}}]}",
        "pods.json:2:11: the item is a `Pod`: expected a `Node` (and 1 more bad line)\n\
         line 4, column 24: the device `n` is listed twice, first on line 3\n\
         > {\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}},\n\
         >           ^^^",
    );
    check(
        "nodes.json",
        NODES.split("List").next().unwrap(),
        "nodes.json:23:11: the document is cut off: EOF while parsing a string\n\
         >   \"kind\": \"\n\
         >           ^",
    );
    check(
        "pod.json",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}"#,
        "pod.json:1:31: the document is a `Pod`: expected a list of Nodes, or a Node\n\
         > {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}}\n\
         >                               ^^^",
    );
}

#[test]
fn a_node_without_a_name_is_named_by_its_index() {
    let list = r#"{"items": [{"metadata": {"name": "n"}}, {"metadata": {}}]}"#;
    let error = refused("nodes.json", list);
    assert!(error.message().starts_with("`items[1]` has no `metadata.name`"), "{error}");
    let error = refused("node.json", r#"{"kind": "Node"}"#);
    assert!(error.message().starts_with("the Node has no `metadata.name`"), "{error}");
}
