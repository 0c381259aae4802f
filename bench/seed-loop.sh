#!/usr/bin/env bash
# What people use without ebb: find, and a loop over a list of persisted paths for each file. This is the script of
# the project's source document, with the root as an argument and its list written down instead of asked from Nix.
root=$1

PERSISTED="/var/log /var/lib/nixos /var/lib/systemd /var/lib/tailscale /var/lib/flatpak
/etc/NetworkManager/system-connections /etc/machine-id /etc/ssh/ssh_host_ed25519_key
/etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/ssh_host_rsa_key /etc/ssh/ssh_host_rsa_key.pub /home/josh/.ssh
/home/josh/.gnupg /home/josh/projects /home/josh/.config /home/josh/.local/share"

find "$root" -xdev -type f -mmin -60 2>/dev/null | while read -r file; do
  file=${file#"$root"}
  is_persisted=false
  for path in $PERSISTED; do
    if [[ "$file" == "$path"* ]]; then
      is_persisted=true
      break
    fi
  done
  if ! $is_persisted; then
    echo "UNPERSISTED: $file"
  fi
done
