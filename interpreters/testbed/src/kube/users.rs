//! Who may log in: tokens, and the kubeconfigs that hold them.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::error::TestbedError;

/// The user who may do anything.
pub(crate) const ADMIN: &str = "admin";

/// The user who may do what a test allows.
const ESCADRE: &str = "escadre";

/// The longest name of a node.
const LONGEST: usize = 253;

/// The users of one cluster, and the folder of their files.
#[derive(Debug)]
pub(crate) struct Users {
    names: Vec<String>,
    folder: PathBuf,
}

impl Users {
    /// Writes the files of `admin`, `escadre` and the kubelets of nodes: one for the API server at
    /// `url`, whose certificate is signed by `authority`, and a kubeconfig and a token for each.
    pub(crate) fn write(
        folder: &Path,
        kubelets: &[String],
        url: &str,
        authority: &Path,
    ) -> Result<Self, TestbedError> {
        let mut names = vec![ADMIN.to_owned(), ESCADRE.to_owned()];
        for node in kubelets {
            if !is_node_name(node) {
                return Err(TestbedError::NodeName { name: node.clone() });
            }
            names.push(format!("system:node:{node}"));
        }
        let users = Self { names, folder: folder.to_owned() };
        let mut table = String::new();
        for (uid, user) in users.names.iter().enumerate() {
            let token = random_token()?;
            let groups = match user.as_str() {
                ADMIN => ",\"system:masters\"",
                ESCADRE => "",
                _ => ",\"system:nodes\"",
            };
            table += &format!("{token},{user},{uid}{groups}\n");
            write_secret(&users.file(uid, "token"), &token)?;
            let config = kubeconfig(user, &token, url, authority);
            write_secret(&users.file(uid, "kubeconfig"), &config)?;
        }
        write_secret(&users.table(), &table)?;
        Ok(users)
    }

    /// The API server's file of tokens.
    pub(crate) fn table(&self) -> PathBuf {
        self.folder.join("tokens.csv")
    }

    /// The kubeconfig of a user.
    pub(crate) fn kubeconfig(&self, user: &str) -> Result<PathBuf, TestbedError> {
        Ok(self.file(self.find(user)?, "kubeconfig"))
    }

    /// The file that holds the token of a user.
    pub(crate) fn token(&self, user: &str) -> Result<PathBuf, TestbedError> {
        Ok(self.file(self.find(user)?, "token"))
    }

    fn find(&self, user: &str) -> Result<usize, TestbedError> {
        let found = self.names.iter().position(|name| name == user);
        found.ok_or_else(|| {
            let known: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
            TestbedError::UnknownUser { name: user.to_owned(), known: known.join(", ") }
        })
    }

    fn file(&self, uid: usize, kind: &str) -> PathBuf {
        self.folder.join(format!("user-{uid}.{kind}"))
    }
}

/// Whether a node can have this name; a dot or a dash in a wrong place is left to the API server.
fn is_node_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_allowed)
}

/// 128 random bits in hexadecimal digits.
fn random_token() -> Result<String, TestbedError> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(path)
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(TestbedError::io(path))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A kubeconfig with one context, `testbed`. It is JSON, which is YAML.
fn kubeconfig(user: &str, token: &str, url: &str, authority: &Path) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "testbed",
            "cluster": {"server": url, "certificate-authority": authority.display().to_string()},
        }],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": user}}],
        "current-context": "testbed",
    });
    format!("{config:#}\n")
}

/// Writes a new file that its owner alone may read.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), TestbedError> {
    File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(TestbedError::io(path))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::Users;
    use crate::error::TestbedError;

    fn written(kubelets: &[&str]) -> (tempfile::TempDir, Result<Users, TestbedError>) {
        let folder = tempfile::tempdir().unwrap();
        let kubelets: Vec<String> = kubelets.iter().map(|&name| name.to_owned()).collect();
        let url = "https://127.0.0.1:1";
        let users = Users::write(folder.path(), &kubelets, url, Path::new("/ca.pem"));
        (folder, users)
    }

    #[test]
    fn every_user_has_a_token_of_its_own_that_its_owner_alone_may_read() {
        let (_folder, users) = written(&["n1", "n2"]);
        let users = users.unwrap();
        let mut tokens = BTreeSet::new();
        for user in ["admin", "escadre", "system:node:n1", "system:node:n2"] {
            let path = users.token(user).unwrap();
            let token = std::fs::read_to_string(&path).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let config = std::fs::read_to_string(users.kubeconfig(user).unwrap()).unwrap();
            assert!(config.contains(&token));
            tokens.insert(token);
        }
        assert_eq!(tokens.len(), 4);
        let table = std::fs::read_to_string(users.table()).unwrap();
        assert_eq!(table.lines().filter(|line| line.ends_with("\"system:nodes\"")).count(), 2);
        assert_eq!(table.lines().filter(|line| line.ends_with("\"system:masters\"")).count(), 1);
    }

    #[test]
    fn an_unknown_user_is_told_who_there_is() {
        let (_folder, users) = written(&["n1"]);
        let error = users.unwrap().kubeconfig("n1").unwrap_err();
        assert!(error.to_string().contains("`system:node:n1`"), "{error}");
    }

    #[test]
    fn a_name_that_would_forge_a_line_of_the_table_is_refused() {
        for name in ["", "n,1", "n\nx,admin,0,system:masters", "N1", &"n".repeat(254)] {
            let (_folder, users) = written(&[name]);
            assert!(matches!(users, Err(TestbedError::NodeName { .. })), "{name:?}");
        }
    }
}
