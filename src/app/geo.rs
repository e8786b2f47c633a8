//! The databases of countries and networks that the configuration names: read at the start, read
//! anew when their files change, and shown by `tapline check`.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::config::Config;
use crate::state::geo::{Databases, GeoConfig, Role, Wanted, named};

/// Between two looks whether a file was replaced. They are renewed some times a week at most; a look
/// lists seven folders.
const LOOK: Duration = Duration::from_secs(5 * 60);

const ROLES: [Role; 2] = [Role::Country, Role::Asn];

fn wanted(config: &Config, role: Role) -> &Wanted {
    match role {
        Role::Country => &config.geo.country,
        Role::Asn => &config.geo.asn,
    }
}

/// What is wrong with the files that the configuration names: the key, and a sentence.
pub(super) fn problems(config: &Config) -> Vec<(&'static str, String)> {
    let keys = [(Role::Country, "country"), (Role::Asn, "asn")];
    keys.into_iter()
        .filter_map(|(role, key)| match wanted(config, role) {
            Wanted::File(path) => named(path, role).err().map(|error| (key, error)),
            Wanted::Auto | Wanted::Off => None,
        })
        .collect()
}

fn open(config: &Config) -> (Databases, Vec<String>) {
    let (country, asn) = (config.geo.country.clone(), config.geo.asn.clone());
    Databases::open(GeoConfig::usual(country, asn))
}

/// Reads the databases, and logs what was found and what could not be used.
#[must_use]
pub fn load(config: &Config) -> Arc<Databases> {
    let (databases, wrong) = open(config);
    tell(&databases, &wrong);
    Arc::new(databases)
}

fn tell(databases: &Databases, wrong: &[String]) {
    for sentence in wrong {
        tracing::warn!("{sentence}: left out");
    }
    for role in ROLES {
        if let Some(about) = databases.found(role) {
            let (file, mib) = (about.path.display(), about.bytes >> 20);
            tracing::info!(%file, mib, "{role}: {}", about.title());
        }
    }
}

/// Looks from time to time whether a file was replaced, until told to stop.
pub(super) async fn keep_new(databases: Arc<Databases>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        let databases = Arc::clone(&databases);
        // Files are read: not on the threads that receive.
        let look = tokio::task::spawn_blocking(move || {
            let before = ROLES.map(|role| databases.found(role));
            let wrong = databases.refresh();
            let new = ROLES.map(|role| databases.found(role)) != before;
            if new || !wrong.is_empty() {
                tell(&databases, &wrong);
            }
        });
        if let Err(error) = look.await {
            tracing::warn!(%error, "databases of countries can't be looked at any more");
            return;
        }
    }
}

/// One line for each role, for `tapline check`.
#[must_use]
pub fn lines(config: &Config) -> String {
    let (databases, wrong) = open(config);
    let mut lines: Vec<String> = ROLES
        .into_iter()
        .map(|role| match (databases.found(role), wanted(config, role)) {
            (Some(about), _) => {
                format!("{role}: {} of {} ({})", about.kind, about.day(), about.path.display())
            }
            (None, Wanted::Off) => format!("{role}: off"),
            (None, _) => format!("{role}: no database found"),
        })
        .collect();
    if ROLES
        .iter()
        .any(|&role| databases.found(role).is_none() && *wanted(config, role) == Wanted::Auto)
    {
        let folders = databases.looked_in().join(", ");
        lines.push(format!("note: looked for databases (.mmdb) in {folders}"));
    }
    lines.extend(wrong.iter().map(|sentence| format!("note: {sentence}")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::app::server::{App, Setup};
    use crate::state::geo::mmdb::{Mmdb, country};

    fn write(path: &Path) {
        let networks = vec![("203.0.113.0/24", country("AS", "KR"))];
        let (kind, built) = ("GeoLite2-Country", 1_793_664_000);
        let file = Mmdb { kind, built, ip_version: 4, networks };
        std::fs::write(path, file.bytes()).expect("written");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_comes_later_is_found() {
        let dir = tempfile::tempdir().expect("a folder");
        let folders = vec![dir.path().to_owned()];
        let config = GeoConfig { country: Wanted::Auto, asn: Wanted::Off, folders };
        let databases = Arc::new(Databases::open(config).0);
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(keep_new(Arc::clone(&databases), stop.clone()));
        tokio::time::sleep(LOOK).await;
        assert_eq!(databases.found(Role::Country), None);
        write(&dir.path().join("a.mmdb"));
        // Time is made up: it passes at once, but not while a file is read.
        tokio::time::sleep(2 * LOOK).await;
        assert!(databases.found(Role::Country).is_some());
        stop.cancel();
        keeper.await.expect("it ends when told");
    }

    #[tokio::test]
    async fn the_greeting_names_the_databases() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.mmdb");
        write(&path);
        let mut config = Config::default();
        config.geo.country = Wanted::File(path);
        config.geo.asn = Wanted::Off;
        config.http.listen = vec![([127, 0, 0, 1], 0).into()];
        for listen in [&mut config.udp.listen, &mut config.tcp.listen] {
            listen.clear();
        }
        let app = App::bind(Setup::new(config)).await.expect("a port is free");
        let hello: Value = serde_json::from_slice(&app.feed.hello(0, None)).expect("JSON");
        assert_eq!(hello["geo"]["country"], "GeoLite2-Country, 2026-11-03");
        assert_eq!(hello["geo"]["asn"], Value::Null);
        let place = app.node.geo.place([203, 0, 113, 9].into());
        assert_eq!(place.country.map(|code| code.to_string()).as_deref(), Some("KR"));
    }
}
