/** Accounts that a reset locks, or gives other numbers, are told. */
import { tells, withLib, without } from '../support/told-hosts.ts';

const forget = 'users.users.josh.hashedPassword = lib.mkForce null;';
const key = 'users.users.josh.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA" ];';

tells('accounts', [
  {
    name: 'passwords',
    settings: withLib(forget),
    says: /password of josh is only in \/etc\/shadow/,
    mended: 'as told',
  },
  {
    name: 'passwords',
    settings: withLib(`${forget} ${key} services.openssh.enable = lib.mkForce false;`),
    says: /password of josh/,
  },
  {
    name: 'passwords',
    settings: '{ users.users.josh.enable = false; }',
    says: /password of root is only in \/etc\/shadow/,
    mended: 'as told',
  },
  {
    name: 'password-files',
    settings: withLib(`${forget} users.users.josh.hashedPasswordFile = lib.mkDefault "/root/josh";`),
    says: /^ebb: \/root\/josh, the password of josh, lies on the root/,
    mended: 'as told',
  },
  {
    name: 'password-files',
    settings: withLib(`
      ${forget} users.users.josh.hashedPasswordFile = lib.mkDefault "/etc/passwords/josh";
      users.mutableUsers = false;
      environment.persistence."/persist".directories = [ "/etc/passwords" ];`),
    says: /^ebb: \/etc\/passwords\/josh, the password of josh, is put in place after accounts are made/,
    mended: 'as told',
  },
  {
    name: 'sudo-passwords',
    isWarning: true,
    settings: withLib(`${forget} ${key} users.users.josh.extraGroups = [ "wheel" ];`),
    says: /^ebb: josh may log in by a key/,
    mended: 'as told',
  },
  {
    name: 'initial-passwords',
    isWarning: true,
    settings: withLib(`${forget} users.users.josh.initialPassword = "x";`),
    says: /password of josh is again the initial one/,
    mended: 'as told',
  },
  {
    name: 'ids',
    of: without('/var/lib/nixos'),
    settings: '{ users.groups = { a = { }; b = { }; c = { gid = 990; }; d = { }; }; }',
    says: /numbers of the user josh, the group a, the group b and 1 more are noted in \/var\/lib\/nixos, which is thrown away/,
    mended: 'as told',
  },
  {
    name: 'ids',
    of: `persistence = "preservation"; ${without('/var/lib/nixos')}`,
    settings: '{ preservation.preserveAt."/persist".directories = [ "/var/lib/nixos" ]; }',
    says: /put in place after they are given/,
  },
  {
    name: 'ids',
    of: without('/var/lib/nixos'),
    settings: '{ services.userborn.enable = true; }',
    says: /noted in \/etc, which is thrown away/,
    mended: 'as told',
  },
  {
    name: 'userborn',
    isWarning: true,
    settings: `{
      services.userborn.enable = true;
      systemd.services.userborn.environment.USERBORN_PREVIOUS_CONFIG = "/var/lib/userborn/previous-userborn.json";
    }`,
    says: /^ebb: userborn notes in \/var\/lib\/userborn which accounts/,
    mended: 'as told',
  },
]);
