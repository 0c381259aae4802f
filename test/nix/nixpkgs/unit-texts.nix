# The files of units: what nixos/lib/systemd-lib.nix makes of what is said of them.
{
  lib,
  globalEnvironment ? { },
}:

let
  line =
    key: value: "${key}=${if builtins.isBool value then lib.boolToString value else toString value}\n";
  linesOf = key: value: lib.concatMapStrings (line key) (lib.toList value);
  lines = set: lib.concatStrings (lib.mapAttrsToList linesOf set);
  # An empty line after [Unit], and what `systemctl enable` would have to know.
  unitText =
    def: body:
    "[Unit]\n${lines def.unitConfig}\n"
    + body
    + lib.optionalString (
      def.wantedBy != [ ]
    ) "\n[Install]\nWantedBy=${lib.concatStringsSep " " def.wantedBy}\n";
  serviceText =
    def:
    let
      environment = globalEnvironment // def.environment;
    in
    unitText def (
      "[Service]\n"
      + lib.concatStrings (
        lib.mapAttrsToList (
          name: value:
          lib.optionalString (value != null) "Environment=${builtins.toJSON "${name}=${value}"}\n"
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
  # `units` of it all, with their texts.
  unitsOf =
    cfg:
    let
      all = render: set: map (def: unit def (render def)) (builtins.attrValues set);
      sectionOf =
        title: key: def:
        unitText def "[${title}]\n${lines def.${key}}\n";
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
