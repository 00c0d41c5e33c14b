//! Names of what draws: components and purposes.

/// What draws: a stable 64-bit hash of a component's name, such as `services.payment` or
/// `clients.shop`.
///
/// The same name is the same component in every run, on every platform and in every version, so
/// adding, removing or reordering other components changes none of its draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Component(u64);

impl Component {
    /// The component of this name: its FNV-1a hash over the bytes of UTF-8 (Fowler, Noll and Vo;
    /// 64 bits, offset basis `cbf29ce484222325`, prime `100000001b3`).
    pub const fn named(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
            i += 1;
        }
        Self(hash)
    }

    /// The hash.
    pub const fn id(self) -> u64 {
        self.0
    }
}

/// What a component's stream is for. The numbers are part of every result: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Purpose {
    /// Draws of calls and their attempts: [`KeyedDraws`](super::KeyedDraws).
    Calls = 0,
    /// When calls arrive in an open loop.
    Arrivals = 1,
    /// Which client makes a call.
    Clients = 2,
    /// What happens once at the start, such as each user's first think time.
    Start = 3,
    /// When and whom random faults hit.
    Faults = 4,
    /// What happens in the background of a component, such as health checks.
    Background = 5,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hash_as_fnv_1a_does() {
        // The first three are published test vectors of FNV-1a 64.
        for (name, id) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(Component::named(name).id(), id, "{name}");
        }
    }
}
