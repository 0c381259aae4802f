# What a value is, and what a package has.
lib: {
  inherit (builtins)
    isAttrs
    isPath
    trace
    typeOf
    ;

  assertMsg = condition: message: condition || throw message;
  assertOneOf =
    name: value: values:
    lib.assertMsg (builtins.elem value values) (
      "${name} must be one of ${lib.showValue values}, but is: ${lib.showValue value}"
    );

  isDerivation = value: value.type or null == "derivation";
  isStorePath =
    value:
    (builtins.isString value || builtins.isPath value || value ? outPath || value ? __toString)
    && builtins.match "${builtins.storeDir}/[^/]+" (toString value) != null;
  isType = name: value: value._type or null == name;
  setType = name: value: value // { _type = name; };
  getExe = package: lib.getExe' package (package.meta.mainProgram or (lib.getName package));
  getExe' = package: program: "${lib.getBin package}/bin/${program}";
  getBin = lib.getOutput "bin";
  getOutput =
    output: package: if package.outputSpecified or false then package else package.${output} or package;
  getName = package: package.pname or (builtins.parseDrvName (package.name or package)).name;
}
