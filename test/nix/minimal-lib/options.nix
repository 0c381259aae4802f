# Declarations of options, and the ways in which definitions of one option become one value.
lib:
let
  inherit (builtins)
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isInt
    isList
    isString
    length
    tail
    ;

  conflict =
    loc: definitions: hint:
    throw "The option `${lib.showOption loc}' has conflicting definition values:${lib.showDefs definitions}${hint}";
in
{
  isOption = value: value._type or null == "option";
  mkOption = attributes: { _type = "option"; } // attributes;
  mkEnableOption =
    name:
    lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
    };
  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      path = if isList default then default else [ default ];
      shown = attributePath: lib.concatMapStringsSep "." lib.escapeNixIdentifier attributePath;
      title = if isList name then lib.last name else name;
    in
    lib.mkOption (
      {
        type = if nullable then lib.types.nullOr lib.types.package else lib.types.package;
        description =
          "The ${title} package to use." + lib.optionalString (extraDescription != "") " ${extraDescription}";
      }
      // (
        if default == null then
          { default = null; }
        else
          {
            default = lib.attrByPath path (throw "${shown path} cannot be found in ${pkgsText}") pkgs;
            defaultText = lib.literalExpression "${pkgsText}.${shown path}";
          }
      )
      // lib.optionalAttrs (example != null) {
        example = lib.literalExpression (
          if isList example then "${pkgsText}.${shown example}" else example
        );
      }
    );

  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  literalMD = text: {
    _type = "literalMD";
    inherit text;
  };

  # A name that is no identifier is quoted; `<name>` and `*` stand for any name and are shown as they are.
  showOption = lib.concatMapStringsSep "." (
    name:
    if elem name [ "*" ] || builtins.match "<.*>" name != null then
      name
    else
      lib.escapeNixIdentifier name
  );
  showFiles = lib.concatMapStringsSep " and " (file: "`${file}'");
  showDefs = lib.concatMapStrings (
    definition:
    let
      shown = builtins.tryEval (lib.showValue definition.value);
    in
    "\n- In `${toString definition.file}'" + lib.optionalString shown.success ": ${shown.value}"
  );
  getFiles = map (definition: definition.file);
  getValues = map (definition: definition.value);

  # For options without a type.
  mergeDefaultOption =
    loc: definitions:
    let
      values = lib.getValues definitions;
    in
    if length values == 1 then
      head values
    else if builtins.all lib.isFunction values then
      argument: lib.mergeDefaultOption loc (lib.appliedTo argument definitions)
    else if builtins.all isList values then
      builtins.concatLists values
    else if builtins.all isAttrs values then
      foldl' (merged: value: merged // value) { } values
    else if builtins.all isBool values then
      builtins.any lib.id values
    else if builtins.all isString values then
      lib.concatStrings values
    else if builtins.all (value: isInt value && value == head values) values then
      head values
    else
      throw "Cannot merge definitions of `${lib.showOption loc}'. Definition values:${lib.showDefs definitions}";
  mergeOneOption =
    loc: definitions:
    if length definitions == 1 then
      (head definitions).value
    else
      throw "The option `${lib.showOption loc}' is defined multiple times while it's expected to be unique. Definition values:${lib.showDefs definitions}";
  mergeEqualOption =
    loc: definitions:
    let
      first = head definitions;
    in
    if length definitions == 1 then
      first.value
    else if filter (definition: definition.value != first.value) (tail definitions) == [ ] then
      first.value
    else
      conflict loc definitions
        "\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";
}
