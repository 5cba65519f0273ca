"""The card.toml that `quanho card settings --example` prints; a test holds it against the settings' own model."""

EXAMPLE = """\
# Settings for the first boot of one gateway. Check them:  quanho card settings card.toml
# What has a default may be left out. Files are looked for beside this one.

[system]
hostname = "gw-0001"
# timezone = "Asia/Ho_Chi_Minh"

[user]
name = "ky-thuat"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFypAVlkyYVwdFAUrDnAcZqIM6Lkusv+9J3rRUn7qZzA tech@office"]
# ssh_keys_file = "keys.pub"
# password_file = "user.password"       # chmod 600; only its hash goes onto the card

# [ssh]
# enabled = true
# password_login = false

[wifi]
country = "VN"

[[wifi.network]]
ssid = "Tram bom 3"
password_file = "wifi.password"         # chmod 600; only its key goes onto the card
# hidden = true
# priority = 10                         # the highest of those in reach

# [network.eth0]                        # without it: DHCP
# address = "192.168.1.20/24"
# gateway = "192.168.1.1"
# dns = ["192.168.1.1", "1.1.1.1"]

[hardware]
serial = true                           # /dev/serial0, with no login on it
i2c = true
# spi = false
# onewire = false
watchdog = true

[updates]
security = true

[quanho]
config = "edge.toml"                    # checked as by: quanho edge check
claim_code_file = "claim.code"          # chmod 600
# files = ["influx.password"]           # what edge.toml names in /etc/quanho
# wheels = "wheels"                     # a folder for offline gateways; see docs/runbooks/card.md
"""
