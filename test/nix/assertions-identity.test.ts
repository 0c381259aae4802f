/** What a machine is known by, and opens its secrets with, is told where it is not kept. */
import { agenixSecret, hostKeys, sopsSecret, tells, withLib, without } from '../support/told-hosts.ts';

tells('identity', [
  {
    name: 'host-keys',
    of: without(...hostKeys),
    settings: '{ }',
    says: /^ebb: \/etc\/ssh\/ssh_host_rsa_key, \/etc\/ssh\/ssh_host_ed25519_key lies/,
    mended: 'as told',
  },
  {
    name: 'host-keys',
    of: `persistence = "preservation"; ${without(...hostKeys)}`,
    settings: '{ }',
    mended: 'as told',
  },
  {
    name: 'host-keys',
    of: 'filesystem = "tmpfs";',
    settings: '{ services.openssh.hostKeys = [ { type = "ed25519"; path = "/var/lib/ssh/key"; } ]; }',
    says: /^ebb: \/var\/lib\/ssh\/key lies/,
    mended: 'as told',
  },
  {
    name: 'host-key-mounts',
    isWarning: true,
    of: `persistence = "preservation"; ${without(...hostKeys)}`,
    settings: `{
      preservation.preserveAt."/persist".files = [ "/etc/ssh/ssh_host_ed25519_key" ];
      services.openssh.hostKeys = [ { type = "ed25519"; path = "/etc/ssh/ssh_host_ed25519_key"; } ];
    }`,
    says: /an empty file/,
  },
  {
    name: 'machine-id',
    of: without('/etc/machine-id'),
    settings: '{ }',
    says: /is not persisted/,
    mended: 'as told',
  },
  {
    name: 'machine-id',
    of: without('/etc/machine-id'),
    // What nixpkgs puts there is a place for one to be mounted on.
    settings: `{
      system.etc.overlay = { enable = true; mutable = false; };
      environment.etc.machine-id = { text = ""; mode = "0444"; };
    }`,
    says: /is not persisted/,
  },
  {
    name: 'machine-id',
    of: `persistence = "preservation"; ${without('/etc/machine-id')}`,
    settings: '{ }',
    says: /is not persisted/,
    mended: 'as told',
  },
  {
    name: 'machine-id',
    of: `persistence = "preservation"; ${without('/etc/machine-id')}`,
    settings: '{ preservation.preserveAt."/persist".files = [ "/etc/machine-id" ]; }',
    says: /after systemd has read it/,
  },
  {
    name: 'secrets',
    settings: agenixSecret,
    says: /^ebb: agenix decrypts with \/etc\/ssh\/ssh_host_rsa_key, \/etc\/ssh\/ssh_host_ed25519_key, which/,
    mended: 'as told',
  },
  {
    name: 'secrets',
    settings: sopsSecret('neededForUsers = true;'),
    says: /^ebb: sops decrypts with/,
    mended: 'as told',
  },
  {
    name: 'secrets',
    of: without(...hostKeys),
    settings: `{
      imports = [ ${sopsSecret()} ];
      environment.persistence."/persist".directories = [ "/etc/ssh" ];
    }`,
    mended: 'as told',
  },
  {
    name: 'secrets',
    settings: withLib(`
      imports = [ ${sopsSecret()} ];
      services.openssh.enable = lib.mkForce false;
      sops.age.keyFile = lib.mkDefault "/var/lib/sops-nix/key.txt";`),
    says: /^ebb: sops decrypts with \/var\/lib\/sops-nix\/key\.txt/,
    mended: 'as told',
  },
]);
