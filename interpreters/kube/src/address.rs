//! Where a cluster is, in one word: `kube:CONTEXT?namespace=NAME`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::driver::Options;

/// A context of the kubeconfig and a namespace, without any credentials.
///
/// ```
/// use escadre_kube::Address;
/// let address: Address = "kube:edge@paris?namespace=cameras".parse()?;
/// assert_eq!((address.context(), address.namespace()), (Some("edge@paris"), Some("cameras")));
/// assert_eq!(address.to_string(), "kube:edge@paris?namespace=cameras");
/// assert_eq!("kube:".parse::<Address>()?.context(), None);
/// assert!("kube:?namespace=Cameras".parse::<Address>().is_err());
/// # Ok::<(), escadre_kube::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    context: Option<String>,
    namespace: Option<String>,
    lease: Option<u64>,
    wait: Option<u64>,
    pause: Option<String>,
}

/// A text is no [`Address`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not begin as one.
    #[error(
        "expected `kube:CONTEXT`, a context of the kubeconfig; `kube:` is the current one, or that of the pod this runs in"
    )]
    Scheme,
    /// It has an option that there is not.
    #[error(
        "`{option}` is no option: expected `namespace=NAME` (up to 63 of a-z, 0-9 and inner `-`), `lease=SECONDS` or `wait=SECONDS` from 1 to 3600, or `pause=IMAGE`"
    )]
    Option {
        /// The option as it was written.
        option: String,
    },
}

impl Address {
    /// The context, if one is named.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// The namespace, if one is named; else it is that of the context.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// How the fleet is held in the cluster of a context whose namespace is `default`.
    #[must_use]
    pub fn options(&self, default: &str) -> Options {
        let namespace = self.namespace.clone().unwrap_or_else(|| default.to_owned());
        let mut options = Options { namespace, ..Options::default() };
        options.lease = self.lease.map_or(options.lease, Duration::from_secs);
        options.pods = self.wait.map_or(options.pods, Duration::from_secs);
        if let Some(image) = &self.pause {
            options.pause.clone_from(image);
        }
        options
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix("kube:").ok_or(AddressError::Scheme)?;
        // A context may have any character; an option has no `?`.
        let (context, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
        let context = Some(context.to_owned()).filter(|context| !context.is_empty());
        let mut address = Self { context, namespace: None, lease: None, wait: None, pause: None };
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let wrong = || AddressError::Option { option: option.to_owned() };
            match option.split_once('=') {
                // A namespace is a label of RFC 1123, as names of resources are.
                Some(("namespace", name)) if escadre_algebra::ResourceName::parse(name).is_ok() => {
                    address.namespace = Some(name.to_owned());
                }
                Some((which @ ("lease" | "wait"), s)) => {
                    let s = s.parse().ok().filter(|s| (1..=3600).contains(s));
                    let s = Some(s.ok_or_else(wrong)?);
                    let of = if which == "lease" { &mut address.lease } else { &mut address.wait };
                    *of = s;
                }
                Some(("pause", image)) if !image.is_empty() => {
                    address.pause = Some(image.to_owned());
                }
                _ => return Err(wrong()),
            }
        }
        Ok(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kube:{}", self.context.as_deref().unwrap_or_default())?;
        let namespace = self.namespace.iter().map(|name| format!("namespace={name}"));
        let lease = self.lease.iter().map(|s| format!("lease={s}"));
        let wait = self.wait.iter().map(|s| format!("wait={s}"));
        let pause = self.pause.iter().map(|image| format!("pause={image}"));
        let query: Vec<_> = namespace.chain(lease).chain(wait).chain(pause).collect();
        let query = query.join("&");
        if query.is_empty() { Ok(()) } else { write!(f, "?{query}") }
    }
}
