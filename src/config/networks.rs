//! A list of addresses and networks, as a setting.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Value;

/// Networks; a single address is the smallest one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether an address is in one of them. An IPv4 address is the same one when it is written as IPv6.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn network(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().map(|one| one.to_canonical().into());
    address.or_else(|_not_one| text.parse::<IpNet>()).ok()
}

impl Value for Networks {
    const EXPECTED: &'static str =
        "a list of addresses or networks, such as [\"127.0.0.1\", \"10.0.0.0/8\"]";
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let items = text.split(',').map(str::trim);
        let items = items.filter(|item| !item.is_empty());
        Some(Self(items.map(network).collect::<Option<_>>()?))
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(|one| format!("\"{one}\"")).collect();
        format!("[{}]", shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_addresses_and_networks_of_both_kinds() {
        let known = Networks::parse("127.0.0.1, 10.0.0.0/8,::1, fd00::/8").unwrap();
        for (address, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("::1", true),
            ("fd12::1", true),
            ("fe80::1", false),
        ] {
            assert_eq!(
                known.contain(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
        assert_eq!(Networks::parse(""), Some(Networks::default()));
        for wrong in ["localhost", "10.0.0.0/33", "127.0.0.1 10.0.0.1", "true"] {
            assert_eq!(Networks::parse(wrong), None, "{wrong}");
        }
    }
}
