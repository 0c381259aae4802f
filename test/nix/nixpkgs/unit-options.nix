# nixos/lib/systemd-unit-options.nix, systemd-types.nix and systemd-lib.nix: what can be said of a unit, and the text
# that comes of it. `stage` is 1 for the initrd: there is no switching of configurations there.
{
  lib,
  pkgs,
  utils,
  globalEnvironment ? { },
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
    { config, options, ... }:
    let
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
      # In upstream's, a script is a file in the store that begins with `set -e`.
      script =
        suffix: key: body:
        mkIf (body != "") {
          serviceConfig.${key} = "${
            pkgs.writeShellScriptBin "${name}-${suffix}" "set -e\n\n${body}\n"
          }/bin/${name}-${suffix}";
        };
      scriptList =
        suffix: key: body:
        mkIf (body != "") {
          serviceConfig.${key} = [
            "${pkgs.writeShellScriptBin "${name}-${suffix}" "set -e\n\n${body}\n"}/bin/${name}-${suffix}"
          ];
        };
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
            plain = value: if value._type or null == "override" || value._type or null == "if" then value.content else value;
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
        (mkIf (config.script != "") {
          serviceConfig.ExecStart =
            "${pkgs.writeShellScriptBin "${name}-start" "set -e\n\n${config.script}\n"}/bin/${name}-start "
            + config.scriptArgs;
        })
        (scriptList "pre-start" "ExecStartPre" config.preStart)
        (scriptList "post-start" "ExecStartPost" config.postStart)
        (script "reload" "ExecReload" config.reload)
        (script "pre-stop" "ExecStop" config.preStop)
        (script "post-stop" "ExecStopPost" config.postStop)
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

  line = key: value: "${key}=${if builtins.isBool value then lib.boolToString value else toString value}\n";
  linesOf = key: value: lib.concatMapStrings (line key) (lib.toList value);
  lines = set: lib.concatStrings (lib.mapAttrsToList linesOf set);
  # An empty line after [Unit], and what `systemctl enable` would have to know.
  unitText =
    def: body:
    "[Unit]\n${lines def.unitConfig}\n"
    + body
    + lib.optionalString (def.wantedBy != [ ]) "\n[Install]\nWantedBy=${lib.concatStringsSep " " def.wantedBy}\n";
  serviceText =
    def:
    let
      environment = globalEnvironment // def.environment;
    in
    unitText def (
      "[Service]\n"
      + lib.concatStrings (
        lib.mapAttrsToList (
          name: value: lib.optionalString (value != null) "Environment=${builtins.toJSON "${name}=${value}"}\n"
        ) environment
      )
      + (
        if def.reloadIfChanged or false then
          "X-ReloadIfChanged=true\n"
        else
          lib.optionalString (!(def.restartIfChanged or true)) "X-RestartIfChanged=false\n"
      )
      + lib.optionalString (!(def.stopIfChanged or true)) "X-StopIfChanged=false\n"
      + lib.optionalString (def.notSocketActivated or false) "X-NotSocketActivated=true\n"
      + lines def.serviceConfig
    );
  unit = def: body: {
    inherit (def)
      name
      aliases
      wantedBy
      requiredBy
      upheldBy
      enable
      overrideStrategy
      ;
    text = body;
  };
in
{
  # The options of `systemd` or `boot.initrd.systemd`.
  options = stage: {
    services = option (types.attrsOf (of stage ([ service ] ++ lib.optional (stage == 2) serviceStage2))) { };
    targets = option (types.attrsOf (of stage [ (named "target") ])) { };
    sockets = option (types.attrsOf (of stage [
      socket
      (named "socket")
    ])) { };
    timers = option (types.attrsOf (of stage [
      timer
      (named "timer")
    ])) { };
    paths = option (types.attrsOf (of stage [
      pathUnit
      (named "path")
    ])) { };
    slices = option (types.attrsOf (of stage [
      slice
      (named "slice")
    ])) { };
    mounts = option (types.listOf (of stage [ mount ])) [ ];
    automounts = option (types.listOf (of stage [ automount ])) [ ];
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

  # `units` of it all, with their texts.
  unitsOf =
    cfg:
    let
      all = render: set: map (def: unit def (render def)) (builtins.attrValues set);
      sectionOf = title: key: def: unitText def "[${title}]\n${lines def.${key}}\n";
      units =
        all serviceText cfg.services
        ++ all (def: "[Unit]\n${lines def.unitConfig}\n") cfg.targets
        ++ all (sectionOf "Timer" "timerConfig") cfg.timers
        ++ all (sectionOf "Path" "pathConfig") cfg.paths
        ++ all (sectionOf "Slice" "sliceConfig") cfg.slices
        ++ all (
          def:
          unitText def (
            "[Socket]\n${lines def.socketConfig}\n"
            + "${lib.concatMapStringsSep "\n" (stream: "ListenStream=${stream}") def.listenStreams}\n"
            + "${lib.concatMapStringsSep "\n" (datagram: "ListenDatagram=${datagram}") def.listenDatagrams}\n"
          )
        ) cfg.sockets
        ++ map (def: unit def (sectionOf "Mount" "mountConfig" def)) cfg.mounts
        ++ map (def: unit def (sectionOf "Automount" "automountConfig" def)) cfg.automounts;
    in
    builtins.listToAttrs (map (value: lib.nameValuePair value.name value) units);
}
