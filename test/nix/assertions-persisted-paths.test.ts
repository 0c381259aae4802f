/** What else has a say in persisted paths is told. */
import { tells, withLib } from '../support/told-hosts.ts';

const isImage = 'system.etc.overlay = { enable = true; mutable = false; };';

tells('persisted paths', [
  // A mount over what the boot itself puts there.
  ...['/nix', '/nix/store', '/nix/var', '/run', '/proc', '/sys/firmware', '/dev', '/var/run', '/.ebb'].map((path) => ({
    name: undefined,
    settings: `{ environment.persistence."/persist".directories = [ "${path}" ]; }`,
    says: new RegExp(`^ebb: ${path.replace('.', '\\.')} is not to be persisted`),
  })),
  ...['impermanence', 'preservation'].map((persistence) => ({
    name: 'mounted-twice',
    of: `persistence = "${persistence}";`,
    settings: `{ fileSystems."/var/log" = { device = "/dev/sdb1"; fsType = "ext4"; }; }`,
    says: /^ebb: \/var\/log is a file system of its own, and persisted/,
    isWarning: true as const,
  })),
  {
    name: 'written-twice',
    settings: '{ environment.etc.machine-id.text = "0123456789abcdef0123456789abcdef"; }',
    says: /writes \/etc\/machine-id, too/,
  },
  {
    name: 'written-twice',
    settings: '{ environment.persistence."/persist".files = [ "/etc/shadow" ]; }',
    says: /writes \/etc\/shadow, too/,
  },
  {
    name: 'written-twice',
    settings: `{
      environment.etc."NetworkManager/system-connections".source = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-nm";
      environment.persistence."/persist".files = [ "/etc/NetworkManager/system-connections/home.nmconnection" ];
    }`,
  },
  {
    name: 'written-twice',
    settings: `{
      imports = [ homeManager ];
      home-manager.users.josh.home.file.".bashrc".text = "x";
      environment.persistence."/persist".users.josh.files = [ ".bashrc" ];
    }`,
    says: /writes \/home\/josh\/\.bashrc, too/,
  },
  {
    name: 'etc-directories',
    isWarning: true,
    settings: `{
      environment.etc."x/y/z".text = "1";
      environment.persistence."/persist".directories = [ "/etc/x" ];
    }`,
    says: /^ebb: \/etc\/x is mounted over.*such as \/etc\/x\/y\/z:/,
  },
  {
    name: 'dynamic-users',
    isWarning: true,
    settings: `{
      systemd.services.x.serviceConfig = { DynamicUser = true; StateDirectory = [ "x/cache" "y:z" ]; };
      environment.persistence."/persist".directories = [ "/var/lib/y" ];
    }`,
    says: /^ebb: \/var\/lib\/y is persisted/,
    mended: withLib(`
      environment.persistence."/persist".directories = lib.mkForce [ "/var/lib/nixos" "/var/lib/private/y" ];`),
  },
  {
    name: 'etc-image',
    isWarning: true,
    settings: `{ ${isImage} }`,
    says: /cannot mount \/etc\/machine-id/,
    mended: 'as told',
  },
  {
    name: 'activation',
    settings: '{ system.nixos-init.enable = true; }',
    says: /impermanence puts .* in place by scripts of activation/,
    mended: withLib('system.nixos-init.enable = lib.mkForce false;'),
  },
]);
