//! Inventories without files: a synthetic network of weather stations and cameras.

use std::collections::HashMap;
use std::sync::Arc;

use escadre_algebra::{Attestation, Coverage, DeviceId, Facts, Inventory, Label, LabelKey};

/// The network of `n` devices that `seed` names: a pure function, the same on every machine.
///
/// Devices stand at sites of some 25, a site in a region of a country; large countries have most.
/// Their labels are `country`, `region`, `site`, `tz-area`, `tz-city`, `role` (camera, station or
/// gateway), `firmware` (a semantic version, older at some sites), `elevation-m` (an integer;
/// some have none), `active`, and `id.wmo` and `id.icao`, which are `true` or absent.
/// Most ids look like `st-00042`; some look like what is found in the field.
/// `firmware` is reported by the devices, the others are asserted. Costs O(n log n).
///
/// ```
/// use escadre_interpreter::inventory::{sample, Summary};
/// let inventory = sample::stations(1_000, 7);
/// assert_eq!(inventory.len(), 1_000);
/// assert_eq!(inventory.digest(), sample::stations(1_000, 7).digest());
/// assert_eq!(Summary::of(&inventory).labels.len(), 11);
/// ```
#[must_use]
pub fn stations(n: usize, seed: u64) -> Inventory {
    let Some(words) = Words::new(n, seed) else { return Inventory::empty(Coverage::Partial) };
    // Ids are sorted as numbers first: their first sixteen bytes tell all of them apart.
    let mut order: Vec<(u128, u64)> =
        (0..n as u64).map(|index| (leading(&words.id(index).0), index)).collect();
    order.sort_unstable();
    let mut devices: Vec<Facts> = Vec::with_capacity(n);
    for (_, index) in order {
        let (id, site, mut random) = words.id(index);
        let Ok(id) = DeviceId::parse(&id) else { continue };
        let mut facts = Facts::new(id);
        words.describe(&mut facts, site, &mut random);
        // Labels were appended one by one; a clone holds no room for more.
        devices.push(facts.clone());
    }
    Inventory::new(devices, Coverage::Complete)
        .unwrap_or_else(|_| Inventory::empty(Coverage::Partial))
}

/// The first sixteen bytes of `text`, as a number that is ordered as they are.
fn leading(text: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u128::from_be_bytes(bytes)
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, as good as even.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// True `percent` times in a hundred.
    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The id of the device `index`, which every form holds, so that no two are the same.
fn id(index: u64, random: &mut Random) -> String {
    match random.below(100) {
        0 => format!("ip-10-{index}.ec2.internal"),
        1 => format!("{index:05}FAY"),
        2 => format!("fb{index}_Qm2kPoQ"),
        3 => format!("CAM.{index:05}_B"),
        _ => format!("st-{index:05}"),
    }
}

/// A country: its code, its share of sites, and per region the region's code and time zone's city.
struct Country {
    code: &'static str,
    share: u64,
    area: &'static str,
    regions: &'static [(&'static str, &'static str)],
}

const fn country(
    code: &'static str,
    share: u64,
    area: &'static str,
    regions: &'static [(&'static str, &'static str)],
) -> Country {
    Country { code, share, area, regions }
}

/// The shares add up to 100.
static COUNTRIES: [Country; 12] = [
    country(
        "US",
        28,
        "America",
        &[("CA", "Los_Angeles"), ("TX", "Chicago"), ("NY", "New_York"), ("CO", "Denver")],
    ),
    country("CA", 16, "America", &[("AB", "Edmonton"), ("ON", "Toronto"), ("BC", "Vancouver")]),
    country("DE", 12, "Europe", &[("BY", "Berlin"), ("NW", "Berlin"), ("SH", "Berlin")]),
    country("FR", 9, "Europe", &[("BRE", "Paris"), ("IDF", "Paris"), ("PAC", "Paris")]),
    country("AU", 8, "Australia", &[("NSW", "Sydney"), ("WA", "Perth")]),
    country("BR", 7, "America", &[("SP", "Sao_Paulo"), ("AM", "Manaus")]),
    country("IN", 6, "Asia", &[("MH", "Kolkata"), ("KL", "Kolkata")]),
    country("JP", 5, "Asia", &[("13", "Tokyo"), ("01", "Tokyo")]),
    country("NO", 4, "Europe", &[("03", "Oslo"), ("18", "Oslo")]),
    country("ZA", 3, "Africa", &[("WC", "Johannesburg")]),
    country("CL", 1, "America", &[("MA", "Punta_Arenas")]),
    country("AQ", 1, "Antarctica", &[("", "McMurdo")]),
];

/// One site: what all its devices share.
struct Site {
    country: Arc<str>,
    region: Option<Arc<str>>,
    name: Arc<str>,
    area: Arc<str>,
    city: Arc<str>,
    elevation_m: u64,
    old_firmware: bool,
}

impl Site {
    fn of(index: u64, seed: u64) -> Self {
        let mut random = Random(!seed ^ index.wrapping_mul(0xa076_1d64_78bd_642f));
        let mut draw = random.below(100);
        let mut country = &COUNTRIES[0];
        for candidate in &COUNTRIES {
            country = candidate;
            match draw.checked_sub(candidate.share) {
                Some(rest) => draw = rest,
                None => break,
            }
        }
        let region = country.regions[random.below(country.regions.len() as u64) as usize];
        Self {
            country: country.code.into(),
            region: (!region.0.is_empty()).then(|| region.0.into()),
            name: format!("site-{index:04}").into(),
            area: country.area.into(),
            city: region.1.into(),
            // The product of two even draws: most sites are low, a few are high.
            elevation_m: random.below(60) * random.below(60),
            old_firmware: random.percent(15),
        }
    }
}

/// The keys of all labels, in their order.
const KEYS: [&str; 11] = [
    "active",
    "country",
    "elevation-m",
    "firmware",
    "id.icao",
    "id.wmo",
    "region",
    "role",
    "site",
    "tz-area",
    "tz-city",
];
/// Where `firmware` is among the keys.
const FIRMWARE: usize = 3;

/// Sites, keys and values, each stored once.
struct Words {
    seed: u64,
    sites: Vec<Site>,
    keys: [LabelKey; 11],
    values: HashMap<&'static str, Arc<str>>,
    numbers: Vec<Arc<str>>,
    firmware: Vec<Arc<str>>,
}

impl Words {
    /// The words of `n` devices; never `None`, as every key is one.
    fn new(n: usize, seed: u64) -> Option<Self> {
        let keys: Vec<LabelKey> = KEYS.iter().filter_map(|key| LabelKey::parse(key).ok()).collect();
        let words = ["true", "false", "camera", "station", "gateway"];
        Some(Self {
            seed,
            sites: (0..n.div_ceil(25).max(1) as u64).map(|index| Site::of(index, seed)).collect(),
            keys: keys.try_into().ok()?,
            values: words.into_iter().map(|word| (word, word.into())).collect(),
            numbers: (0..60 * 60 + 20).map(|n| n.to_string().into()).collect(),
            firmware: (0..5)
                .flat_map(|minor| (0..7).map(move |patch| format!("2.{minor}.{patch}").into()))
                .collect(),
        })
    }

    /// The id and the site of the device `index`, and what else is drawn for it.
    fn id(&self, index: u64) -> (String, usize, Random) {
        let mut random = Random(self.seed ^ index.wrapping_mul(0xd6e8_feb8_6659_fd93));
        // The lesser of two even draws: the first sites are the largest.
        let n_sites = self.sites.len() as u64;
        let site = random.below(n_sites).min(random.below(n_sites)) as usize;
        (id(index, &mut random), site, random)
    }

    fn describe(&self, facts: &mut Facts, site: usize, random: &mut Random) {
        let site = &self.sites[site];
        let role = match random.below(100) {
            0..70 => "camera",
            70..95 => "station",
            _ => "gateway",
        };
        let minor = if site.old_firmware { random.below(2) } else { 2 + random.below(3) };
        let patch = random.below(4) * random.below(3);
        let word = |word: &str| self.values.get(word).cloned();
        let active = random.percent(72);
        let elevation = random.percent(99).then(|| site.elevation_m + random.below(20));
        let icao = role == "station" && random.percent(38);
        let wmo = role == "station" && random.percent(76);
        let values = [
            word(if active { "true" } else { "false" }),
            Some(Arc::clone(&site.country)),
            elevation.and_then(|m| self.numbers.get(m as usize).cloned()),
            self.firmware.get((minor * 7 + patch) as usize).cloned(),
            if icao { word("true") } else { None },
            if wmo { word("true") } else { None },
            site.region.clone(),
            word(role),
            Some(Arc::clone(&site.name)),
            Some(Arc::clone(&site.area)),
            Some(Arc::clone(&site.city)),
        ];
        for (at, (key, value)) in self.keys.iter().zip(values).enumerate() {
            if value.is_some() {
                let reported = at == FIRMWARE;
                let attestation =
                    if reported { Attestation::Reported } else { Attestation::Asserted };
                facts.set(Label { key: key.clone(), value, attestation });
            }
        }
    }
}
