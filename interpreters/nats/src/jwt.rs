//! Users of an operator-mode server: their permissions as claims that an account signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use escadre_algebra::Digest;
use nkeys::{KeyPair, KeyPairType};
use serde_json::{Value, json};

use crate::permissions::{Grants, User};

/// An account that signs for its users.
pub struct Account {
    key: KeyPair,
    /// The account, where the key is one of its signing keys.
    account: Option<String>,
}

/// A text is no account's seed, or nothing can be signed with it. The text is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It is no seed of an account.
    #[error("it is no seed of an account: expected `SA…`")]
    Seed,
    /// The public key is none of an account.
    #[error(
        "it is no public nkey of an account: expected 56 capitals and digits that begin with `A`"
    )]
    Account,
    /// The key does not sign.
    #[error("the account's key does not sign")]
    Key,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("key", &self.key.public_key()).finish_non_exhaustive()
    }
}

impl Account {
    /// The account whose seed is `seed`, or with `account` the one that has it as a signing key.
    ///
    /// # Errors
    /// The seed or the public key is none of an account.
    pub fn new(seed: &str, account: Option<&str>) -> Result<Self, AccountError> {
        let key = KeyPair::from_seed(seed.trim()).map_err(|_| AccountError::Seed)?;
        if key.key_pair_type() != KeyPairType::Account {
            return Err(AccountError::Seed);
        }
        let is_account = |public: &str| {
            let pair = KeyPair::from_public_key(public);
            pair.is_ok_and(|pair| pair.key_pair_type() == KeyPairType::Account)
        };
        if account.is_some_and(|account| !is_account(account)) {
            return Err(AccountError::Account);
        }
        Ok(Self { key, account: account.map(str::to_owned) })
    }

    /// The JWT of `user`, called `name`, issued at `issued_at` (seconds since 1970): what a file of
    /// credentials holds beside the user's seed.
    ///
    /// # Errors
    /// [`AccountError::Key`].
    ///
    /// ```
    /// use escadre_nats::jwt::Account;
    /// use escadre_nats::permissions::{Buckets, User, controller};
    /// let account = nkeys::KeyPair::new_account();
    /// let user = nkeys::KeyPair::new_user();
    /// let account = Account::new(&account.seed()?, None)?;
    /// let user = User { nkey: user.public_key(), grants: controller(&Buckets::default()) };
    /// assert_eq!(account.sign(&user, "controller", 1_700_000_000)?.split('.').count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign(&self, user: &User, name: &str, issued_at: u64) -> Result<String, AccountError> {
        let mut claims = self.claims(user, name, issued_at);
        // Whatever tells two of them apart is in it.
        claims["jti"] = Digest::of(claims.to_string().as_bytes()).to_string().into();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({"typ": "JWT", "alg": "ed25519-nkey"}));
        let signed = format!("{head}.{}", part(&claims));
        let signature = self.key.sign(signed.as_bytes()).map_err(|_| AccountError::Key)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn claims(&self, user: &User, name: &str, issued_at: u64) -> Value {
        let Grants { publish, subscribe } = &user.grants;
        // To a server, a list of nothing is no list, and allows everything.
        let rule = |subjects: &[String]| match subjects {
            [] => json!({"deny": [">"]}),
            _ => json!({"allow": subjects}),
        };
        let mut nats = json!({
            "pub": rule(publish),
            "sub": rule(subscribe),
            "subs": -1,
            "data": -1,
            "payload": -1,
            "type": "user",
            "version": 2,
        });
        if let Some(account) = &self.account {
            nats["issuer_account"] = account.clone().into();
        }
        let issuer = self.key.public_key();
        json!({"iat": issued_at, "iss": issuer, "name": name, "sub": user.nkey, "nats": nats})
    }
}
