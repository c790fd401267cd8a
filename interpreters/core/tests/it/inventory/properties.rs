use super::*;

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let label = (prop::option::of(".*"), any::<bool>());
    let labels = btree_map("[a-z\"\\\\é./ü]{1,4}", label, 0..5);
    let all = btree_map("[!-~é😀]{1,6}", (labels, any::<bool>()), 0..8);
    (all, any::<bool>()).prop_map(|(all, complete)| {
        let device = |(id, (labels, unlisted)): (String, (_, bool))| {
            let mut facts = Facts::new(DeviceId::parse(&id).unwrap());
            let labels: std::collections::BTreeMap<String, (Option<String>, bool)> = labels;
            for (key, (value, reported)) in labels {
                let attestation =
                    if reported { Attestation::Reported } else { Attestation::Asserted };
                let value = value.map(Into::into);
                facts.set(Label { key: key.parse().unwrap(), value, attestation });
            }
            if unlisted { facts.with_unlisted_unknown() } else { facts }
        };
        let coverage = if complete { Coverage::Complete } else { Coverage::Partial };
        Inventory::new(all.into_iter().map(device), coverage).unwrap()
    })
}

proptest! {
    #[test]
    fn reading_undoes_writing(inventory in any_inventory()) {
        let text = written(&inventory);
        let back = read("x.jsonl", text.as_bytes(), &ReadOptions::default());
        prop_assert!(same(&inventory, &back.unwrap().inventory), "{}", text);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200), pick in 0..4_usize) {
        let format = [None, Some(Format::JsonLines), Some(Format::Csv), Some(Format::Kubernetes)];
        let options = ReadOptions::default();
        let options = format[pick].map_or(options.clone(), |f| options.format(f));
        let _ = read("x", bytes.as_slice(), &options);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(at in 0..900_usize, byte: u8, cut in 0..900_usize) {
        let line = r#"{"id": "é1", "labels": {"a\u00e9": 1.5, "b": null, "c": "x\ty"}, "reported": ["b"]}"#;
        for text in [NODES, &line.repeat(3), &format!("{line}\n").repeat(3), "id,b\n1,\"é\"\n2,3\n"] {
            let mut bytes = text.as_bytes().to_vec();
            let (n, cut) = (bytes.len(), cut.min(bytes.len()));
            bytes[at % n] = byte;
            for part in [&bytes[..], &bytes[..cut]] {
                if let Err(error) = read("x", part, &ReadOptions::default()) {
                    let (line, span) = error.snippet().unwrap_or(("", 0..0));
                    prop_assert!(line.get(span).is_some());
                }
            }
        }
    }

    #[test]
    fn csv_is_split_as_the_csv_crate_splits_it(
        rows in vec(("[a-z]{1,3}", "[ab,\"\n é]{0,5}", "[ab,\" é]{0,5}"), 0..6)
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["id", "k", "l"]).unwrap();
        let mut expect = std::collections::BTreeMap::new();
        for (id, k, l) in &rows {
            if expect.insert(id, [k, l]).is_none() {
                writer.write_record([id, k, l]).unwrap();
            } else {
                return Ok(());
            }
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let all = devices("x.csv", &text);
        prop_assert_eq!(all.len(), expect.len());
        for (device, (id, cells)) in all.iter().zip(expect) {
            prop_assert_eq!(device.id().as_str(), id);
            for (key, cell) in ["k", "l"].iter().zip(cells) {
                let known = Knowledge::Known(cell);
                let knowledge = if cell.is_empty() { Knowledge::Absent } else { known };
                prop_assert_eq!(device.label(key), knowledge);
            }
        }
    }
}
