/** What the document that ebb began with lists for its hosts. */
export const hostKeys = [
  '/etc/ssh/ssh_host_ed25519_key',
  '/etc/ssh/ssh_host_ed25519_key.pub',
  '/etc/ssh/ssh_host_rsa_key',
  '/etc/ssh/ssh_host_rsa_key.pub',
];

export const minimalServer = {
  directories: [
    '/var/lib/nixos',
    '/var/lib/systemd/coredump',
    '/var/log',
    '/var/lib/tailscale',
    '/etc/NetworkManager/system-connections',
    '/var/lib/acme',
  ],
  files: ['/etc/machine-id', ...hostKeys],
};

export const juni = {
  directories: [
    '/var/log',
    '/var/lib/nixos',
    '/var/lib/systemd',
    '/var/lib/tailscale',
    '/var/lib/flatpak',
    '/etc/NetworkManager/system-connections',
  ],
  files: ['/etc/machine-id', ...hostKeys],
  home: ['.ssh', '.gnupg', 'projects', '.config', '.local/share'],
};
