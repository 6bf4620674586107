//! Which packets have come already (RFC 3711 §3.3.2).

/// The newest index, and which of the 128 up to it have come.
#[derive(Debug, Clone, Default)]
pub(super) struct ReplayWindow {
    newest: Option<u64>,
    /// The lowest bit is the newest.
    seen: u128,
}

impl ReplayWindow {
    /// The newest index that has come.
    pub(super) const fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// Whether an index has not come yet, as far as is known.
    pub(super) fn is_new(&self, index: u64) -> bool {
        let Some(newest) = self.newest else { return true };
        match newest.checked_sub(index) {
            None => true,
            Some(behind) => behind < 128 && self.seen >> behind & 1 == 0,
        }
    }

    /// Takes note of an index whose packet is genuine.
    pub(super) fn take(&mut self, index: u64) {
        let newest = self.newest.unwrap_or(index);
        match newest.checked_sub(index) {
            Some(behind @ 0..128) => self.seen |= 1 << behind,
            Some(_) => {}
            None => {
                let ahead = u32::try_from(index - newest).unwrap_or(u32::MAX);
                self.seen = self.seen.checked_shl(ahead).unwrap_or_default() | 1;
            }
        }
        self.newest = Some(newest.max(index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_new_once_and_never_when_it_is_old() {
        let mut window = ReplayWindow::default();
        for index in [1_000, 1_001, 1_005, 1_003, 1_132] {
            assert!(window.is_new(index), "{index}");
            window.take(index);
            assert!(!window.is_new(index), "{index}");
        }
        assert_eq!(window.newest(), Some(1_132));
        assert!(window.is_new(1_006) && !window.is_new(1_005) && !window.is_new(1_004) && !window.is_new(0));
        window.take(u64::MAX);
        assert!(!window.is_new(1_131) && window.is_new(u64::MAX - 1));
    }
}
