# What would brick a machine or lose data is told when its configuration is evaluated.
#
# An assertion: what is lost at the first reset, or does not boot. A warning: what only may be, or what only some would
# call a loss; each says why it is one.
{
  config,
  options,
  lib,
  utils,
  ...
}:

let
  cfg = config.ebb;
  ebb = import ./lib.nix { inherit lib; };
  inherit (ebb) availability;

  filesystem = cfg.root.filesystem;
  resets = filesystem != null;
  isMemory = filesystem == "tmpfs";
  devices = ebb.deviceList cfg.root.device;

  hasImpermanence = options ? environment.persistence;
  hasPreservation = options ? preservation.preserveAt;

  mounted = availability.ofFileSystems {
    inherit (config) fileSystems;
    inherit (cfg.root) ephemeralMounts;
  };
  there = availability.ofPersisted cfg.persisted mounted;

  quoted = builtins.toJSON;
  quotedList = paths: "[ ${lib.concatMapStringsSep " " quoted paths} ]";

  # The lines that persist paths, with the module that is there.
  persist =
    kind: paths:
    let
      shown =
        entry:
        if builtins.isString entry then
          quoted entry
        else
          "{ ${lib.concatStrings (lib.mapAttrsToList (key: value: "${key} = ${quoted value}; ") entry)}}";
      lines = lib.concatMapStrings (entry: "  ${shown entry}\n") (
        if isPreserved then (ebb.persisted.forPreservation { ${kind} = paths; }).${kind} else paths
      );
      isPreserved = hasPreservation && !hasImpermanence;
      option = if isPreserved then "preservation.preserveAt" else "environment.persistence";
    in
    lib.optionalString (!hasImpermanence && !hasPreservation) importImpermanence
    + "${option}.${quoted cfg.storage}.${kind} = [\n${lines}];";
  importImpermanence = ''
    # inputs.impermanence.url = "github:nix-community/impermanence";
    imports = [ inputs.impermanence.nixosModules.impermanence ];
  '';

  arguments = {
    inherit
      cfg
      config
      options
      lib
      utils
      ebb
      filesystem
      isMemory
      devices
      hasImpermanence
      hasPreservation
      mounted
      there
      quoted
      quotedList
      persist
      importImpermanence
      ;
    inherit (availability) step;
    # Also by what the configuration writes to /etc.
    thereOrWritten = availability.ofEtc config.environment.etc there;
    # What is mounted where is known, and some of it is reset.
    isPlaced = resets && (isMemory || devices != [ ]);
  };

  # { name; fails; says; mend; } and what is not so in most: isWarning; and isFixed, which nobody can allow.
  checks = lib.concatMap (file: import file arguments) [
    ./assertions/options.nix
    ./assertions/layout.nix
    ./assertions/boot.nix
    ./assertions/accounts.nix
    ./assertions/identity.nix
    ./assertions/persisted-paths.nix
  ];
  isWarning = check: check.isWarning or false;
  # Of what is declared and not put in place that is told, and not each thing that it was for.
  isDeclaredInVain = lib.any (check: check.name == "no-module" && check.fails) checks;
  inVain = lib.optionals isDeclaredInVain [
    "host-keys"
    "ids"
    "machine-id"
  ];
  asked = lib.filter (check: !lib.elem check.name (cfg.allow ++ inVain)) checks;

  indented =
    text:
    lib.concatMapStrings (line: "    ${line}\n") (lib.splitString "\n" (lib.removeSuffix "\n" text));
  flowing = text: lib.replaceStrings [ "\n" ] [ " " ] (lib.removeSuffix "\n" text);
  message =
    check:
    "ebb: ${flowing check.says}\n\n${indented check.mend}"
    + lib.optionalString (
      !(check.isFixed or false)
    ) "\nIf that is meant: ebb.allow = [ ${quoted check.name} ];\n";
in
{
  config = lib.mkIf cfg.enable {
    assertions = map (check: {
      assertion = !check.fails;
      message = message check;
    }) (lib.filter (check: !isWarning check) asked);

    warnings = map message (lib.filter (check: isWarning check && check.fails) asked);
  };
}
