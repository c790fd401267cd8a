//! A made-up world: devices with 12 labels, and a fleet of many layers.

use escadre_algebra::{
    Attestation, Columns, ColumnsBuilder, ColumnsError, Coverage, DeviceId, Facts, Fleet, Label,
    LabelKey, NameError, Resource, Selector, deploy, label, semver,
};

/// How many resources the layers of a fleet speak of.
pub(crate) const N_RESOURCES: usize = 20;

/// The labels, in the order of [`values`].
pub(crate) const KEYS: [&str; 12] = [
    "ring", "gpu", "zone", "role", "cores", "os", "firmware", "model", "site", "customer", "rack",
    "serial",
];

/// One step of SplitMix64: a number that looks random, the same for the same seed.
pub(crate) fn random(seed: u64, n: u64) -> u64 {
    let mut x = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

pub(crate) fn id(row: usize) -> String {
    format!("device-{row:07}")
}

/// The labels of one device. A rack is in a site and a site in a zone; a model has an operating
/// system, cores and perhaps a GPU; a site has five customers; the rest is independent.
pub(crate) fn values(seed: u64, row: u64) -> [Option<String>; 12] {
    let draw = |what: u64, n: u64| random(seed, row * 8 + what) % n;
    let (rack, model) = (draw(0, 10_000), draw(1, 50));
    let site = rack % 200;
    let customer = site * 5 + draw(2, 5);
    [
        Some(if draw(3, 10) == 0 { "canary" } else { "stable" }.to_owned()),
        (model % 10 < 3).then(|| format!("gpu-{}", model % 3)),
        Some(format!("zone-{}", site % 5)),
        Some(format!("role-{}", draw(4, 6))),
        Some((4 << (model % 4)).to_string()),
        Some(format!("os-{}", model % 10)),
        Some(format!("2.{}.{}", draw(5, 4), draw(6, 3))),
        Some(format!("model-{model}")),
        Some(format!("site-{site}")),
        Some(format!("customer-{customer}")),
        Some(format!("rack-{rack}")),
        Some(format!("{:016x}", random(seed ^ 1, row))),
    ]
}

/// The facts of one device.
pub(crate) fn facts(seed: u64, row: usize) -> Result<Facts, NameError> {
    let labels = KEYS.iter().zip(values(seed, row as u64)).filter_map(|(key, value)| {
        let key = LabelKey::parse(key).ok()?;
        Some(Label { key, value: Some(value?.into()), attestation: Attestation::Asserted })
    });
    Ok(Facts::from_labels(DeviceId::parse(&id(row))?, labels.collect()))
}

/// `n` devices in columns.
pub(crate) fn columns(seed: u64, n: usize) -> Result<Columns, Box<dyn std::error::Error>> {
    let keys: Vec<LabelKey> =
        KEYS.iter().map(|key| LabelKey::parse(key)).collect::<Result<_, _>>()?;
    let mut builder = ColumnsBuilder::new(Coverage::Complete);
    for row in 0..n {
        builder.device(&DeviceId::parse(&id(row))?)?;
        for (key, value) in keys.iter().zip(values(seed, row as u64)) {
            if let Some(value) = value {
                builder.label(key, Some(&value), Attestation::Asserted);
            }
        }
    }
    let columns: Result<_, ColumnsError> = builder.finish();
    Ok(columns?)
}

/// A condition on a device, in a form that other programs can be written from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    Is(usize, Vec<String>),
    Has(usize),
    /// The firmware is at least 2.`minor`.0.
    Firmware(u64),
    /// The cores are at least so many.
    Cores(i64),
    Both(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

/// One layer: it sets one field of one resource where a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) resource: usize,
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) condition: Condition,
}

/// `n` layers over [`N_RESOURCES`] resources: first each resource everywhere, then sites, customers,
/// models, firmware, roles, racks and single devices.
pub(crate) fn layers(seed: u64, n: usize) -> Vec<Layer> {
    (0..n)
        .map(|i| {
            let draw = |what: u64, of: u64| random(seed ^ 2, i as u64 * 8 + what) % of;
            let condition = if i < N_RESOURCES.min(n / 4) {
                Condition::Always
            } else {
                condition(seed, i, &draw)
            };
            Layer {
                resource: i % N_RESOURCES.min((n / 4).max(1)),
                field: ["image", "level", "quota"][usize::try_from(draw(7, 3)).unwrap_or(0)],
                value: format!("layer-{i}"),
                condition,
            }
        })
        .collect()
}

fn condition(seed: u64, i: usize, draw: &impl Fn(u64, u64) -> u64) -> Condition {
    use Condition::{Both, Cores, Firmware, Has, Is, Not};
    let one = |key: usize, value: String| Is(key, vec![value]);
    let both = |a, b| Both(Box::new(a), Box::new(b));
    match i % 10 {
        0..3 => one(8, format!("site-{}", draw(0, 200))),
        3 | 4 => Is(9, (0..3).map(|j| format!("customer-{}", draw(j, 1000))).collect()),
        5 => one(7, format!("model-{}", draw(0, 50))),
        6 => both(Firmware(draw(0, 4)), one(5, format!("os-{}", draw(1, 10)))),
        7 => both(one(3, format!("role-{}", draw(0, 6))), one(2, format!("zone-{}", draw(1, 5)))),
        8 => match draw(0, 3) {
            0 => Has(1),
            1 => both(Cores(16), Not(Box::new(one(0, "canary".to_owned())))),
            _ => one(0, "canary".to_owned()),
        },
        _ if draw(0, 2) == 0 => one(10, format!("rack-{}", draw(1, 10_000))),
        _ => {
            let serials = (0..5).map(|j| format!("{:016x}", random(seed ^ 1, draw(1 + j, 1000))));
            Is(11, serials.collect())
        }
    }
}

pub(crate) fn selector(condition: &Condition) -> Selector {
    match condition {
        Condition::Always => Selector::all(),
        Condition::Is(key, values) => match &values[..] {
            [only] => label(KEYS[*key]).eq(only),
            values => label(KEYS[*key]).is_in(values),
        },
        Condition::Has(key) => label(KEYS[*key]).exists(),
        Condition::Firmware(minor) => label("firmware").ge(semver(&*format!("2.{minor}"))),
        Condition::Cores(n) => label("cores").ge(*n),
        Condition::Both(a, b) => selector(a) & selector(b),
        Condition::Not(a) => !selector(a),
    }
}

pub(crate) fn resource(number: usize) -> String {
    format!("app-{number}")
}

/// The layers, each on its own.
pub(crate) fn parts(layers: &[Layer]) -> Vec<Fleet> {
    let part = |layer: &Layer| {
        let set = Resource::new(&resource(layer.resource)).set(layer.field, layer.value.as_str());
        match layer.condition {
            Condition::Always => deploy(set),
            _ => deploy(set).restrict(selector(&layer.condition)),
        }
    };
    layers.iter().map(part).collect()
}
