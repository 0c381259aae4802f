/** What a configuration of NixOS with ebb's module writes: to the initrd and to the system. */
import { evaluate, minimalLib, nixpkgsLib } from '../../support/nix-evaluation.ts';

export interface Unit {
  readonly text: string;
  readonly wantedBy: readonly string[];
  readonly requiredBy: readonly string[];
}

export interface NixosConfiguration {
  /** Messages of those that do not hold. */
  readonly assertions: readonly string[];
  readonly initrd: {
    readonly fstab: string;
    readonly units: Readonly<Record<string, Unit>>;
    /** Path → content. */
    readonly files: Readonly<Record<string, string>>;
    /** Names in /bin → paths in the store. */
    readonly programs: Readonly<Record<string, string>>;
  };
  readonly system: {
    readonly fstab: string;
    readonly units: Readonly<Record<string, Unit>>;
    /** config.toml */
    readonly configuration: string;
  };
}

/** With these options of `ebb.root`, and those of another module, in Nix. */
export function nixosConfiguration(root: string, more = '{ }'): NixosConfiguration {
  const expression = `
    let
      it = evaluate {
        modules = [ module { ebb = { enable = true; root = ${root}; }; boot.initrd.systemd.enable = true; } (${more}) ];
      };
      units = builtins.mapAttrs (_: unit: { inherit (unit) text wantedBy requiredBy; });
      inherit (it.config.boot.initrd) systemd;
    in
    {
      inherit (it) assertions;
      initrd = {
        fstab = it.initrdFstab;
        units = units systemd.units;
        files = builtins.mapAttrs (_: file: if file.text != null then file.text else file.source.text) systemd.contents;
        programs = builtins.mapAttrs (_: toString) systemd.extraBin;
      };
      system = {
        inherit (it) fstab;
        units = units it.config.systemd.units;
        configuration = it.config.environment.etc."ebb/config.toml".text;
      };
    }`;
  return evaluate(expression, nixpkgsLib ?? minimalLib) as NixosConfiguration;
}
