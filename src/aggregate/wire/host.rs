//! The machine, and the process on it.

use serde::{Deserialize, Serialize};

/// The host's own load in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostPoint {
    /// Share of all cores that was busy, 0–1.
    pub cpu: f64,
    /// Share of memory in use, 0–1.
    pub memory: f64,
    /// Bytes a second over all interfaces but loopback.
    pub rx: f64,
    pub tx: f64,
}

/// `GET /api/v1/host`: the host now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostInfo {
    pub hostname: String,
    pub cores: u32,
    pub cpu: f64,
    pub load: [f64; 3],
    #[cfg_attr(test, ts(type = "number"))]
    pub memory_used: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub memory_total: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub swap_used: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub swap_total: u64,
    /// Bytes a second.
    pub rx: f64,
    pub tx: f64,
    pub disks: Vec<DiskInfo>,
    pub process: ProcessInfo,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskInfo {
    pub mount: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub used: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub total: u64,
}

/// Tapline's own process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessInfo {
    /// Cores in use: 1.0 is one core.
    pub cpu: f64,
    #[cfg_attr(test, ts(type = "number"))]
    pub resident_bytes: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub uptime_s: u64,
}
