//! Whose lines a file has that is named on the command line: its name tells, or what container engines call it, or the
//! names that stand in front of its lines.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::decode::fronts::{Fronts, Written};
use crate::decode::shipped::MAX_NAME;
use crate::pipeline::ingest::{Frame, Told};
use crate::state::sources::{Peer, Sources};

/// More than Docker writes of a container; what is longer is not read.
const MAX_CONFIG: u64 = 1 << 20;
/// As much of a container's id as `docker ps` shows.
const SHORT_ID: usize = 12;

/// Whom the lines of one file or pipe are of where they don't say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    peer: Peer,
    hostname: Option<Box<str>>,
    app_name: Option<Box<str>>,
}

impl Whose {
    /// `-` is standard input; of another file its name without the folders, unless an engine named it after a pod or a
    /// container.
    #[must_use]
    pub(super) fn of(path: &Path) -> Whose {
        let by =
            |peer: &str| Whose { peer: Peer::Name(peer.into()), hostname: None, app_name: None };
        if path == Path::new("-") {
            return by("stdin");
        }
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut names = absolute.iter().rev().map(|name| name.to_str().unwrap_or(""));
        let mut next = || names.next().unwrap_or("");
        let (file, folder, above) = (next(), next(), next());
        if let Some((namespace, pod, container)) =
            of_pods(file, folder, above).or_else(|| of_containers(file))
        {
            return Whose {
                hostname: Some(pod.into()),
                app_name: Some(container.into()),
                ..by(&format!("{namespace}/{pod}"))
            };
        }
        if let Some(id) = of_docker(file, folder) {
            let name = docker_name(&absolute.with_file_name("config.v2.json"));
            let name = name.as_deref().unwrap_or(&id[..SHORT_ID]);
            return Whose { hostname: Some(name.into()), ..by(name) };
        }
        by(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
    }

    /// The names in front of its lines, where these may tell whose they are: not where the file does, and not where the
    /// operator said how its lines are read.
    #[must_use]
    pub(super) fn fronts(&self, sources: &Sources, format: Option<&str>) -> Option<Fronts> {
        let is_said = format.is_some() || sources.is_pinned(&self.peer.to_string());
        (self.hostname.is_none() && !is_said).then(|| Fronts::new(sources.formats()))
    }

    /// Gives lines as frames, those with a name in front of them without it.
    pub(super) fn frames<'a, R>(
        &'a self,
        lines: impl Iterator<Item = (&'a [u8], Option<Written<'a>>)>,
        give: impl FnOnce(&[Frame<'_>]) -> R,
    ) -> R {
        let own = self.hostname.is_some().then_some(Told {
            hostname: self.hostname.as_deref(),
            app_name: self.app_name.as_deref(),
            at: None,
        });
        // Most files have no names in front, and a whole batch of them is on its way.
        let mut named: Vec<(usize, Told<'_>)> = Vec::new();
        let frame = |(at, (line, written)): (usize, (&'a [u8], Option<Written<'a>>))| {
            let Some(Written { hostname, app_name, line }) = written else {
                return Frame { peer: &self.peer, bytes: line, told: own.as_ref() };
            };
            named.push((at, Told { hostname: Some(hostname), app_name, at: None }));
            Frame::new(&self.peer, line)
        };
        let mut frames: Vec<Frame<'_>> = lines.enumerate().map(frame).collect();
        named.iter().for_each(|(at, told)| frames[*at].told = Some(told));
        give(&frames)
    }
}

/// A namespace, a pod and its container of the kubelet's `NAMESPACE_POD_UID/CONTAINER/0.log`, and of what it makes of
/// that file when it is full: `0.log.20261130-080000.gz`.
fn of_pods<'a>(
    file: &str,
    container: &'a str,
    above: &'a str,
) -> Option<(&'a str, &'a str, &'a str)> {
    let (restarts, rest) = file.split_once(".log")?;
    let is_log = !restarts.is_empty() && restarts.bytes().all(|b| b.is_ascii_digit());
    let (namespace, rest_of_it) = above.split_once('_')?;
    let (pod, uid) = rest_of_it.split_once('_')?;
    let is_uid = uid.len() >= 32 && uid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let fits = is_log && (rest.is_empty() || rest.starts_with('.')) && is_uid;
    (fits && [namespace, pod, container].into_iter().all(is_name))
        .then_some((namespace, pod, container))
}

/// The same of `POD_NAMESPACE_CONTAINER-ID.log`.
fn of_containers(file: &str) -> Option<(&str, &str, &str)> {
    let (pod, rest) = file.strip_suffix(".log")?.split_once('_')?;
    let (namespace, rest) = rest.split_once('_')?;
    let (container, id) = rest.rsplit_once('-')?;
    let fits = is_id(id) && [namespace, pod, container].into_iter().all(is_name);
    fits.then_some((namespace, pod, container))
}

/// The container of Docker's `ID/ID-json.log`, and of the rotated ones.
fn of_docker<'a>(file: &str, folder: &'a str) -> Option<&'a str> {
    let rest = file.strip_prefix(folder)?.strip_prefix("-json.log")?;
    (is_id(folder) && (rest.is_empty() || rest.starts_with('.'))).then_some(folder)
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// As Kubernetes has names.
fn is_name(text: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(of_name)
}

/// What Docker wrote beside a container's log: `{"Name":"/shop-web-1", …}`. `None` where it can't be read.
fn docker_name(path: &Path) -> Option<Box<str>> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(rename = "Name")]
        name: Box<str>,
    }
    // A pipe of that name would be waited for.
    let file = std::fs::metadata(path).ok()?.is_file().then(|| File::open(path))?.ok()?;
    let config: Config = serde_json::from_reader(file.take(MAX_CONFIG)).ok()?;
    let name = config.name.strip_prefix('/').unwrap_or(&config.name);
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let fits = !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(of_name);
    fits.then(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(path: &str) -> (String, Option<String>, Option<String>) {
        let Whose { peer, hostname, app_name } = Whose::of(Path::new(path));
        (peer.to_string(), hostname.map(Into::into), app_name.map(Into::into))
    }

    #[test]
    fn a_file_of_an_engine_is_of_its_pod_or_container() {
        let pod = "web-7d4b9c6f5d-x2x8k";
        let id = "0123456789ab".repeat(6)[..64].to_owned();
        let uid = "5a1c0f0e-2b7e-4c49-9a53-0d1f2e3a4b5c";
        let of_pod =
            ("shop/web-7d4b9c6f5d-x2x8k".to_owned(), Some(pod.into()), Some("nginx".into()));
        for path in [
            format!("/var/log/pods/shop_{pod}_{uid}/nginx/0.log"),
            format!("/host/pods/shop_{pod}_{uid}/nginx/12.log.20261130-080000.gz"),
            format!("/var/log/pods/shop_{pod}_{}/nginx/0.log", uid.replace('-', "")),
            format!("/var/log/containers/{pod}_shop_nginx-{id}.log"),
        ] {
            assert_eq!(whose(&path), of_pod, "{path}");
        }
        for path in
            [format!("/d/containers/{id}/{id}-json.log"), format!("/d/{id}/{id}-json.log.1")]
        {
            assert_eq!(
                whose(&path),
                (id[..12].to_owned(), Some(id[..12].to_owned()), None),
                "{path}"
            );
        }
        for path in [
            "/var/log/nginx/access.log".to_owned(),
            format!("/var/log/shop_{pod}_{uid}/nginx/access.log"),
            format!("/var/log/shop_{pod}_{uid}/nginx/0.logs"),
            format!("/var/log/shop_{pod}_{uid}/nginx/.log"),
            format!("/var/log/shop_{pod}_1/nginx/0.log"),
            format!("/var/log/{pod}_{uid}/nginx/0.log"),
            format!("/var/log/containers/{pod}_shop_nginx.log"),
            format!("/var/log/containers/{pod}_nginx-{id}.log"),
            format!("/d/containers/x/{id}-json.log"),
            "/d/containers/a/a-json.log".to_owned(),
        ] {
            let file = path.rsplit('/').next().unwrap().to_owned();
            assert_eq!(whose(&path), (file, None, None), "{path}");
        }
        assert_eq!(whose("-"), ("stdin".to_owned(), None, None));
    }

    #[test]
    fn a_container_of_docker_is_called_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let id = "ab".repeat(32);
        let own = folder.path().join(&id);
        std::fs::create_dir(&own).unwrap();
        let log = own.join(format!("{id}-json.log"));
        for (config, name) in [
            (
                r#"{"State":{"Name":"x"},"ID":"ab","Name":"/shop-web-1","Driver":"overlay2"}"#,
                "shop-web-1",
            ),
            (r#"{"Name":"shop_web_1"}"#, "shop_web_1"),
            (r#"{"Name":"/"}"#, &id[..12]),
            (r#"{"Name":"a b"}"#, &id[..12]),
            (r#"{"Name":5}"#, &id[..12]),
            ("{", &id[..12]),
        ] {
            std::fs::write(own.join("config.v2.json"), config).unwrap();
            assert_eq!(whose(log.to_str().unwrap()).1.as_deref(), Some(name), "{config}");
        }
    }
}
