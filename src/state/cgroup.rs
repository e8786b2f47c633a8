//! The control group of this process: what binds a container's CPU and memory, and what it has used.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest `/sys/fs/cgroup` file that is read; `memory.stat` is about 1.5 KiB.
const MAX_CGROUP_FILE: u64 = 64 * 1024;

/// The control group this process lives in, version 1 or 2; empty where there is none.
///
/// Read by hand: `sysinfo` knows no CPU quota, and a group's own limit is not all that binds it, for
/// every group above it has one as well.
#[derive(Debug, Default)]
pub(super) struct Cgroup {
    /// Folders from this group up to the root, for each of the two resources.
    cpu: Vec<PathBuf>,
    memory: Vec<PathBuf>,
}

impl Cgroup {
    pub(super) fn of_this_process() -> Cgroup {
        let groups = read_small(Path::new("/proc/self/cgroup")).unwrap_or_default();
        Cgroup::locate(Path::new("/sys/fs/cgroup"), &groups)
    }

    /// `groups` is the text of `/proc/self/cgroup`: `id:controllers:path` a line, version 2 with
    /// id 0 and no controllers (cgroups(7)).
    fn locate(root: &Path, groups: &str) -> Cgroup {
        let mut found = Cgroup::default();
        let mut unified = Vec::new();
        for line in groups.lines() {
            let mut parts = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(path)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if controllers.is_empty() {
                unified = folders(root, path);
                continue;
            }
            for controller in controllers.split(',') {
                let slot = match controller {
                    "cpu" => &mut found.cpu,
                    "memory" => &mut found.memory,
                    _ => continue,
                };
                // Both names are in use for the mount of a joint hierarchy.
                let mount = [controllers, controller]
                    .into_iter()
                    .map(|name| root.join(name))
                    .find(|mount| mount.is_dir());
                *slot = mount.map(|mount| folders(&mount, path)).unwrap_or_default();
            }
        }
        if found.cpu.is_empty() {
            found.cpu = unified.clone();
        }
        if found.memory.is_empty() {
            found.memory = unified;
        }
        found
    }

    /// Cores that may be used: the lowest quota on the way up.
    pub(super) fn cpu_quota(&self) -> Option<f64> {
        let quotas = self.cpu.iter().filter_map(|folder| {
            if let Some(text) = read_small(&folder.join("cpu.max")) {
                let (quota, period) = text.trim().split_once(' ')?;
                return cores(quota, period);
            }
            cores(
                read_small(&folder.join("cpu.cfs_quota_us"))?.trim(),
                read_small(&folder.join("cpu.cfs_period_us"))?.trim(),
            )
        });
        quotas.reduce(f64::min)
    }

    /// CPU time the group has used.
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        let folder = self.cpu.first()?;
        if let Some(usage) = read_small(&folder.join("cpu.stat"))
            .and_then(|text| field(&text, "usage_usec"))
            .map(Duration::from_micros)
        {
            return Some(usage);
        }
        // Version 1 keeps usage in a controller of its own, mounted with `cpu` almost everywhere.
        let nanos = read_small(&folder.join("cpuacct.usage"))?;
        nanos.trim().parse().ok().map(Duration::from_nanos)
    }

    /// Bytes used and allowed of each group that has a limit, this one first. Of what is used, file cache
    /// and kernel objects that go before anything is killed are left out.
    pub(super) fn memory(&self) -> impl Iterator<Item = (u64, u64)> {
        self.memory.iter().filter_map(|folder| {
            let cache = ["inactive_file", "active_file", "slab_reclaimable"];
            Some((used(folder, &cache)?, limit(folder)?))
        })
    }

    /// Bytes: the lowest limit on the way up.
    pub(super) fn memory_limit(&self) -> Option<u64> {
        let limits = self.memory.iter().filter_map(|folder| limit(folder));
        limits.min()
    }

    /// Bytes in use, without file cache that the kernel gives up at once.
    pub(super) fn memory_used(&self) -> Option<u64> {
        used(self.memory.first()?, &["inactive_file"])
    }
}

/// Bytes that the group of this folder may use.
fn limit(folder: &Path) -> Option<u64> {
    let text = read_small(&folder.join("memory.max"))
        .or_else(|| read_small(&folder.join("memory.limit_in_bytes")))?;
    text.trim().parse().ok().filter(|&limit| limit > 0)
}

/// Bytes that it uses, without these rows of its `memory.stat`.
fn used(folder: &Path, without: &[&str]) -> Option<u64> {
    let used: u64 = read_small(&folder.join("memory.current"))
        .or_else(|| read_small(&folder.join("memory.usage_in_bytes")))?
        .trim()
        .parse()
        .ok()?;
    let stat = read_small(&folder.join("memory.stat")).unwrap_or_default();
    let of = |name: &&str| field(&stat, &format!("total_{name}")).or_else(|| field(&stat, name));
    Some(used.saturating_sub(without.iter().filter_map(of).sum()))
}

/// The group's folder and those above it, up to the mount. In a container the path can be the
/// host's, which is not mounted here; then the mount itself is the group.
fn folders(mount: &Path, path: &str) -> Vec<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    let mut found: Vec<PathBuf> = path
        .ancestors()
        .filter(|part| part.components().all(|c| matches!(c, std::path::Component::Normal(_))))
        .map(|part| mount.join(part))
        .filter(|folder| folder.is_dir())
        .collect();
    if found.is_empty() && mount.is_dir() {
        found.push(mount.to_owned());
    }
    found
}

fn cores(quota: &str, period: &str) -> Option<f64> {
    // `max` in version 2 and -1 in version 1 mean no quota.
    let (quota, period): (i64, i64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// The number after `name ` at the start of a line.
pub(super) fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

pub(super) fn read_small(path: &Path) -> Option<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(MAX_CGROUP_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes a folder of small files and a `Cgroup` over it.
    pub(in crate::state) fn cgroup(
        groups: &str,
        files: &[(&str, &str)],
    ) -> (tempfile::TempDir, Cgroup) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let cgroup = Cgroup::locate(root.path(), groups);
        (root, cgroup)
    }

    #[test]
    fn the_lowest_limit_on_the_way_up_binds() {
        let (_root, group) = cgroup(
            "0::/system.slice/tapline.service\n",
            &[
                ("cpu.stat", "usage_usec 1\n"),
                ("system.slice/cpu.max", "150000 100000\n"),
                ("system.slice/memory.max", "max\n"),
                ("system.slice/tapline.service/cpu.max", "max 100000\n"),
                ("system.slice/tapline.service/cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
                ("system.slice/tapline.service/memory.max", "268435456\n"),
                ("system.slice/tapline.service/memory.current", "100000\n"),
                (
                    "system.slice/tapline.service/memory.stat",
                    "anon 1\ninactive_file 40000\nactive_file 70\nslab_reclaimable 30\n",
                ),
            ],
        );
        assert_eq!(group.cpu_quota(), Some(1.5));
        assert_eq!(group.cpu_time(), Some(Duration::from_micros(2_500_000)));
        assert_eq!(group.memory_limit(), Some(256 << 20));
        assert_eq!(group.memory_used(), Some(60_000));
        assert_eq!(group.memory().collect::<Vec<_>>(), [(59_900, 256 << 20)]);
    }

    #[test]
    fn version_1_reads_the_same_in_a_container_that_sees_the_hosts_path() {
        let (_root, group) = cgroup(
            "5:cpu,cpuacct:/docker/0123\n4:memory:/docker/0123\n1:name=systemd:/docker/0123\n",
            &[
                ("cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
                ("cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
                ("cpu,cpuacct/cpuacct.usage", "7000000000\n"),
                ("memory/memory.limit_in_bytes", "1073741824\n"),
                ("memory/memory.usage_in_bytes", "500\n"),
                ("memory/memory.stat", "inactive_file 7\ntotal_inactive_file 100\n"),
            ],
        );
        assert_eq!(group.cpu_quota(), Some(0.5));
        assert_eq!(group.cpu_time(), Some(Duration::from_secs(7)));
        assert_eq!(group.memory_limit(), Some(1 << 30));
        assert_eq!(group.memory_used(), Some(400));
    }

    #[test]
    fn odd_control_files_limit_nothing() {
        for (cpu, memory) in [("-1 100000", "0"), ("max", ""), ("1 0", "x"), ("9 9 9", "-5")] {
            let files = [("cpu.max", cpu), ("memory.max", memory)];
            let (_root, group) = cgroup("0::/../..\nnonsense\n::\n", &files);
            assert_eq!((group.cpu_quota(), group.memory_limit()), (None, None), "{cpu:?}");
            assert_eq!((group.cpu_time(), group.memory_used()), (None, None));
        }
    }
}
