//! Which lists of a PodSpec are maps in the algebra, and under which key.

/// What the field of a record is, beyond a plain value.
pub(super) struct Rule {
    pub(super) field: &'static str,
    pub(super) shape: Shape,
    /// The rules of its entries.
    pub(super) of: &'static [Rule],
}

/// How a field is written on either side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A list of records there, a map under this key here.
    Keyed(Key, Order),
    /// A list of texts there, a map from order keys to segments here.
    Segments,
    /// A record on both sides, with rules inside.
    Inside,
}

/// What names an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// The text in this field, which the entry then does not repeat.
    Field(&'static str),
    /// The port and its protocol: `8554/TCP`.
    Port,
    /// The taint that is tolerated; the entry keeps its fields.
    Toleration,
}

/// Whether the order of a list matters, and so is claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Never,
    Always,
    /// Where a value mentions another entry as `$(NAME)`.
    WhereMentioned,
}

const fn keyed(field: &'static str, key: &'static str, order: Order, of: &'static [Rule]) -> Rule {
    Rule { field, shape: Shape::Keyed(Key::Field(key), order), of }
}

const CONTAINER: &[Rule] = &[
    Rule { field: "args", shape: Shape::Segments, of: &[] },
    keyed("env", "name", Order::WhereMentioned, &[]),
    Rule { field: "ports", shape: Shape::Keyed(Key::Port, Order::Never), of: &[] },
    keyed("volumeMounts", "mountPath", Order::Never, &[]),
    keyed("volumeDevices", "devicePath", Order::Never, &[]),
    Rule {
        field: "resources",
        shape: Shape::Inside,
        of: &[keyed("claims", "name", Order::Never, &[])],
    },
];

/// The rules of a PodSpec.
pub(super) const POD: &[Rule] = &[
    keyed("containers", "name", Order::Never, CONTAINER),
    keyed("initContainers", "name", Order::Always, CONTAINER),
    keyed("ephemeralContainers", "name", Order::Never, CONTAINER),
    keyed("volumes", "name", Order::Never, &[]),
    keyed("imagePullSecrets", "name", Order::Never, &[]),
    keyed("hostAliases", "ip", Order::Never, &[]),
    keyed("resourceClaims", "name", Order::Never, &[]),
    keyed("schedulingGates", "name", Order::Never, &[]),
    Rule { field: "tolerations", shape: Shape::Keyed(Key::Toleration, Order::Never), of: &[] },
];

/// Fields of a resource that are the algebra's own.
pub(super) const OWN: &[&str] = &["kind", "after", "strategy"];

/// The field that says where an entry stands among the others.
pub(super) const ORDER: &str = "order";

/// The rule of `field`, if it has one.
pub(super) fn rule(rules: &'static [Rule], field: &str) -> Option<&'static Rule> {
    rules.iter().find(|rule| rule.field == field)
}
