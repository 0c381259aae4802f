# What can be said of a unit: nixos/lib/systemd-unit-options.nix, systemd-types.nix and a part of systemd-lib.nix.
# `stage` is 1 for the initrd: there is no switching of configurations there.
{
  lib,
  pkgs,
  utils,
  systemdPackage ? pkgs.systemd,
}:

let
  inherit (import ./declare.nix lib)
    computed
    flag
    flagOn
    option
    required
    strings
    text
    types
    ;
  inherit (lib) mkIf mkOption optionalAttrs;

  unitName = types.strMatching "[a-zA-Z0-9@%:_.\\-]+[.](service|socket|device|mount|automount|swap|target|path|timer|scope|slice)";
  unitNames = option (types.listOf unitName) [ ];

  # Lists are repeated settings and add up; anything else has to be said once.
  unitOption = lib.mkOptionType {
    name = "systemd option";
    merge =
      loc: definitions:
      let
        strongest = lib.filterOverrides definitions;
        isList = definition: builtins.isList definition.value;
      in
      if lib.any isList strongest then
        lib.concatMap (
          definition:
          if isList definition then
            definition.value
          else
            throw "The definitions for systemd unit options should be either all lists, representing repeatable options, or all non-lists, but for the option ${lib.showOption loc}, the definitions are a mix of list and non-list"
        ) strongest
      else
        lib.mergeEqualOption loc strongest;
  };
  section = option (types.attrsOf unitOption) { };

  shared = {
    enable = flagOn;
    overrideStrategy = option (types.enum [
      "asDropinIfExists"
      "asDropin"
    ]) "asDropinIfExists";
    requiredBy = unitNames;
    upheldBy = unitNames;
    wantedBy = unitNames;
    aliases = unitNames;
  };

  common = {
    options = shared // {
      name = required types.str;
      description = option types.singleLineStr "";
      documentation = strings;
      requires = unitNames;
      wants = unitNames;
      upholds = unitNames;
      after = unitNames;
      before = unitNames;
      bindsTo = unitNames;
      partOf = unitNames;
      conflicts = unitNames;
      requisite = unitNames;
      onFailure = unitNames;
      onSuccess = unitNames;
      startLimitBurst = required types.int;
      startLimitIntervalSec = required types.int;
      unitConfig = section;
    };
  };
  commonStage2.options = {
    restartTriggers = option (types.listOf types.unspecified) [ ];
    reloadTriggers = option (types.listOf unitOption) [ ];
  };

  # The relations become settings of [Unit].
  unitConfig =
    {
      name,
      config,
      options,
      ...
    }:
    let
      # Something that changes with what is listed.
      triggers =
        key: values:
        optionalAttrs (values != [ ]) {
          ${key} = "${pkgs.writeText "${key}-${name}" (toString (lib.flatten values))}";
        };
      words = key: values: optionalAttrs (values != [ ]) { ${key} = toString values; };
    in
    {
      config.unitConfig =
        words "Requires" config.requires
        // words "Wants" config.wants
        // words "Upholds" config.upholds
        // words "After" config.after
        // words "Before" config.before
        // words "BindsTo" config.bindsTo
        // words "PartOf" config.partOf
        // words "Conflicts" config.conflicts
        // words "Requisite" config.requisite
        // words "Documentation" config.documentation
        // words "OnFailure" config.onFailure
        // words "OnSuccess" config.onSuccess
        // triggers "X-Restart-Triggers" (config.restartTriggers or [ ])
        // triggers "X-Reload-Triggers" (config.reloadTriggers or [ ])
        // optionalAttrs (config.description != "") { Description = config.description; }
        // optionalAttrs options.startLimitIntervalSec.isDefined {
          StartLimitIntervalSec = toString config.startLimitIntervalSec;
        }
        // optionalAttrs options.startLimitBurst.isDefined {
          StartLimitBurst = toString config.startLimitBurst;
        };
    };

  service =
    { name, config, ... }:
    let
      script =
        suffix: body:
        let
          program = pkgs.writeShellScriptBin "unit-script-${name}-${suffix}" "set -e\n\n${body}\n";
        in
        "${program}/bin/${name}-${suffix}";
      run =
        key: suffix: wrap: body:
        mkIf (body != "") { serviceConfig.${key} = wrap (script suffix body); };
    in
    {
      options = {
        environment = option (types.attrsOf (
          types.nullOr (
            types.oneOf [
              types.str
              types.path
              types.package
            ]
          )
        )) { };
        path = option (types.listOf (
          types.oneOf [
            types.package
            types.str
          ]
        )) [ ];
        serviceConfig = option (types.addCheck (types.attrsOf unitOption) (
          values:
          let
            plain =
              value:
              if value._type or null == "override" || value._type or null == "if" then value.content else value;
            oneOf = key: allowed: !(values ? ${key}) || lib.elem (plain values.${key}) allowed;
          in
          oneOf "Type" [
            "exec"
            "simple"
            "forking"
            "oneshot"
            "dbus"
            "notify"
            "notify-reload"
            "idle"
          ]
          && oneOf "Restart" [
            "no"
            "on-success"
            "on-failure"
            "on-abnormal"
            "on-abort"
            "on-watchdog"
            "always"
          ]
        )) { };
        enableStrictShellChecks = flag;
        script = text;
        scriptArgs = option types.str "";
        preStart = text;
        postStart = text;
        reload = text;
        preStop = text;
        postStop = text;
      };
      config = lib.mkMerge [
        {
          name = "${name}.service";
          environment.PATH = mkIf (config.path != [ ]) (
            "${lib.makeBinPath config.path}:${lib.makeSearchPathOutput "bin" "sbin" config.path}"
          );
        }
        (run "ExecStart" "start" (program: "${program} ${config.scriptArgs}") config.script)
        (run "ExecStartPre" "pre-start" lib.singleton config.preStart)
        (run "ExecStartPost" "post-start" lib.singleton config.postStart)
        (run "ExecReload" "reload" lib.id config.reload)
        (run "ExecStop" "pre-stop" lib.id config.preStop)
        (run "ExecStopPost" "post-stop" lib.id config.postStop)
      ];
    };
  serviceStage2 = {
    options = {
      restartIfChanged = flagOn;
      reloadIfChanged = flag;
      stopIfChanged = flagOn;
      notSocketActivated = flag;
      startAt = mkOption {
        type = types.either types.str (types.listOf types.str);
        default = [ ];
        apply = lib.toList;
      };
    };
    config.path = lib.mkAfter [
      pkgs.coreutils
      pkgs.findutils
      pkgs.gnugrep
      pkgs.gnused
      systemdPackage
    ];
  };

  named = suffix: { name, ... }: { config.name = "${name}.${suffix}"; };
  timer.options.timerConfig = section;
  pathUnit.options.pathConfig = section;
  slice.options.sliceConfig = section;
  socket.options = {
    listenStreams = strings;
    listenDatagrams = strings;
    socketConfig = section;
  };
  mount =
    { config, ... }:
    {
      options = {
        what = required types.str;
        where = required types.str;
        type = option types.str "";
        options = option types.commas "";
        mountConfig = section;
      };
      config = {
        name = "${utils.escapeSystemdPath config.where}.mount";
        mountConfig = {
          What = config.what;
          Where = config.where;
        }
        // optionalAttrs (config.type != "") { Type = config.type; }
        // optionalAttrs (config.options != "") { Options = config.options; };
      };
    };
  automount =
    { config, ... }:
    {
      options = {
        where = required types.str;
        automountConfig = section;
      };
      config = {
        name = "${utils.escapeSystemdPath config.where}.automount";
        automountConfig.Where = config.where;
      };
    };

  of =
    stage: modules:
    types.submodule ([ common ] ++ lib.optional (stage == 2) commonStage2 ++ [ unitConfig ] ++ modules);
in
{
  # The options of `systemd` or `boot.initrd.systemd`.
  options = stage: {
    services = option (types.attrsOf (
      of stage ([ service ] ++ lib.optional (stage == 2) serviceStage2)
    )) { };
    targets = option (types.attrsOf (of stage [ (named "target") ])) { };
    sockets = option (types.attrsOf (
      of stage [
        socket
        (named "socket")
      ]
    )) { };
    timers = option (types.attrsOf (
      of stage [
        timer
        (named "timer")
      ]
    )) { };
    paths = option (types.attrsOf (
      of stage [
        pathUnit
        (named "path")
      ]
    )) { };
    slices = option (types.attrsOf (
      of stage [
        slice
        (named "slice")
      ]
    )) { };
    mounts = option (types.listOf (of stage [ mount ])) [ ];
    automounts = option (types.listOf (of stage [ automount ])) [ ];
    # What comes of them: unit-texts.nix.
    units = option (types.attrsOf (
      types.submodule {
        options = shared // {
          name = computed;
          text = option (types.nullOr types.str) null;
          unit = computed;
        };
      }
    )) { };
  };
}
