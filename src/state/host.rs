//! The machine's own load, once a second: CPU, memory, disks, network, and this process.
//!
//! Inside a container the numbers are the container's where its limits are lower than the machine's:
//! a share of 64 cores tells nobody that the two we may use are full. Only this one process is ever
//! asked for; walking all of them cost 19 ms a second on a small machine.
//!
//! Whatever the system does not tell (no `/proc`, no `/sys`) reads as zero; nothing here panics.

use std::thread::JoinHandle;
use std::time::Duration;

use sysinfo::{
    DiskRefreshKind, Disks, MemoryRefreshKind, Networks, Pid, ProcessRefreshKind,
    ProcessesToUpdate, System,
};

use super::cgroup::Cgroup;
use crate::aggregate::wire::{DiskInfo, HostInfo, HostPoint, ProcessInfo};

/// Disks are asked for every so many samples: they fill slowly, and a stuck mount can block the call.
const DISK_EVERY: u64 = 10;

/// Disks shown, the largest first; a container host can mount hundreds.
const MAX_DISKS: usize = 16;

/// Reads the machine. Keeps the counters of the last sample, for rates are differences.
#[derive(Debug)]
pub struct HostProbe {
    system: Option<System>,
    networks: Option<Networks>,
    pid: Option<Pid>,
    cgroup: Cgroup,
    /// CPU time of the container at the last sample.
    cgroup_cpu: Option<Duration>,
    /// CPU time of this process at the last sample, milliseconds.
    process_cpu_ms: Option<u64>,
    /// The reader of the disks while it runs: its own thread, so that a mount that does not answer
    /// costs stale disk numbers and not the tick.
    disks_reader: Option<JoinHandle<Vec<DiskInfo>>>,
    disks: Vec<DiskInfo>,
    hostname: String,
    samples: u64,
    uptime: Duration,
}

impl Default for HostProbe {
    fn default() -> Self {
        HostProbe::new()
    }
}

impl HostProbe {
    /// Takes the first readings, from which the first sample's rates are counted.
    #[must_use]
    pub fn new() -> HostProbe {
        let mut system = System::new().ok();
        let pid = sysinfo::get_current_pid().ok();
        let mut process_cpu_ms = None;
        if let Some(system) = &mut system {
            system.refresh_cpu_usage();
            process_cpu_ms = read_process(system, pid).map(|(cpu_ms, _)| cpu_ms);
        }
        let cgroup = Cgroup::of_this_process();
        let cgroup_cpu = cgroup.cpu_time();
        HostProbe {
            system,
            networks: Networks::new_with_refreshed_list().ok(),
            pid,
            cgroup,
            cgroup_cpu,
            process_cpu_ms,
            disks_reader: spawn_disks_reader(),
            disks: Vec::new(),
            hostname: System::host_name().unwrap_or_default(),
            samples: 0,
            uptime: Duration::ZERO,
        }
    }

    /// One sample; `elapsed` is the time since the last one (or since `new`).
    ///
    /// About 0.6 ms on a small machine. The point is what the feed keeps for the second, the info
    /// what `/api/v1/host` shows.
    pub fn sample(&mut self, elapsed: Duration) -> (HostPoint, HostInfo) {
        self.uptime += elapsed;
        let seconds = elapsed.as_secs_f64();
        let mut info = HostInfo { hostname: self.hostname.clone(), ..HostInfo::default() };
        if let Some(system) = &mut self.system {
            system.refresh_cpu_usage();
            system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram().with_swap());
            info.cores = u32::try_from(system.cpus().len()).unwrap_or(u32::MAX);
            info.cpu = share(f64::from(system.global_cpu_usage()), 100.0);
            info.memory_total = system.total_memory();
            info.memory_used = info.memory_total.saturating_sub(system.available_memory());
            info.swap_total = system.total_swap();
            info.swap_used = system.used_swap();
            info.process = self.process(seconds);
        }
        if let Ok(load) = System::load_average() {
            info.load = [load.one, load.five, load.fifteen].map(finite);
        }
        self.apply_cgroup(&mut info, seconds);
        (info.rx, info.tx) = self.network_rates(seconds);
        info.disks = self.disks().to_vec();
        self.samples += 1;
        let memory = share(info.memory_used as f64, info.memory_total as f64);
        (HostPoint { cpu: info.cpu, memory, rx: info.rx, tx: info.tx }, info)
    }

    fn process(&mut self, seconds: f64) -> ProcessInfo {
        let mut process = ProcessInfo { uptime_s: self.uptime.as_secs(), ..ProcessInfo::default() };
        let Some(system) = &mut self.system else { return process };
        if let Some((cpu_ms, resident)) = read_process(system, self.pid) {
            let used_ms = cpu_ms.saturating_sub(self.process_cpu_ms.unwrap_or(cpu_ms));
            process.cpu = ratio(used_ms as f64 / 1000.0, seconds);
            process.resident_bytes = resident;
            self.process_cpu_ms = Some(cpu_ms);
        }
        process
    }

    /// Puts the container's numbers in place of the machine's where its limits are lower.
    fn apply_cgroup(&mut self, info: &mut HostInfo, seconds: f64) {
        if let Some(quota) = self.cgroup.cpu_quota()
            && quota < f64::from(info.cores)
        {
            let now = self.cgroup.cpu_time();
            if let (Some(now), Some(before)) = (now, self.cgroup_cpu) {
                let used = now.saturating_sub(before).as_secs_f64();
                info.cpu = share(used, quota * seconds);
            }
            self.cgroup_cpu = now;
            // A quota of 1.5 cores is two threads' worth to the reader.
            info.cores = (quota.ceil() as u32).max(1);
        }
        if let Some(limit) = self.cgroup.memory_limit()
            && limit < info.memory_total
        {
            info.memory_total = limit;
            info.memory_used = self.cgroup.memory_used().unwrap_or(info.memory_used).min(limit);
        }
    }

    /// Bytes a second received and sent over all interfaces but loopback.
    fn network_rates(&mut self, seconds: f64) -> (f64, f64) {
        let Some(networks) = &mut self.networks else { return (0.0, 0.0) };
        networks.refresh(true);
        let (mut received, mut sent) = (0u64, 0u64);
        for (_, data) in networks.iter().filter(|(name, _)| *name != "lo" && *name != "lo0") {
            received = received.saturating_add(data.received());
            sent = sent.saturating_add(data.transmitted());
        }
        (ratio(received as f64, seconds), ratio(sent as f64, seconds))
    }

    /// The disks as last read, and a new reading every [`DISK_EVERY`] samples.
    fn disks(&mut self) -> &[DiskInfo] {
        if let Some(reader) = self.disks_reader.take_if(|reader| reader.is_finished()) {
            self.disks = reader.join().unwrap_or_default();
        }
        // A reader that hangs keeps its place: no second one is sent after it.
        if self.disks_reader.is_none() && self.samples % DISK_EVERY == DISK_EVERY - 1 {
            self.disks_reader = spawn_disks_reader();
        }
        &self.disks
    }
}

/// CPU time in milliseconds and resident bytes of this process.
fn read_process(system: &mut System, pid: Option<Pid>) -> Option<(u64, u64)> {
    let pid = pid?;
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid).map(|process| (process.accumulated_cpu_time(), process.memory()))
}

fn spawn_disks_reader() -> Option<JoinHandle<Vec<DiskInfo>>> {
    std::thread::Builder::new().name("tapline-disks".to_owned()).spawn(read_disks).ok()
}

fn read_disks() -> Vec<DiskInfo> {
    let what = DiskRefreshKind::nothing().with_storage();
    let Ok(disks) = Disks::new_with_refreshed_list_specifics(what) else { return Vec::new() };
    let found = disks.iter().map(|disk| {
        let total = disk.total_space();
        let info = DiskInfo {
            mount: disk.mount_point().to_string_lossy().into_owned(),
            used: total.saturating_sub(disk.available_space()),
            total,
        };
        (disk.name().to_string_lossy().into_owned(), info)
    });
    shown_disks(found.collect())
}

/// One entry a device (bind mounts repeat it), without empty ones, the largest first.
fn shown_disks(mut found: Vec<(String, DiskInfo)>) -> Vec<DiskInfo> {
    // The shortest mount point names a device best: `/`, not `/etc/hosts`.
    found.sort_by(|(a, x), (b, y)| (a, x.mount.len(), &x.mount).cmp(&(b, y.mount.len(), &y.mount)));
    found.dedup_by(|(a, x), (b, y)| a == b && x.total == y.total);
    let mut disks: Vec<DiskInfo> =
        found.into_iter().map(|(_, disk)| disk).filter(|disk| disk.total > 0).collect();
    disks.sort_by(|x, y| (y.total, &x.mount).cmp(&(x.total, &y.mount)));
    disks.truncate(MAX_DISKS);
    disks
}

/// `part / whole` as 0–1; 0 where there is no whole.
fn share(part: f64, whole: f64) -> f64 {
    ratio(part, whole).min(1.0)
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { finite(part / whole).max(0.0) } else { 0.0 }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_sample_of_this_machine_is_plausible() {
        let mut probe = HostProbe::new();
        let mut last = (HostPoint::default(), HostInfo::default());
        for _ in 0..3 {
            last = probe.sample(Duration::from_secs(1));
        }
        let (point, info) = last;
        assert!((0.0..=1.0).contains(&point.cpu) && (0.0..=1.0).contains(&point.memory));
        assert!(point.rx >= 0.0 && point.tx >= 0.0);
        assert_eq!(info.process.uptime_s, 3);
        if Path::new("/proc/self/stat").exists() {
            assert!(info.cores > 0 && info.memory_total > 0);
            assert!(info.process.resident_bytes > 1 << 20);
        }
    }

    #[test]
    fn no_time_between_two_samples_gives_no_rates() {
        let (point, info) = HostProbe::new().sample(Duration::ZERO);
        assert_eq!((point.rx, point.tx, info.process.cpu), (0.0, 0.0, 0.0));
        assert!(point.cpu.is_finite() && point.memory.is_finite());
    }

    #[test]
    fn a_quota_below_the_machine_replaces_its_numbers() {
        let files = [
            ("cpu.max", "200000 100000"),
            ("cpu.stat", "usage_usec 1500000"),
            ("memory.max", "1000"),
            ("memory.current", "250"),
        ];
        let (_root, group) = crate::state::cgroup::tests::cgroup("0::/\n", &files);
        let mut probe = HostProbe::new();
        probe.cgroup = group;
        probe.cgroup_cpu = Some(Duration::from_millis(500));
        let mut info =
            HostInfo { cores: 64, cpu: 0.01, memory_total: 9_000, ..HostInfo::default() };
        probe.apply_cgroup(&mut info, 1.0);
        assert_eq!((info.cores, info.cpu), (2, 0.5));
        assert_eq!((info.memory_total, info.memory_used), (1000, 250));
    }

    #[test]
    fn a_device_mounted_twice_shows_once() {
        let disk = |mount: &str, total| DiskInfo { mount: mount.to_owned(), used: 1, total };
        let shown = shown_disks(vec![
            ("/dev/sda1".to_owned(), disk("/etc/hosts", 100)),
            ("/dev/sda1".to_owned(), disk("/", 100)),
            ("/dev/sdb".to_owned(), disk("/data", 900)),
            ("none".to_owned(), disk("/run", 0)),
        ]);
        let mounts: Vec<&str> = shown.iter().map(|disk| disk.mount.as_str()).collect();
        assert_eq!(mounts, ["/data", "/"]);
    }
}
