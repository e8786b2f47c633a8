//! What a process of root becomes: root is no place to read strangers' bytes from.

use super::BindError;
use crate::app::certificates;
use crate::app::config::{self, Config};
use crate::edge::privilege::{self, User};

/// Who this process becomes, where it is root's.
pub(in crate::app) fn user_to_be(config: &Config) -> Result<Option<User>, BindError> {
    let name = &config.process.user;
    if !privilege::is_root() {
        return Ok(None);
    }
    if name.is_empty() {
        let Some(address) = config::exposed(config).first().copied() else {
            tracing::warn!("running as root: write `user = \"NAME\"` into [process]");
            return Ok(None);
        };
        return Err(BindError::Refused(format!(
            "running as root, and {address} can be reached from other machines: write `user = \"tapline\"` \
             into [process], and it is bound before root is given up (in a container: TAPLINE_PROCESS__USER, \
             or the engine's --user); \"root\" says that it is meant"
        )));
    }
    match User::named(name) {
        Ok(Some(user)) if user.is_root() => Ok(None),
        Ok(Some(user)) => Ok(Some(user)),
        Ok(None) => Err(BindError::Refused(format!(
            "[process] user: this machine has no user {name}; `useradd --system {name}` makes one"
        ))),
        Err(error) => Err(BindError::Refused(format!("[process] user: {name}: {error}"))),
    }
}

/// Becomes this user for good, once all is bound.
pub(super) fn become_user(user: &User, config: &Config) -> Result<(), BindError> {
    let name = &config.process.user;
    user.become_for_good().map_err(|error| {
        BindError::Refused(format!("[process] user: can't become {name}: {error}"))
    })?;
    tracing::info!("all is bound: from now on this process is {name}");
    // They are read again when they are renewed, and at a reload.
    certificates::pair(config).map_err(|why| {
        BindError::Certificate(format!("{why} (as {name}, who has to read it at each renewal)"))
    })?;
    Ok(())
}
