# The options as data, for the generated reference.
lib:
let
  rendered =
    value: if value ? _type && value ? text then value else lib.literalExpression (lib.showValue value);

  entry =
    option:
    let
      visible = option.visible or true;
      emptyValue = option.type.emptyValue or { };
      hasDefault =
        option ? defaultText || option ? default || (emptyValue ? value && option.type.modules == null);
    in
    {
      inherit (option) loc;
      name = lib.showOption option.loc;
      description = option.description or null;
      declarations = builtins.filter (file: file != lib.unknownModule) option.declarations;
      internal = option.internal or false;
      visible = if builtins.isBool visible then visible else visible == "shallow";
      readOnly = option.readOnly or false;
      type = option.type.description or "unspecified";
    }
    // lib.optionalAttrs (option ? example) { example = rendered option.example; }
    // lib.optionalAttrs hasDefault {
      default = rendered (option.defaultText or option.default or emptyValue.value);
    };

  entries =
    options:
    builtins.concatMap (
      option:
      let
        visible = option.visible or true;
        below = option.type.getSubOptions option.loc;
      in
      [ (entry option) ] ++ lib.optionals (visible == true || visible == "transparent") (entries below)
    ) (lib.collect lib.isOption options);
in
{
  optionAttrSetToDocList = entries;
}
