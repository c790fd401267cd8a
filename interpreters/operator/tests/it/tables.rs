//! What `kubectl get fleets` shows.

use http::Request;
use serde_json::{Value as Json, json};

use crate::bed::{Bed, inline, run};

#[test]
fn the_table_of_objects_shows_whether_why_and_how_much() {
    run(async {
        let bed = Bed::new().await;
        bed.node("n1").await;
        let fleet = bed.recorder("1");
        bed.make("cameras", &json!({"fleet": inline(&fleet), "suspend": true})).await;
        let looked = bed.operator().once().await.unwrap();
        assert_eq!(looked.len(), 1);
        assert_eq!((looked[0].name.as_str(), looked[0].reason), ("cameras", "Suspended"));
        let request = Request::get(bed.fleets())
            .header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
            .body(Vec::new())
            .unwrap();
        let table: Json = bed.admin.request(request).await.unwrap();
        let columns = table["columnDefinitions"].as_array().unwrap().iter();
        let names: Vec<_> = columns.map(|it| it["name"].as_str().unwrap()).collect();
        let wanted = ["Name", "Ready", "Reason", "Devices", "Changes", "Suspended", "Fleet", "Age"];
        assert_eq!(names, wanted);
        let cells = table["rows"][0]["cells"].as_array().unwrap();
        println!("{}", Json::from(cells.clone()));
        assert_eq!(cells[..3], [json!("cameras"), json!("False"), json!("Suspended")]);
        assert_eq!(cells[4..7], [json!(1), json!(true), json!(fleet.digest().short())]);
    });
}
